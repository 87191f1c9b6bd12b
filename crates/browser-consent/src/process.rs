//! A driver that this process starts, and that never outlives it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
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
    /// Reads the output that the driver shares with the browser, and ends when none of them is left to write.
    output: JoinHandle<()>,
    group: Option<Pid>,
    folder: Option<TempDir>,
    pub(crate) url: Url,
}

impl Process {
    /// chromedriver takes a port that is free in one version of IP, and ends if it is not in the other: up to one start
    /// in forty on a busy machine.
    pub(crate) async fn start(driver: &Driver) -> Result<Self, Error> {
        const MOST_TRIES: usize = 5;
        let started = Instant::now();
        for _ in 1..MOST_TRIES {
            match Self::start_once(driver).await {
                Err(Error::DriverSilent { .. }) if started.elapsed() < START => {}
                outcome => return outcome,
            }
        }
        Self::start_once(driver).await
    }

    async fn start_once(driver: &Driver) -> Result<Self, Error> {
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
        let (said, saying) = oneshot::channel();
        let output = tokio::spawn(listen(stdout, said));
        let mut it = Self { child, output, group, folder: Some(folder), url };
        let port = tokio::time::timeout(START, saying)
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| Error::DriverSilent { program: driver.program.clone() })?;
        it.url.set_port(Some(port)).expect("an http URL can have a port");
        Ok(it)
    }

    /// The folder of the browser's profile.
    pub(crate) fn profile(&self) -> PathBuf {
        self.folder.as_ref().expect("the folder is taken on drop only").path().join("profile")
    }

    /// Ends the driver and the browser, and waits until they are gone.
    pub(crate) async fn stop(mut self) {
        self.kill();
        let _ = self.child.wait().await;
        let _ = tokio::time::timeout(STOP, &mut self.output).await;
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

/// Reads until nobody can write any more; the first line names port 0, only the one about success has the real one.
async fn listen(stdout: ChildStdout, said: oneshot::Sender<u16>) {
    let mut said = Some(said);
    let mut lines = BufReader::new(stdout).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line);
        let port = line
            .split_once("started successfully on port ")
            .map(|(_, it)| it.trim_end().trim_end_matches('.'));
        if let Some(port) = port.and_then(|it| it.parse().ok())
            && let Some(said) = said.take()
        {
            let _ = said.send(port);
        }
    }
}

/// With `setpriv` the kernel kills the driver when we die, however we die. Neither driver nor browser gets our secrets.
fn command(driver: &Driver) -> Command {
    let mut command = match &driver.setpriv {
        Some(setpriv) => {
            let mut it = Command::new(setpriv);
            it.args(["--pdeathsig", "KILL"]).arg(&driver.program);
            it
        }
        None => Command::new(&driver.program),
    };
    for secret in
        ["LOADTEST_PASSWORD", "LOADTEST_BEARER", "LOADTEST_TOTP_SECRET", "GITHUB_TOKEN", "GH_TOKEN"]
    {
        command.env_remove(secret);
    }
    command
}
