//! Programs that do not outlive us.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tool_edge::{SECRET_VARIABLES, dying_with_us, harmless_variables};

use crate::environment;

/// How long a program gets between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(3);

/// More than cargo says about a whole build.
const MOST_OUTPUT: u64 = 16 << 20;

/// A running program in a process group of its own; the whole group is ended when this is dropped.
#[derive(Debug)]
pub struct Child {
    inner: tokio::process::Child,
    group: Option<Pid>,
    name: String,
}

/// A command that gets the variables which any program may have and no other, and whose process dies with ours, even by
/// SIGKILL, where `setpriv` can arrange it.
///
/// Its own process group keeps a terminal's Ctrl-C from reaching it before we have asked it to end.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    configured(program, &[])
}

/// The same with the variables of these names, or with `_` at their end of these beginnings, by which a program is told where
/// it gets things from.
pub fn configured(program: impl AsRef<OsStr>, names: &[&str]) -> Command {
    let mut command = with_our_environment(program);
    let its_own = environment::all().filter(|(name, _)| configures(&name.to_string_lossy(), names));
    command.env_clear().envs(harmless_variables()).envs(its_own);
    command
}

/// Whether a variable is one of these, and holds no secret by its name.
fn configures(variable: &str, names: &[&str]) -> bool {
    const SECRET: [&str; 6] = ["TOKEN", "SECRET", "PASSWORD", "KEY", "AUTH", "CREDENTIAL"];
    let upper = variable.to_ascii_uppercase();
    let is_named = |it: &&str| variable == *it || it.ends_with('_') && variable.starts_with(*it);
    names.iter().any(is_named) && !SECRET.iter().any(|it| upper.contains(it))
}

/// The same with all that holds none of our secrets, for cargo, which runs whatever a maintainer is at.
pub fn without_secrets(program: impl AsRef<OsStr>) -> Command {
    let mut command = with_our_environment(program);
    for name in SECRET_VARIABLES {
        command.env_remove(name);
    }
    command
}

/// The same with everything that we were given, for a program that the user named for this.
pub(crate) fn with_our_environment(program: impl AsRef<OsStr>) -> Command {
    let setpriv = on_path("setpriv").filter(|_| cfg!(target_os = "linux"));
    let mut command = Command::from(dying_with_us(program, "KILL", setpriv.as_deref()));
    command.process_group(0).stdin(Stdio::null());
    command
}

impl Child {
    pub fn spawn(name: &str, command: &mut Command) -> anyhow::Result<Self> {
        let inner = command.spawn().with_context(|| format!("failed to start {name}"))?;
        let group = inner.id().and_then(|it| Pid::from_raw(it.cast_signed()));
        Ok(Self { inner, group, name: name.to_owned() })
    }

    pub fn inner(&mut self) -> &mut tokio::process::Child {
        &mut self.inner
    }

    pub fn id(&self) -> Option<u32> {
        self.inner.id()
    }

    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        self.inner.wait().await.with_context(|| format!("failed to wait for {}", self.name))
    }

    /// Sends a signal to the whole group; a group that is already gone is fine.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            let _already_gone = kill_process_group(group, signal);
        }
    }
}

/// Runs a program to its end and returns what it wrote, where its streams are pipes; dropped, it ends the whole group.
pub async fn output(name: &str, command: &mut Command) -> anyhow::Result<Output> {
    let mut child = Child::spawn(name, command)?;
    let (stdout, stderr) = (child.inner.stdout.take(), child.inner.stderr.take());
    let wait =
        async { child.inner.wait().await.with_context(|| format!("failed to wait for {name}")) };
    let (stdout, stderr, status) = tokio::try_join!(all(name, stdout), all(name, stderr), wait)?;
    Ok(Output { status, stdout, stderr })
}

/// Runs a program to its end without a word; an error holds its last ones.
pub async fn run(what: &str, command: &mut Command) -> anyhow::Result<()> {
    let output = output(what, command.stdout(Stdio::null()).stderr(Stdio::piped())).await?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let tail: Vec<&str> = words.lines().rev().take(5).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        bail!("{what} failed ({}): {}", output.status, tail.join("; "));
    }
    Ok(())
}

/// All that comes out of a pipe, as far as it can be read and is not without measure.
async fn all(name: &str, pipe: Option<impl AsyncRead + Unpin>) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let _what_was_read_counts = pipe.take(MOST_OUTPUT + 1).read_to_end(&mut bytes).await;
    }
    if bytes.len() as u64 > MOST_OUTPUT {
        bail!("{name} printed more than {} MiB and was stopped", MOST_OUTPUT >> 20);
    }
    Ok(bytes)
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while let Ok(None) = self.inner.try_wait() {
            if Instant::now() > deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // Whoever of the group did not hear the first signal.
        self.signal(Signal::KILL);
        let _reaped = self.inner.try_wait();
    }
}

/// The program of this name that a shell would run.
pub fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&environment::search_path())
        .map(|it| it.join(program))
        .find(|it| it.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_configured_and_given_no_secret() {
        let names = ["CARGO", "CARGO_", "AR"];
        for (variable, is_given) in [
            ("CARGO", true),
            ("CARGO_HOME", true),
            ("AR", true),
            ("ARM_CLIENT_ID", false),
            ("CARGOES", false),
            ("CARGO_REGISTRY_TOKEN", false),
            ("CARGO_REGISTRIES_OURS_CREDENTIAL_PROVIDER", false),
            ("LOADTEST_PASSWORD", false),
        ] {
            assert_eq!(configures(variable, &names), is_given, "{variable}");
        }
    }

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
