//! The official conformance suite of MCP, with this server before it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::target::Target;

/// The extension that is not offered; `expected-failures.yml` says so too.
const NOT_OURS: &str = "tasks-";

#[tokio::test]
#[ignore = "needs node"]
async fn the_server_requirements_of_2026_07_28_are_met() {
    every_scenario_passes("2026-07-28", 40).await;
}

#[tokio::test]
#[ignore = "needs node"]
async fn the_server_requirements_of_2025_11_25_are_met() {
    every_scenario_passes("2025-11-25", 33).await;
}

async fn every_scenario_passes(revision: &str, count: usize) {
    let target = Target::with(|it| {
        it.auth = false;
        it.fixtures = true;
    })
    .await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut suite = Command::new("node_modules/.bin/node");
    suite.current_dir(here.join("../../eval/interop/conformance"));
    suite.args(["node_modules/.bin/conformance", "server", "--url", &target.resource]);
    suite.args(["--requirements", revision, "--expected-failures"]);
    suite.arg(here.join("tests/expected-failures.yml"));
    let ended = tokio::task::spawn_blocking(move || suite.output()).await.unwrap().unwrap();
    let stdout = String::from_utf8_lossy(&ended.stdout);
    let (passed, failed) = outcomes(&stdout);
    let failed: Vec<_> = failed.iter().filter(|it| !it.starts_with(NOT_OURS)).collect();
    assert!(failed.is_empty(), "{failed:?} failed\n{stdout}");
    assert_eq!(passed.len(), count, "{passed:?}\n{stdout}");
    assert_eq!(ended.status.code(), Some(0), "{stdout}");
}

/// The scenarios that passed with at least one check, and those that did not.
fn outcomes(stdout: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut outcomes = (BTreeSet::new(), BTreeSet::new());
    for line in stdout.lines() {
        let Some((mark @ ("✓" | "✗"), rest)) = line.split_once(' ') else { continue };
        let Some((name, checks)) = rest.split_once(": ") else { continue };
        let passed = mark == "✓" && !checks.starts_with("0 passed");
        let set = if passed { &mut outcomes.0 } else { &mut outcomes.1 };
        assert!(set.insert(name.to_owned()), "{name} is told twice: {stdout}");
    }
    outcomes
}

#[test]
fn only_a_scenario_that_checked_something_has_passed() {
    let stdout = "\
✓ ping: 2 passed, 0 failed
✓ nothing: 0 passed, 0 failed
✗ tasks-lifecycle: 1 passed, 8 failed
  ✓ ping (pending)
";
    let (passed, failed) = outcomes(stdout);
    assert_eq!(Vec::from_iter(passed), ["ping"]);
    assert_eq!(Vec::from_iter(failed), ["nothing", "tasks-lifecycle"]);
}
