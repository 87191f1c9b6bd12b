//! Samples on the command line: percentiles, merged, from files and pipes.

use crate::cli::{check, path};
use std::fs::{self, File};
use std::process::{Command, Stdio};

#[test]
fn percentiles_are_answered_by_group() {
    let args = ["--group-by", "scenario,tool", "--percentiles", "50,99.9"];
    let (table, stderr) = check(&[&[path("points.ndjson").as_str()], args.as_slice()].concat(), 0);
    assert_eq!(stderr, "");
    insta::assert_snapshot!(table, @r#"
    metric             scenario  tool         samples    min    avg    P50  P99.9    max
    http_req_duration  —         —                  2  0.439  0.501  0.501  0.564  0.564
    http_req_duration  browse    say "hi"\ü|        4   2.13   7.60   8.43   11.4   11.4
    http_req_duration  search    —                  8      0   5.44  0.398   24.5   24.6
    "#);
    let args = ["--group-by", "scenario", "--format", "markdown"];
    let (text, _) = check(&[&[path("points.csv").as_str()], args.as_slice()].concat(), 0);
    insta::assert_snapshot!(text, @r"
    | metric | scenario | samples | min | avg | P50 | P95 | P99 | max |
    |---|---|--:|--:|--:|--:|--:|--:|--:|
    | `http_req_duration` | — | 2 | 0.439 | 0.501 | 0.501 | 0.558 | 0.563 | 0.564 |
    | `http_req_duration` | `browse` | 4 | 2.13 | 7.60 | 8.43 | 11.2 | 11.4 | 11.4 |
    | `http_req_duration` | `search` | 8 | 0 | 5.44 | 0.398 | 19.8 | 23.6 | 24.6 |
    ");
    let args = ["--group-by", "scenario", "--metric", "steps", "--window", "1h", "--format", "csv"];
    let (csv, _) = check(&[&[path("points.ndjson").as_str()], args.as_slice()].concat(), 0);
    let expected = "metric,scenario,from_s,count,min,avg,max,p50,p95,p99,exact\n\
        steps,browse,0,4,0,0.00000015,0.0000003,0.00000015,0.00000028499999999999997,0.00000029699999999999997,true\n";
    assert_eq!(csv, expected);
    check(&[&path("points.ndjson"), "--metric", "all", "--format", "html"], 1);
    let (json, _) = check(&[&path("points.ndjson"), "--metric", "all", "--format", "json"], 0);
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!((&first["metric"], &first["count"]), (&"cached".into(), &4.into()));
    assert_eq!(first["exact"], true);
}

#[test]
fn a_file_of_points_is_judged_as_a_summary_is() {
    let (table, stderr) = check(&[&path("points.ndjson.zst")], 3);
    assert!(table.contains("\ndata      invalid      4    25 %"), "{table}");
    assert!(table.contains("cached rate is 0.500, the target is < 0.1"), "{table}");
    assert!(stderr.contains("k6 does not write thresholds on submetrics"), "{stderr}");
    let (table, _) = check(&[&path("points.csv")], 3);
    assert!(table.contains("\ndata      invalid      4    25 %"), "{table}");
}

#[test]
fn stdin_is_a_file_called_minus() {
    let output = Command::new(env!("CARGO_BIN_EXE_k6-summary"))
        .args(["-", "--metric", "mcp_call_duration", "--group-by", "rpc"])
        .stdin(Stdio::from(File::open(crate::fixture("points.ndjson.gz")).unwrap()))
        .output()
        .unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert_eq!(table.lines().count(), 3, "{table}");
}

#[test]
fn histograms_are_written_merged_and_labelled() {
    let dir = tempfile::tempdir().unwrap();
    let by = ["--group-by", "scenario"];
    let mut forms = Vec::new();
    for name in ["points.ndjson", "points-1.1.ndjson"] {
        let (lines, _) = check(&[["merge", &path(name), "--hdr"].as_slice(), &by].concat(), 0);
        let file = dir.path().join(format!("{name}.hdr"));
        fs::write(&file, lines).unwrap();
        forms.push(file.to_str().unwrap().to_owned());
    }
    let merged = [["merge", &forms[0], &forms[1]].as_slice(), &by].concat();
    let (table, _) = check(&merged, 0);
    assert!(
        table.contains("P99 ± 0.1 %") && table.contains("\n± 0.1 %: from histograms"),
        "{table}"
    );
    let (markdown, _) = check(&[merged.as_slice(), &["--format", "markdown"]].concat(), 0);
    assert!(markdown.contains("P99 ± 0.1 %") && markdown.contains("\n± 0.1 %: from"), "{markdown}");
    let (json, _) = check(&[merged.as_slice(), &["--format", "json"]].concat(), 0);
    assert_eq!(json.matches("\"exact\":false").count(), 3, "{json}");
    let exact = ["merge", &path("points.ndjson"), &path("points-1.1.ndjson")];
    let (table, _) = check(&[exact.as_slice(), &by].concat(), 0);
    assert!(!table.contains('±'), "{table}");
    let (_, stderr) = check(&["merge", &forms[0]], 1);
    assert!(stderr.contains("histograms of single metrics"), "{stderr}");
}

#[test]
fn segments_become_one_scenario() {
    let files = [path("points.ndjson"), path("points-1.1.ndjson")];
    let args = ["merge", &files[0], &files[1], "--name", "both", "--fail-on", "never"];
    let (_, stderr) = check(&args, 1);
    assert!(stderr.contains("no moment in common with the files before it"), "{stderr}");
    let (table, _) = check(&[args.as_slice(), &["--lenient"]].concat(), 0);
    assert!(table.contains("\nboth      invalid      8    25 %"), "{table}");
    assert!(table.contains("`both`: passed over: no moment in common"), "{table}");
    let (_, stderr) = check(&[&files[0], &path("points.ndjson.gz")], 1);
    assert!(stderr.contains("`k6-summary merge`"), "{stderr}");
}

#[test]
fn what_has_no_samples_is_refused() {
    for args in
        [["merge", &path("legacy-export.json")], [&path("legacy-export.json"), "--window=1s"]]
    {
        let (_, stderr) = check(&args, 1);
        assert!(stderr.contains(
            "summaries and records have no samples, and percentiles of percentiles are wrong"
        ));
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("package.json");
    for (content, expected) in [
        ("{\"dependencies\":{}}", ": JSON, but not a k6 summary"),
        ("", ": empty; "),
        ("\u{1}", ": not JSON"),
    ] {
        fs::write(&file, content).unwrap();
        for args in [["merge", file.to_str().unwrap()], [file.to_str().unwrap(), "--group-by=tool"]]
        {
            let (_, stderr) = check(&args, 1);
            assert!(stderr.contains("package.json") && stderr.contains(expected), "{stderr}");
        }
    }
    let (_, stderr) = check(&["merge", dir.path().to_str().unwrap()], 1);
    assert!(stderr.contains("is a directory"), "{stderr}");
    let (_, stderr) = check(&[&path("points.ndjson"), "--metric", "nope"], 1);
    assert_eq!(stderr, "error: no sample of nope\n");
    let (_, stderr) = check(&[&path("points.ndjson"), "--metric", "checks", "--skip", "1h"], 1);
    assert_eq!(stderr, "error: no sample of checks after the warm-up\n");
    check(&[&path("points.ndjson"), "--percentiles", "101"], 2);
    check(&[&path("points.ndjson"), "--skip", "soon"], 2);
}

#[test]
fn a_flaw_names_file_and_line_unless_it_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cut.ndjson");
    let whole = fs::read_to_string(crate::fixture("points.ndjson")).unwrap();
    fs::write(&file, &whole[..whole.len() - 10]).unwrap();
    let args = [file.to_str().unwrap(), "--group-by", "scenario"];
    let (stdout, stderr) = check(&args, 1);
    assert_eq!(stdout, "");
    let expected = format!("{}: line 225 is cut short, as by a full disk or a killed k6", args[0]);
    assert_eq!(stderr, format!("error: {expected}; --lenient passes over it\n"));
    let (stdout, stderr) = check(&[args.as_slice(), &["--lenient"]].concat(), 0);
    assert_eq!(stderr, format!("notice: {expected}\n"));
    assert_eq!(stdout.lines().count(), 4, "{stdout}");
}

#[test]
fn a_log_before_the_points_is_told_of_and_can_be_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mix.ndjson");
    let points = fs::read_to_string(crate::fixture("points.ndjson")).unwrap();
    fs::write(&file, "npm warn deprecated\n".repeat(100_000) + &points).unwrap();
    let file = file.to_str().unwrap();
    let told =
        ": line 1 is not JSON (column 2), so it is no point of k6; --lenient passes over it\n";
    for (args, code) in
        [([file, "--format=table"], 3), ([file, "--group-by=scenario"], 0), (["merge", file], 3)]
    {
        assert_eq!(check(&args, 1).1, format!("error: {file}{told}"));
        let (stdout, stderr) = check(&[args.as_slice(), &["--lenient"]].concat(), code);
        assert!(stdout.contains("mix") || stdout.contains("browse"), "{stdout}");
        assert!(stderr.contains("more like these"), "{stderr}");
    }
}
