use std::path::Path;
use std::process::{Command as Npm, Stdio};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::target::{EMAIL, PASSWORD, Target};
use crate::{Round, timed};

/// A Node process with Playwright in it, whose start is not measured.
pub(crate) struct Playwright {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Playwright {
    /// `None` where Node is not installed; the package is, once, from its lock file.
    pub(crate) fn start(browser: Option<&Path>) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/playwright");
        if !folder.join("node_modules").exists() {
            let mut npm = Npm::new("npm");
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
            npm.stdout(Stdio::null()).status().ok().filter(|it| it.success())?;
        }
        let mut child = Command::new("node")
            .arg("tab.mjs")
            .current_dir(folder)
            .env("BROWSER_PROGRAM", browser?)
            .env("LOADTEST_EMAIL", EMAIL)
            .env("LOADTEST_PASSWORD", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let output = BufReader::new(child.stdout.take()?).lines();
        Some(Self { input: child.stdin.take()?, output, _child: child })
    }

    pub(crate) async fn round(&mut self, target: &Target) -> Round {
        let (open, ()) = timed(self.run("open")).await;
        let sign_in = self.mint("sign-in", target).await;
        let consent = self.mint("consent", target).await;
        let (close, ()) = timed(self.run("close")).await;
        Round { open, sign_in, consent, close }
    }

    async fn mint(&mut self, command: &str, target: &Target) -> f64 {
        self.say(&format!("{command} {}", target.url)).await;
        let (time, _) = timed(target.code()).await;
        self.hear().await;
        time
    }

    async fn run(&mut self, command: &str) {
        self.say(command).await;
        self.hear().await;
    }

    async fn say(&mut self, command: &str) {
        self.input.write_all(format!("{command}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) {
        let line = self.output.next_line().await.unwrap();
        assert_eq!(line.as_deref(), Some("done"), "Playwright says on stderr what is wrong");
    }
}
