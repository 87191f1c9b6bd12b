//! Programs that do not outlive us.

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

/// How long a program gets between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(3);

/// A running program in a process group of its own, stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    inner: tokio::process::Child,
    name: String,
}

/// A command whose process dies with ours, even by SIGKILL, where `setpriv` can arrange it.
///
/// Its own process group keeps a terminal's Ctrl-C from reaching it before we have asked it to end.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = if Path::new("/usr/bin/setpriv").exists() {
        let mut it = Command::new("/usr/bin/setpriv");
        it.args(["--pdeathsig", "KILL", "--"]).arg(program);
        it
    } else {
        Command::new(program)
    };
    command.process_group(0);
    command
}

impl Child {
    pub(crate) fn spawn(name: &str, command: &mut Command) -> anyhow::Result<Self> {
        let inner = command.spawn().with_context(|| format!("failed to start {name}"))?;
        Ok(Self { inner, name: name.to_owned() })
    }

    pub(crate) fn inner(&mut self) -> &mut tokio::process::Child {
        &mut self.inner
    }

    pub(crate) fn id(&self) -> Option<u32> {
        self.inner.id()
    }

    pub(crate) async fn wait(&mut self) -> anyhow::Result<std::process::ExitStatus> {
        self.inner.wait().await.with_context(|| format!("failed to wait for {}", self.name))
    }

    /// Sends a signal to the whole group; a group that is already gone is fine.
    pub(crate) fn signal(&self, signal: Signal) {
        let group = self.inner.id().and_then(|it| Pid::from_raw(it.cast_signed()));
        if let Some(group) = group {
            let _already_gone = kill_process_group(group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while let Ok(None) = self.inner.try_wait() {
            if Instant::now() > deadline {
                self.signal(Signal::KILL);
                let _reaped = self.inner.try_wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dropping_a_child_ends_its_whole_group() {
        let mut shell = command("sh");
        shell.args(["-c", "sleep 600 & echo $!; wait"]).stdout(std::process::Stdio::piped());
        let mut child = Child::spawn("sh", &mut shell).unwrap();
        let stdout = child.inner().stdout.take().unwrap();
        let mut line = String::new();
        let mut reader = tokio::io::BufReader::new(stdout);
        tokio::io::AsyncBufReadExt::read_line(&mut reader, &mut line).await.unwrap();
        drop(child);

        // The pipe closes only when the grandchild, which inherited it, is gone too.
        let mut rest = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut rest).await.unwrap();
        assert_eq!(rest, "");
    }
}
