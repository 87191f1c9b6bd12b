//! The wiring of the command line.

use crate::fixture;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn k6_summary(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k6-summary"));
    command.env_clear().args(args).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
pub(crate) fn check(args: &[&str], code: i32) -> (String, String) {
    let output = k6_summary(args);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    (stdout, stderr)
}

pub(crate) fn path(name: &str) -> String {
    fixture(name).to_str().unwrap().to_owned()
}

/// A copy of a fixture under a name of its own.
pub(crate) fn place(folder: &Path, name: &str, file: &str) -> String {
    let to = folder.join(file);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(fixture(name), &to).unwrap();
    to.to_str().unwrap().to_owned()
}

#[test]
fn a_folder_or_a_file_names_the_scenario() {
    let dir = tempfile::tempdir().unwrap();
    let a = place(dir.path(), "legacy-export.json", "cold-start/summary.json");
    let b = place(dir.path(), "handle-summary.json", "mix.json");
    let (stdout, _) = check(&[&a, &b], 0);
    assert!(
        stdout.starts_with("load test: passed, 2 scenarios; not every threshold was judged\n"),
        "{stdout}"
    );
    assert!(stdout.contains("\ncold-start  passed     200     2 %"), "{stdout}");
    assert!(stdout.contains("\nmix         passed     200     2 %"), "{stdout}");
}

#[test]
fn what_is_said_is_one_line_and_commands_nothing() {
    let (_, stderr) = check(&["a\u{61c}\n::error::b ##[group]c\u{1b}[2J"], 1);
    let expected = "error: failed to read a ::error::b ## [group]c[2J: No such file";
    assert!(stderr.starts_with(expected) && stderr.lines().count() == 1, "{stderr}");
    let (_, stderr) = check(&[&"x".repeat(5000)], 1);
    assert!(stderr.chars().count() < 2010, "{stderr}");
}

#[test]
fn the_exit_code_follows_the_verdict() {
    let crossed = path("crossed-threshold.json");
    check(&[&crossed], 3);
    let (table, _) = check(&[&crossed, "--fail-on", "alert"], 3);
    assert_eq!(table.matches("189 ms").count(), 1, "a reason is told once: {table}");
    check(&[&crossed, "--fail-on", "never"], 0);
    check(&[&path("unreachable-server.json")], 3);
    check(&[&path("legacy-export.json")], 0);
    check(&[], 2);
    check(&[&crossed, "--tolerance", "much"], 2);
}

#[test]
fn what_would_be_ignored_is_refused() {
    let (points, summary) = (path("points.ndjson"), path("legacy-export.json"));
    for asked in
        [["--metric", "d"], ["--percentiles", "5"], ["--group-by", "a"], ["--window", "1s"]]
    {
        for of_a_run in [
            ["--fail-on", "alert"],
            ["--previous", "x"],
            ["--environment", "x"],
            ["--fingerprint", "x"],
            ["--tolerance", "0.5"],
            ["--min-delta", "5"],
        ] {
            check(&[[points.as_str()].as_slice(), &asked, &of_a_run].concat(), 2);
            check(&[["merge", &points].as_slice(), &asked, &of_a_run].concat(), 2);
            check(&[["merge", &points, "--hdr"].as_slice(), &of_a_run].concat(), 2);
        }
        check(&[["merge", &points, "--name", "x"].as_slice(), &asked].concat(), 2);
    }
    check(&["merge", &points, "--hdr", "--format", "csv"], 2);
    check(&["merge", &points, "--hdr", "--percentiles", "50"], 2);
    for twice in [&["-", "--previous", "-"][..], &["compare", "-", "-"], &["merge", "-", "-"]] {
        let (_, stderr) = check(twice, 2);
        assert!(stderr.contains("can be read once"), "{stderr}");
    }
    let (_, stderr) = check(&[&summary, "--skip", "5s"], 1);
    assert!(stderr.contains("has no samples, so no warm-up can be left out"), "{stderr}");
}

#[test]
fn the_record_comes_out_and_goes_in_again() {
    let dir = tempfile::tempdir().unwrap();
    let mix = place(dir.path(), "legacy-export.json", "mix.json");
    let (json, _) = check(&[&mix, "--format", "json", "--environment", "staging"], 0);
    assert_eq!(json.lines().count(), 1);

    // As a week ago, twice as fast, and without failures, which would bar it as a baseline.
    let mut record: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(record["environment"], "staging");
    record["id"] = "earlier".into();
    record["scenarios"][0]["source"] = "other".into();
    record["started"] = "2020-01-01T00:00:00Z".into();
    record["scenarios"][0]["failures"] = serde_json::json!({});
    record["scenarios"][0]["error_rate"] = 0.01.into();
    record["scenarios"][0]["latency_ms"]["p50"] = 50.0.into();
    let previous = dir.path().join("previous.json");
    std::fs::write(&previous, serde_json::to_string_pretty(&record).unwrap()).unwrap();
    let previous = previous.to_str().unwrap();

    let args = [&mix, "--environment", "staging", "--previous", previous];
    let (table, _) = check(&args, 0);
    assert!(table.contains("**99.5 (+99 %)**"), "{table}");
    // One run makes no noise band, so it takes the plain rule to fail on this.
    check(&[args.as_slice(), &["--fail-on", "alert"]].concat(), 0);
    check(&[args.as_slice(), &["--fail-on", "worse"]].concat(), 3);
    check(&[args.as_slice(), &["--fail-on", "worse", "--tolerance", "1"]].concat(), 0);
    let (elsewhere, _) = check(&[&mix, "--environment", "production", "--previous", previous], 0);
    let why = "No comparable earlier run: 1 in another environment";
    assert!(elsewhere.contains(why), "{elsewhere}");
    let (markdown, _) = check(&[previous, "--format", "markdown"], 0);
    assert!(
        markdown.starts_with(
            "### load test staging: passed, 1 scenario; not every threshold was judged\n"
        ),
        "{markdown}"
    );
}

#[test]
fn a_run_in_which_nothing_ran_could_not_be_done() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("run.json");
    let record = r#"{"schema":1,"id":"a","started":"2026-11-21T11:02:03Z","verdict":"did_not_run",
        "scenarios":[{"name":"mix","verdict":"did_not_run","reasons":["k6 was not started"]}]}"#;
    std::fs::write(&file, record).unwrap();
    for fail_on in ["threshold", "never"] {
        let (stdout, stderr) = check(&[file.to_str().unwrap(), "--fail-on", fail_on], 1);
        assert!(stdout.contains("`mix`: k6 was not started"), "{stdout}");
        assert_eq!(stderr, "error: no scenario ran\n");
    }
}

#[test]
fn the_exit_code_is_that_of_the_worst_scenario() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("run.json");
    let record = r#"{"schema":1,"id":"a","started":"2026-11-21T11:02:03Z","verdict":"passed",
        "scenarios":[{"name":"mix","verdict":"failed","reasons":["slow"]}]}"#;
    std::fs::write(&file, record).unwrap();
    check(&[file.to_str().unwrap()], 3);
}

#[test]
fn bad_input_is_named_with_what_is_wrong() {
    #[track_caller]
    fn check_error(dir: &Path, content: &str, expected: &str) {
        let file = dir.join("it.json");
        std::fs::write(&file, content).unwrap();
        let (stdout, stderr) = check(&[file.to_str().unwrap()], 1);
        assert_eq!(stdout, "");
        let stderr = stderr.replace(dir.to_str().unwrap(), "DIR");
        assert_eq!(stderr.trim_end(), format!("error: DIR/it.json: {expected}"));
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    check_error(
        dir,
        "",
        "empty; k6 writes its summary at the end of a run, so the run did not get there",
    );
    check_error(dir, "nope", "not JSON: expected ident at line 1 column 2");
    check_error(
        dir,
        r#"{"dependencies":{}}"#,
        "JSON, but not a k6 summary; pass what `k6 run --summary-export FILE` wrote",
    );
    check_error(
        dir,
        r#"{"schema":2,"scenarios":[]}"#,
        "a record of schema 2; this version reads schema 1",
    );
    let (_, stderr) = check(&[dir.to_str().unwrap()], 1);
    assert!(stderr.contains("is a directory; pass the summary inside it"), "{stderr}");
    let (_, stderr) = check(&[dir.join("none.json").to_str().unwrap()], 1);
    assert!(stderr.contains("failed to read") && stderr.contains("none.json"), "{stderr}");
    let twice = place(dir, "legacy-export.json", "a/mix.json");
    let (_, stderr) = check(&[&twice, &place(dir, "legacy-export.json", "b/mix.json")], 1);
    assert!(stderr.contains("is a second file of the scenario mix"), "{stderr}");
}
