//! The official conformance suite of MCP, with `oauth-loopback` as its client.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::program::{Ended, run};

/// What the suite runs beside a requirement set, does not score, and we do.
const EXTENSION: &[&str] = &["auth/client-credentials-basic", "auth/client-credentials-jwt"];

/// What the suite runs beside a requirement set and is not for us; `expected-failures.yml` says why.
const NOT_OURS: &[&str] = &[
    "auth/dpop",
    "auth/dpop-nonce",
    "auth/enterprise-managed-authorization",
    "auth/wif-jwt-bearer",
];

#[tokio::test]
#[ignore = "needs node"]
async fn the_client_requirements_of_2026_07_28_are_met() {
    every_scenario_passes("2026-07-28", 25).await;
}

#[tokio::test]
#[ignore = "needs node"]
async fn the_client_requirements_of_2025_11_25_are_met() {
    every_scenario_passes("2025-11-25", 14).await;
}

async fn every_scenario_passes(revision: &str, scored: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/interop/conformance");
    let folder = folder.canonicalize().unwrap();
    let results = tempfile::tempdir().unwrap();
    // The suite's servers bind every interface, so they get a network of their own.
    let mut suite = Command::new("unshare");
    suite.args(["-rn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]);
    suite.args(["node_modules/.bin/node", "node_modules/.bin/conformance", "client"]);
    suite.arg("--command").arg(folder.join("client")).args(["--requirements", revision]);
    suite
        .args(["--expected-failures", "expected-failures.yml", "--output-dir"])
        .arg(results.path());
    suite.current_dir(&folder).stdin(Stdio::null()).kill_on_drop(true);
    let ended = run(&mut suite).await;

    let (passed, failed) = outcomes(&ended.stdout);
    let failed: Vec<&String> =
        failed.iter().filter(|it| !NOT_OURS.contains(&it.as_str())).collect();
    assert!(failed.is_empty(), "{failed:?} failed\n{}", words(results.path(), &failed));
    let (extension, core): (Vec<&String>, Vec<&String>) =
        passed.iter().partition(|it| EXTENSION.contains(&it.as_str()));
    assert_eq!(core.len(), scored, "{core:?}\n{}", last_words(&ended));
    assert_eq!(extension, EXTENSION);
    assert_eq!(ended.code, Some(0), "{}", last_words(&ended));
}

/// The scenarios about authorization that passed with at least one check, and those that did not.
fn outcomes(stdout: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut outcomes = (BTreeSet::new(), BTreeSet::new());
    for line in stdout.lines() {
        let Some((mark, rest)) = line.split_once(' ') else { continue };
        let Some((name, checks)) = rest.split_once(": ") else { continue };
        if !name.starts_with("auth/") {
            continue;
        }
        let passed = mark == "✓" && !checks.starts_with("0 passed");
        let set = if passed { &mut outcomes.0 } else { &mut outcomes.1 };
        assert!(set.insert(name.to_owned()), "{name} is told twice: {stdout}");
    }
    outcomes
}

/// What our client wrote to stderr in these scenarios.
fn words(results: &Path, scenarios: &[&String]) -> String {
    let all = std::fs::read_dir(results.join("auth")).into_iter().flatten();
    let all = all.map(|it| it.unwrap().path()).filter(|path| {
        scenarios.iter().any(|it| path.to_str().unwrap().contains(&format!("/{it}-20")))
    });
    all.map(|it| {
        let words = std::fs::read_to_string(it.join("stderr.txt")).unwrap_or_default();
        format!("{}:\n{words}\n", it.display())
    })
    .collect()
}

fn last_words(ended: &Ended) -> String {
    let lines: Vec<&str> = ended.stderr.lines().collect();
    format!("{}\n{}", ended.stdout, lines[lines.len().saturating_sub(20)..].join("\n"))
}

#[test]
fn only_a_scenario_that_checked_something_has_passed() {
    let stdout = "\
=== SUITE SUMMARY ===

✓ initialize: 1 passed, 0 failed
✓ auth/metadata-default: 18 passed, 0 failed
✓ auth/nothing: 0 passed, 0 failed
✗ auth/scope-step-up: 42 passed, 0 failed, 1 warnings

Not scored for 2025-11-25: 1 scenario(s) run, 1 failing.
  ✗ auth/dpop (extension)
";
    let (passed, failed) = outcomes(stdout);
    assert_eq!(Vec::from_iter(passed), ["auth/metadata-default"]);
    assert_eq!(Vec::from_iter(failed), ["auth/nothing", "auth/scope-step-up"]);
}
