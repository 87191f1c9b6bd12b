//! A driver that this process starts, and that never outlives it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use url::Url;

use crate::driver::Driver;
use crate::error::Error;

const START: Duration = Duration::from_secs(10);
const STOP: Duration = Duration::from_secs(1);

/// A running driver in a process group of its own, with a folder for the profile of its browser and for temporary files.
///
/// Dropping it kills the group, to which the browser belongs too, and removes the folder.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Kept open, as a driver that cannot write its next line would die of it.
    stdout: Lines<BufReader<ChildStdout>>,
    group: Option<Pid>,
    folder: Option<TempDir>,
    pub(crate) url: Url,
}

impl Process {
    pub(crate) async fn start(driver: &Driver) -> Result<Self, Error> {
        let failed = |source| Error::DriverStart { program: driver.program.clone(), source };
        let folder = tempfile::Builder::new()
            .prefix("browser-consent-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .tempdir()
            .map_err(failed)?;
        let mut child = command(driver)
            .arg("--port=0")
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let group = child.id().and_then(|it| Pid::from_raw(it.cast_signed()));
        let stdout = child.stdout.take().expect("the output was asked for as a pipe");
        let url = Url::parse("http://127.0.0.1").expect("a loopback address is a URL");
        let lines = BufReader::new(stdout).lines();
        let mut it = Self { child, stdout: lines, group, folder: Some(folder), url };
        let port = tokio::time::timeout(START, it.port())
            .await
            .ok()
            .flatten()
            .ok_or_else(|| Error::DriverSilent { program: driver.program.clone() })?;
        it.url.set_port(Some(port)).expect("an http URL can have a port");
        Ok(it)
    }

    /// The folder of the browser's profile.
    pub(crate) fn profile(&self) -> PathBuf {
        self.folder.as_ref().expect("the folder is taken on drop only").path().join("profile")
    }

    /// The first line of output names port 0; only the one about success has the real one.
    async fn port(&mut self) -> Option<u16> {
        while let Ok(Some(line)) = self.stdout.next_line().await {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return port.trim_end_matches('.').trim().parse().ok();
            }
        }
        None
    }

    /// Ends the driver and the browser, and waits until they are gone.
    pub(crate) async fn stop(mut self) {
        let group = self.group;
        self.kill();
        let _ = self.child.wait().await;
        // The browser's processes are now somebody else's children, so their end can only be looked for.
        let gone = async {
            while group.is_some_and(|it| test_kill_process_group(it).is_ok()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let _ = tokio::time::timeout(STOP, gone).await;
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        // Killed processes may still be writing for a moment.
        if let Some(folder) = self.folder.take().map(TempDir::keep) {
            for _ in 0..100 {
                if std::fs::remove_dir_all(&folder).is_ok() || !folder.exists() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// With `setpriv` the kernel kills the driver when we die, however we die.
fn command(driver: &Driver) -> Command {
    let Some(setpriv) = &driver.setpriv else { return Command::new(&driver.program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL"]).arg(&driver.program);
    command
}
