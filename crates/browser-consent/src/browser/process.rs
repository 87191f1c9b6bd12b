//! A driver that this process starts, and that never outlives it.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tool_edge::{dying_with_us, harmless_variables};
use url::Url;

use crate::browser::driver::Driver;
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
    browser: Option<PathBuf>,
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
            .permissions(PermissionsExt::from_mode(0o700))
            .tempdir()
            .map_err(failed)?;
        let mut child = command(driver)
            .args(arguments(driver, folder.path()))
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let browser = wrapper(driver, folder.path()).map_err(failed)?;
        let group = child.id().and_then(|it| Pid::from_raw(it.cast_signed()));
        let stdout = child.stdout.take().expect("the output was asked for as a pipe");
        let url = Url::parse("http://127.0.0.1").expect("a loopback address is a URL");
        let (sender, port) = oneshot::channel();
        let output = tokio::spawn(listen(stdout, sender));
        let mut it = Self { child, output, group, folder: Some(folder), browser, url };
        let port = tokio::time::timeout(START, port)
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

    /// What to start in the browser's place, so that it dies with its driver.
    pub(crate) fn browser(&self) -> Option<PathBuf> {
        self.browser.clone()
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
async fn listen(stdout: ChildStdout, sender: oneshot::Sender<u16>) {
    let mut sender = Some(sender);
    let mut lines = BufReader::new(stdout).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line);
        let port = ["started successfully on port ", "Listening on 127.0.0.1:"]
            .into_iter()
            .find_map(|it| line.split_once(it))
            .map(|(_, it)| it.trim_end().trim_end_matches('.'));
        if let Some(port) = port.and_then(|it| it.parse().ok())
            && let Some(sender) = sender.take()
        {
            let _ = sender.send(port);
        }
    }
}

/// geckodriver logs typed text at its debug level and above, never at this one.
fn arguments(driver: &Driver, folder: &Path) -> Vec<OsString> {
    if !driver.is_firefox() {
        return vec!["--port=0".into()];
    }
    let mut it: Vec<OsString> =
        ["--port", "0", "--host", "127.0.0.1", "--log", "info", "--profile-root"]
            .map(OsString::from)
            .to_vec();
    it.push(folder.into());
    it
}

/// Chromium ends with its driver by itself; Firefox has to be told, by a script that only starts it.
fn wrapper(driver: &Driver, folder: &Path) -> io::Result<Option<PathBuf>> {
    let (Some(setpriv), Some(browser)) = (&driver.setpriv, &driver.browser) else {
        return Ok(None);
    };
    if !driver.is_firefox() {
        return Ok(None);
    }
    let quoted = |it: &Path| format!("'{}'", it.display().to_string().replace('\'', r"'\''"));
    let script = format!(
        "#!/bin/sh\nexec {} --pdeathsig KILL {} \"$@\"\n",
        quoted(setpriv),
        quoted(browser)
    );
    let file = folder.join("firefox");
    std::fs::write(&file, script)?;
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o700))?;
    Ok(Some(file))
}

/// With `setpriv` the kernel kills the driver when we die, however we die. Neither driver nor browser gets our secrets.
fn command(driver: &Driver) -> Command {
    let command = dying_with_us(&driver.program, "KILL", driver.setpriv.as_deref());
    let mut command = Command::from(command);
    // Neither program needs more than any program does, and a page may find its way to what they have.
    command.env_clear().envs(harmless_variables());
    command
}
