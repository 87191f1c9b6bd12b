//! One `cargo test`, and what became of each test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use mcp_loadtest::console::section::section;
use mcp_loadtest::tools::child::Child;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::checkout;

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) passed: usize,
    /// Names of tests.
    pub(crate) failed: Vec<String>,
    /// Ignored tests by the reason.
    pub(crate) ignored: BTreeMap<String, usize>,
    pub(crate) succeeded: bool,
}

impl Outcome {
    /// How many tests ran.
    pub(crate) fn ran(&self) -> usize {
        self.passed + self.failed.len()
    }

    fn read(&mut self, line: &str) {
        let Some(test) = line.strip_prefix("test ") else { return };
        let Some((name, outcome)) = test.rsplit_once(" ... ") else { return };
        match outcome {
            "ok" => self.passed += 1,
            "FAILED" => self.failed.push(name.to_owned()),
            _ => {
                if let Some(reason) = outcome.strip_prefix("ignored, ") {
                    *self.ignored.entry(reason.to_owned()).or_default() += 1;
                }
            }
        }
    }
}

/// Passes `cargo test`'s own words through and reads them.
#[expect(clippy::print_stdout, reason = "cargo's output goes where cargo puts it")]
pub(crate) async fn cargo_test(
    root: &Path,
    packages: &[&str],
    arguments: &[&str],
    variables: &[(&str, OsString)],
) -> anyhow::Result<Outcome> {
    let ignored = arguments.contains(&"--ignored");
    let _section = section(if ignored { "cargo test --ignored" } else { "cargo test" });
    let mut command = checkout::cargo();
    command.args(["test", "--locked", "--no-fail-fast"]).args(packages).arg("--").args(arguments);
    command.envs(variables.iter().cloned()).current_dir(root);
    // What this run was given must not reach the tests.
    for name in ["LOADTEST_EMAIL", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = Child::spawn("cargo test", &mut command)?;
    let stdout = child.inner().stdout.take().expect("stdout was asked to be a pipe");
    let mut lines = BufReader::new(stdout).lines();
    let mut outcome = Outcome::default();
    while let Some(line) = lines.next_line().await.context("failed to read cargo's output")? {
        println!("{line}");
        outcome.read(&line);
    }
    outcome.succeeded = child.wait().await?.success();
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_is_counted() {
        let mut outcome = Outcome::default();
        for line in [
            "running 5 tests",
            "test a ... ok",
            "test tests::b ... FAILED",
            "test c ... ignored, needs k6",
            "test d ... ignored, needs k6 and a browser",
            "test src/lib.rs - (line 3) - compile ... ok",
            "test result: FAILED. 2 passed; 1 failed; 2 ignored",
        ] {
            outcome.read(line);
        }
        assert_eq!((outcome.passed, outcome.failed.as_slice()), (2, &["tests::b".to_owned()][..]));
        assert_eq!(outcome.ignored["needs k6"], 1);
        assert_eq!(outcome.ignored["needs k6 and a browser"], 1);
    }
}
