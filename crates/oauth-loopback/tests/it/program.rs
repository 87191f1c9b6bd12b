//! The program as a child.

use std::process::{Output, Stdio};

use reqwest::Url;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::browser;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_oauth-loopback");

/// The program without anything of the environment that it listens to.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for name in [
        "BROWSER",
        "OAUTH_CLIENT_NAME",
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "NO_PROXY",
        "no_proxy",
        "HTTP_PROXY",
        "ALL_PROXY",
        "all_proxy",
        "LOADTEST_CLIENT_SECRET",
        "LOADTEST_CLIENT_KEY_FILE",
        "LOADTEST_INITIAL_ACCESS_TOKEN",
    ] {
        command.env_remove(name);
    }
    command
}

pub(crate) struct Running {
    pub(crate) child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program was built");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        Self { child, stderr }
    }

    /// The address that the next `open …` line names.
    pub(crate) async fn address(&mut self) -> Url {
        loop {
            let line = self.stderr.next_line().await.expect("text").expect("a line before the end");
            if let Some(it) = line.strip_prefix("open ") {
                return it.parse().expect("an address");
            }
        }
    }

    pub(crate) async fn end(mut self) -> (Output, String) {
        let mut said = String::new();
        while let Some(line) = self.stderr.next_line().await.expect("text") {
            said += &line;
            said.push('\n');
        }
        (self.child.wait_with_output().await.expect("it ends"), said)
    }
}

pub(crate) async fn failure(command: Command) -> String {
    let (output, said) = Running::start(command).end().await;
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "stdout is for the token alone");
    said
}

/// Runs the program with someone who opens each address it names; returns what it printed.
pub(crate) async fn minted(command: Command) -> String {
    let mut running = Running::start(command);
    browser().get(running.address().await).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs the program, which needs nobody; returns what it printed and what it said.
pub(crate) async fn done(command: Command) -> (String, String) {
    let (output, said) = Running::start(command).end().await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    (String::from_utf8(output.stdout).expect("UTF-8"), said)
}
