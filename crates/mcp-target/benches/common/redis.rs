//! Redis in a process that ends with the benchmark.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::client::Failed;

/// Redis with its log of writes, in a process that ends with this.
pub(crate) struct Redis {
    process: Child,
    pub(crate) url: String,
}

impl Redis {
    pub(crate) fn start(folder: &Path) -> Result<Self, Failed> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--appendonly", "yes"]);
        command.arg("--dir").arg(folder).stdout(Stdio::null());
        let process = command.spawn().map_err(|it| format!("failed to run redis-server: {it}"))?;
        let it = Self { process, url: format!("redis://127.0.0.1:{port}") };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Ok(it)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
