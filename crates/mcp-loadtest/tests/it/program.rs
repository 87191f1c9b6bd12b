//! The program under test, in an environment of its own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) struct Sandbox {
    pub(crate) folder: TempDir,
}

#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with nothing of ours in its environment and all its files in the sandbox.
    pub(crate) fn mcp_loadtest(&self, command: &str) -> Command {
        let mut it = Command::new(env!("CARGO_BIN_EXE_mcp-loadtest"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let ours = ["LOADTEST_", "GITHUB_", "GH_", "K6", "MCP_", "RUNNER_"];
            let proxy = name.to_lowercase().ends_with("_proxy");
            if ours.iter().any(|it| name.starts_with(it)) || proxy || name == "CI" {
                it.env_remove(name);
            }
        }
        it.arg(command).stdin(Stdio::null()).kill_on_drop(true);
        if command == "run" {
            it.arg("--out").arg(self.path("runs"));
        }
        if ["run", "token", "init", "doctor"].contains(&command) {
            it.arg("--bearer-file").arg(self.path("bearer.json"));
        }
        it
    }

    /// A program that answers `k6 version` like k6, takes every script and runs `script` for `k6 run`, with `$summary` set.
    pub(crate) fn fake_k6(&self, script: &str) -> PathBuf {
        let path = self.path("fake-k6");
        let text = format!(
            "#!/bin/sh\n\
             if [ \"$1\" = version ]; then echo 'k6 v2.2.0 (fake)'; exit 0; fi\n\
             if [ \"$1\" = inspect ]; then echo '{{}}'; exit 0; fi\n\
             while [ $# -gt 0 ]; do [ \"$1\" = --summary-export ] && summary=$2; shift; done\n\
             {script}\n"
        );
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The record of the latest run.
    pub(crate) fn record(&self) -> Value {
        json(&self.path("runs/latest/run.json"))
    }
}

pub(crate) async fn run(command: &mut Command) -> Ended {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().await.unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// The sentence that a failed run ends with.
    #[track_caller]
    pub(crate) fn error(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:#?}");
        let line = self.stderr.lines().rfind(|it| it.starts_with("error: "));
        line.unwrap_or_else(|| panic!("no error line: {self:#?}"))
    }
}

pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A variable that `cargo xtask test` sets for the tests that need a program.
#[track_caller]
pub(crate) fn program(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    path.unwrap_or_else(|| panic!("{variable} is not set; run `cargo xtask test`")).into()
}

/// The processes that carry `mark` in their environment, beside zombies.
pub(crate) fn processes_with(mark: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|it| Some(it.ok()?.path()));
    let marked = processes.filter(|it| {
        let environment = std::fs::read(it.join("environ")).unwrap_or_default();
        environment.windows(mark.len()).any(|it| it == mark.as_bytes())
    });
    marked.map(|it| std::fs::read_to_string(it.join("comm")).unwrap_or_default()).collect()
}
