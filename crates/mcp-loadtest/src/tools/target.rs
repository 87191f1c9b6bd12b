//! The embedded target: `mcp-target`, built in release and run as a process of its own.

use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use browser_consent::Credentials;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::console::section::say;
use crate::environment;
use crate::interrupt::Interrupt;
use crate::tools::child::{self, Child};

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) child: Child,
    /// URL of its MCP endpoint.
    pub(crate) resource: String,
}

/// Who may sign in to the embedded target, with a password that nobody knows beforehand.
pub(crate) struct DemoUser {
    email: &'static str,
    password: String,
}

impl DemoUser {
    pub(crate) fn new() -> Self {
        let password = format!("{:032x}", rand::random::<u128>());
        Self { email: "loadtest@novamart.example", password }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(self.email.to_owned(), self.password.clone())
    }
}

/// Builds `mcp-target` with the release profile and returns its executable.
pub async fn build() -> anyhow::Result<PathBuf> {
    say("target", "building mcp-target (release)");
    let mut build = child::command(environment::cargo());
    build
        .args(["build", "--release", "--locked", "--package", "mcp-target"])
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped());
    let output = child::output("cargo", &mut build).await?;
    if !output.status.success() {
        bail!("failed to build mcp-target; cargo says why above");
    }
    executable(&String::from_utf8_lossy(&output.stdout))
        .context("cargo built mcp-target but named no executable")
}

fn executable(messages: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    messages
        .lines()
        .filter_map(|it| serde_json::from_str::<Message>(it).ok())
        .filter_map(|it| it.executable)
        .next_back()
}

/// Starts it on a free port of 127.0.0.1 and waits until it serves.
pub(crate) async fn start(program: &PathBuf, user: &DemoUser) -> anyhow::Result<Target> {
    #[derive(Deserialize)]
    struct Serving {
        resource: String,
    }
    let mut command = child::command(program);
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("LOADTEST_EMAIL", user.email)
        .env("LOADTEST_PASSWORD", &user.password)
        .stdout(Stdio::piped());
    let mut child = Child::spawn("mcp-target", &mut command)?;
    let stdout = child.inner().stdout.take().expect("stdout was asked to be a pipe");
    let mut line = String::new();
    let mut stdout = BufReader::new(stdout);
    tokio::time::timeout(Duration::from_secs(20), stdout.read_line(&mut line))
        .await
        .context("mcp-target did not say within 20 s where it listens")?
        .context("failed to read where mcp-target listens")?;
    let Serving { resource } = serde_json::from_str(&line)
        .context("mcp-target ended without serving; its own words are above")?;
    say("target", format_args!("{resource} (embedded)"));
    Ok(Target { child, resource })
}

/// Builds it and runs it until the user interrupts; its own words say how to sign in.
pub async fn foreground(interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let program = interrupt.or(build()).await?;
    let mut child = Child::spawn("mcp-target", &mut child::command(program))?;
    let mut interrupt = interrupt.clone();
    tokio::select! {
        status = child.wait() => {
            let ended = status?.code().and_then(|it| u8::try_from(it).ok());
            Ok(ended.map_or(ExitCode::FAILURE, ExitCode::from))
        }
        () = interrupt.came() => Ok(ExitCode::SUCCESS),
    }
}
