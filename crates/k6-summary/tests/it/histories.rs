//! Runs and their histories on the command line.

use crate::cli::{check, place};
use k6_summary::Run;
use std::fs;
use std::path::Path;

/// Writes a record on `day` of a month whose only scenario took `p50` milliseconds.
fn record(folder: &Path, day: u8, p50: f64) -> String {
    let file = folder.join(format!("run-{day}.json"));
    fs::write(&file, line(day, p50)).unwrap();
    file.to_str().unwrap().to_owned()
}

fn line(day: u8, p50: f64) -> String {
    serde_json::json!({
        "schema": 1, "id": format!("day-{day:02}"), "started": format!("2026-11-{day:02}T03:37:00Z"),
        "environment": "staging", "verdict": "passed",
        "scenarios": [{ "name": "mix", "verdict": "passed", "fingerprint": "f", "calls": 2000,
            "error_rate": 0, "throughput": 50.0,
            "latency_ms": { "p50": p50, "p95": 2.0 * p50, "p99": 3.0 * p50 } }],
    })
    .to_string()
        + "\n"
}

#[test]
fn two_records_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (record(dir.path(), 1, 10.0), record(dir.path(), 2, 13.0));
    let (table, _) = check(&["compare", &a, &b], 0);
    assert!(table.contains("**13.0 (+30 %)**"), "{table}");
    let (table, _) = check(&["compare", &a, &b, "--tolerance", "0.4"], 0);
    assert!(table.contains("13.0 (+30 %)") && !table.contains("**"), "{table}");
    let (table, _) = check(&["compare", &a, &b, "--min-delta", "5", "--fail-on", "worse"], 3);
    assert!(table.contains(" 13.0 (+30 %)") && table.contains("**26.0 (+30 %)**"), "{table}");
    let (_, stderr) = check(&["compare", &b, &a], 1);
    assert!(stderr.contains("the earlier run comes first"), "{stderr}");
    let (_, stderr) = check(&["compare", &a, &a], 1);
    assert!(stderr.contains("both are the run day-01"), "{stderr}");
    check(&["compare", &a], 2);
    for (from, to, why) in [
        ("staging", "production", "mix: no comparable earlier run: 1 in another environment"),
        ("\"fingerprint\":\"f\"", "\"fingerprint\":\"g\"", "1 with another script or load"),
        ("\"name\":\"mix\"", "\"name\":\"other\"", "other: no earlier run to compare with"),
    ] {
        let other = dir.path().join("other.json");
        fs::write(&other, line(3, 10.0).replace(from, to)).unwrap();
        let (stdout, stderr) = check(&["compare", &a, other.to_str().unwrap()], 1);
        assert_eq!(stdout, "");
        assert!(stderr.starts_with("error: the runs are not comparable; "), "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
    }
}

#[test]
fn two_summaries_are_compared_though_they_have_other_names() {
    let dir = tempfile::tempdir().unwrap();
    let a = place(dir.path(), "no-p99.json", "before.json");
    let b = place(dir.path(), "no-p99.json", "after.json");
    let slower = fs::read_to_string(&b).unwrap().replace("\"med\": ", "\"med\": 9");
    fs::write(&b, slower).unwrap();
    let (table, _) = check(&["compare", &a, &b], 0);
    assert!(table.contains("\nafter "), "{table}");
    assert!(table.contains("before.json"), "{table}");
    assert!(table.contains("**"), "{table}");
}

#[test]
fn the_newest_of_a_file_of_records_is_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let history = dir.path().join("history.ndjson");
    fs::write(&history, line(9, 13.0) + &line(2, 10.0) + "{\"schema\":2}\n").unwrap();
    let (table, stderr) = check(&[history.to_str().unwrap()], 0);
    assert!(table.contains("2026-11-09") && table.contains("**13.0 (+30 %)**"), "{table}");
    assert_eq!(
        stderr,
        "notice: line 3 of the history skipped: a record of schema 2; this version reads schema 1\n"
    );
}

#[test]
fn an_empty_history_is_a_first_run() {
    let dir = tempfile::tempdir().unwrap();
    let run = record(dir.path(), 1, 10.0);
    for content in ["", "\n"] {
        let empty = dir.path().join("previous.json");
        fs::write(&empty, content).unwrap();
        let (table, stderr) = check(&[&run, "--previous", empty.to_str().unwrap()], 0);
        assert!(table.contains("No earlier run to compare with"), "{table}");
        assert_eq!(stderr, "");
    }
    // Standard input of the tests is empty.
    check(&[&run, "--previous", "-"], 0);
}

#[test]
fn the_record_carries_its_comparison_and_is_still_a_record() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (record(dir.path(), 1, 10.0), record(dir.path(), 2, 13.0));
    let (alone, _) = check(&[&b, "--format", "json"], 0);
    assert_eq!(alone.parse::<Run>().unwrap(), fs::read_to_string(&b).unwrap().parse().unwrap());
    let (json, _) = check(&[&b, "--previous", &a, "--format", "json"], 0);
    assert_eq!(json.parse::<Run>().unwrap(), alone.parse().unwrap());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let scenario = &json["comparison"]["scenarios"][0];
    assert_eq!(scenario["baseline"]["run"]["id"], "day-01");
    assert_eq!(scenario["cells"][0]["column"], "p50");
    assert_eq!(
        scenario["cells"][0]["change"],
        serde_json::json!({ "previous": 10.0, "ratio": 1.3, "worse": true, "better": false })
    );
}

#[test]
fn a_history_comes_out_as_csv_and_as_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (record(dir.path(), 1, 10.0), record(dir.path(), 2, 13.0));
    let (csv, _) = check(&[&b, "--previous", &a, "--format", "csv"], 0);
    insta::assert_snapshot!(csv, @r#"
    started,run,environment,suite,profile,commit,k6,dirty,baseline_reset,scenario,verdict,fingerprint,calls,failed,error_rate,throughput,offered,min_ms,avg_ms,p50_ms,p90_ms,p95_ms,p99_ms,max_ms
    2026-11-01T03:37:00Z,day-01,staging,,,,,false,,mix,passed,f,2000,0,0,50,,,,10,,20,30,
    2026-11-02T03:37:00Z,day-02,staging,,,,,false,,mix,passed,f,2000,0,0,50,,,,13,,26,39,
    "#);
    let (page, _) = check(&["compare", &a, &b, "--format", "html"], 0);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("13.0 <span class=\"change\">(+30 %)</span>"), "{page}");
}

#[test]
fn runs_of_other_fingerprints_are_not_compared() {
    let dir = tempfile::tempdir().unwrap();
    let file = place(dir.path(), "no-p99.json", "mix.json");
    let (json, _) = check(&[&file, "--format", "json", "--fingerprint", "one"], 0);
    let earlier = dir.path().join("earlier.ndjson");
    let mut other: serde_json::Value = serde_json::from_str(&json).unwrap();
    other["scenarios"][0]["source"] = "other".into();
    let json = other.to_string();
    let moved = json.replacen("\"id\":\"", "\"id\":\"x", 1).replacen(
        "\"started\":\"2",
        "\"started\":\"1",
        1,
    );
    fs::write(&earlier, moved).unwrap();
    let earlier = earlier.to_str().unwrap();
    let (same, _) = check(&[&file, "--previous", earlier, "--fingerprint", "one"], 0);
    assert!(same.contains("ompared with run x"), "{same}");
    let (other, _) = check(&[&file, "--previous", earlier, "--fingerprint", "two"], 0);
    assert!(other.contains("1 with another script or load"), "{other}");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_once() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("search.ndjson");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let (to, text) = (fifo.clone(), points());
    let writer = std::thread::spawn(move || fs::write(to, text).unwrap());
    let (page, _) = check(&[fifo.to_str().unwrap(), "--format", "html"], 0);
    writer.join().unwrap();
    assert!(page.ends_with("</html>\n") && !page.contains("latency over the run"), "{page}");
}

/// Points as k6 writes them: ten requests a second for 30 seconds, slower in the middle.
fn points() -> String {
    let declared =
        [("http_reqs", "counter"), ("http_req_failed", "rate"), ("http_req_duration", "trend")];
    let declared = declared.map(|(name, kind)| {
        serde_json::json!({ "type": "Metric", "metric": name, "data": { "name": name, "type": kind,
            "contains": "default", "thresholds": [], "submetrics": null } })
    });
    let sample = |name: &str, at: u32, value: f64| {
        let (second, tenth) = (at / 10, at % 10);
        let tags = r#"{"expected_response":"true","scenario":"default"}"#;
        format!(
            r#"{{"metric":"{name}","type":"Point","data":{{"time":"2026-11-21T11:02:{second:02}.{tenth}Z","value":{value},"tags":{tags}}}}}"#
        )
    };
    let samples = (0..300).flat_map(|at| {
        let duration = if (100..200).contains(&at) { 40.0 } else { 10.0 };
        let duration = duration + f64::from(at % 10);
        [
            sample("http_reqs", at, 1.0),
            sample("http_req_failed", at, 0.0),
            sample("http_req_duration", at, duration),
        ]
    });
    declared
        .map(|it| it.to_string())
        .into_iter()
        .chain(samples)
        .map(|it| format!("{it}\n"))
        .collect()
}

#[test]
fn points_show_how_the_run_went_while_it_lasted() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("search.ndjson");
    fs::write(&file, points()).unwrap();
    let file = file.to_str().unwrap();
    let earlier = dir.path().join("earlier.ndjson");
    fs::write(&earlier, points()).unwrap();
    let earlier = earlier.to_str().unwrap();
    for args in [&[file][..], &["merge", file], &["compare", earlier, file]] {
        let (page, _) = check(&[args, &["--format", "html"]].concat(), 0);
        let over_time = page.split("latency over the run").nth(1).unwrap();
        let p95 = over_time.split("class=\"line\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let heights: Vec<&str> = p95.split('L').map(|it| it.split(' ').nth(1).unwrap()).collect();
        assert_eq!(heights.len(), 30, "{p95}");
        assert!(heights[..10].iter().all(|it| *it == heights[0]), "{p95}");
        assert!(heights[10..20].iter().all(|it| *it == heights[10]), "{p95}");
        assert_ne!(heights[0], heights[10], "slower in the middle");
        let curve = page.rsplit("latency by percentile").next().unwrap();
        let curve = curve.split("class=\"line\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(curve.split('L').count() > 40, "{curve}");
    }
}
