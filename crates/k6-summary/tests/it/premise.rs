//! What is brought together has to belong together, and nothing is held against itself.

use crate::cli::{check, place};
use crate::fixture;
use crate::points::{bytes, query, stream, with};
use k6_summary::{Error, Points, Run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

fn record(args: &[&str]) -> Value {
    let (json, _) = check(&[args, &["--format", "json", "--fail-on", "never"]].concat(), 0);
    serde_json::from_str(&json).unwrap()
}

#[test]
fn the_same_samples_count_once_however_they_are_packed() {
    let files = ["points.ndjson", "points.ndjson.gz", "points.ndjson.zst"].map(bytes);
    for one in &files {
        for other in &files {
            let read = |lenient| {
                let query = query("http_req_duration", &[]);
                let mut points = Points::new(&with(query, |it| it.lenient = lenient));
                points.read(stream(one.as_slice())).unwrap();
                let told = points.read(stream(other.as_slice()));
                told.map(|it| (it.len(), points.distributions(&[])[0].count))
            };
            assert!(matches!(read(false), Err(Error::SameFile)));
            assert_eq!(read(true).unwrap(), (1, 14));
        }
    }
    let both = ["points.ndjson", "points.ndjson.gz"].map(|it| fixture(it).display().to_string());
    for args in
        [&["merge", &both[0], &both[1]][..], &["merge", &both[0], &both[1], "--group-by=scenario"]]
    {
        let (_, stderr) = check(args, 1);
        assert!(
            stderr.contains("the same points as in a file before it; pass it once"),
            "{stderr}"
        );
    }
}

/// Points whose requests ended at these seconds.
fn segment(folder: &Path, name: &str, seconds: &[u32]) -> String {
    let point = |second: &u32| {
        ["http_reqs", "http_req_failed", "http_req_duration"].map(|metric| {
            let value = u32::from(metric == "http_reqs") + 10 * u32::from(metric.ends_with('n'));
            format!(
                "{{\"metric\":\"{metric}\",\"type\":\"Point\",\"data\":{{\"time\":\"2026-11-21T10:{:02}:{:02}.25Z\",\
                 \"value\":{value},\"tags\":{{\"expected_response\":\"true\",\"scenario\":\"a\"}}}}}}\n",
                second / 60, second % 60
            )
        }).concat()
    };
    let file = folder.join(name);
    fs::write(&file, seconds.iter().map(point).collect::<String>()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn runs_of_different_times_are_one_only_if_asked_for_and_then_have_no_rate() {
    let dir = tempfile::tempdir().unwrap();
    let a = segment(dir.path(), "a.ndjson", &[1, 5, 9]);
    let beside = segment(dir.path(), "b.ndjson", &[4, 12]);
    let apart = segment(dir.path(), "c.ndjson", &[130, 135]);
    let whole = record(&["merge", &a, &beside]);
    assert_eq!(whole["scenarios"][0]["calls"], 5);
    assert!(whole["scenarios"][0]["throughput"].is_f64(), "{whole}");
    for files in [[&a, &apart], [&apart, &a]] {
        let (_, stderr) = check(&["merge", files[0], files[1]], 1);
        assert!(stderr.contains("from which it is 120.99s away: another run"), "{stderr}");
        let both = record(&["merge", files[0], files[1], "--lenient"]);
        let it = &both["scenarios"][0];
        assert_eq!((&it["calls"], &it["throughput"]), (&json!(5), &Value::Null));
        let note = it["notes"][0].as_str().unwrap();
        assert!(note.starts_with("passed over: no moment in common"), "{note}");
    }
}

#[test]
fn what_lenient_passes_over_is_in_every_report() {
    let dir = tempfile::tempdir().unwrap();
    let file = segment(dir.path(), "a.ndjson", &[1, 5]);
    let text = fs::read_to_string(&file).unwrap() + "ouch\nouch\n";
    fs::write(&file, text).unwrap();
    let told = "line 7 is not JSON (column 1), so it is no point of k6, and 1 more like this";
    for format in ["table", "markdown", "html", "json"] {
        let (text, _) = check(&[&file, "--lenient", "--format", format], 0);
        assert!(text.contains(&format!("passed over: {told}")), "{format}: {text}");
    }
}

/// As if k6 had written it at that second.
fn date(file: &str, second: u64) {
    let written = std::time::UNIX_EPOCH + std::time::Duration::from_secs(second);
    fs::File::options().append(true).open(file).unwrap().set_modified(written).unwrap();
}

#[test]
fn a_run_began_when_its_file_says_and_not_when_that_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let of = |name: &str| {
        let file = place(dir.path(), name, &format!("{name}/mix.json"));
        date(&file, 1_800_000_000);
        let it = record(&[&file]);
        (it["started"].as_str().unwrap().to_owned(), it["duration_s"].as_f64().unwrap())
    };
    // 8.8 s before the date of the file, since the file has none.
    let (started, took) = of("handle-summary.json");
    assert_eq!((started.as_str(), took), ("2027-01-15T07:59:51Z", 8.806_513_331));
    // 2026-11-21T14:59:57.8Z, which the file does say, less 9.03 s.
    let (started, took) = of("machine-readable.json");
    assert_eq!((started.as_str(), took), ("2026-11-21T14:59:48Z", 9.025_783_996));
    let both = ["no-p99.json", "handle-summary.json"]
        .map(|it| place(dir.path(), it, &format!("two/{it}")));
    date(&both[0], 1_800_000_000);
    date(&both[1], 1_800_000_060);
    let it = record(&[&both[0], &both[1]]);
    assert_eq!(it["started"], "2027-01-15T07:59:58Z");
    let took = it["duration_s"].as_f64().unwrap();
    assert!((61.0..62.0).contains(&took), "until the second ended: {took}");
}

#[test]
fn a_measurement_is_not_held_against_itself_whatever_its_file_is_called_and_dated() {
    let dir = tempfile::tempdir().unwrap();
    let file = place(dir.path(), "no-p99.json", "then/mix.json");
    date(&file, 1_700_000_000);
    let (then, _) = check(&[&file, "--format", "json"], 0);
    let history = dir.path().join("history.ndjson");
    fs::write(&history, &then).unwrap();
    let history = history.to_str().unwrap();
    let packed = dir.path().join("mix.json.gz");
    let gzip = Command::new("gzip").arg("-c").arg(&file).output().unwrap();
    fs::write(&packed, gzip.stdout).unwrap();
    let again = place(dir.path(), "no-p99.json", "now/mix.json");
    for it in [packed.to_str().unwrap(), &again] {
        let (table, _) = check(&[it, "--previous", history], 0);
        assert!(table.contains("No comparable earlier run: 1 the same measurement"), "{table}");
    }
    // Twice in a history, it is one of the runs that make a band.
    let mut run: Run = then.parse().unwrap();
    run.id.push('x');
    let twice = then + &serde_json::to_string(&run).unwrap();
    fs::write(history, twice).unwrap();
    let other = fs::read_to_string(&file).unwrap().replace("\"med\": ", "\"med\": 9");
    fs::write(&again, other).unwrap();
    let it = record(&[&again, "--previous", history]);
    assert_eq!(it["comparison"]["scenarios"][0]["cells"][0]["runs"], 1, "{it}");
}

#[test]
fn two_files_keep_their_own_dates_and_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = ["a.json", "b.json"].map(|it| place(dir.path(), "no-p99.json", it));
    date(&a, 1_700_000_000);
    date(&b, 1_800_000_000);
    let (table, _) = check(&["compare", &a, &b], 0);
    assert!(table.contains("2027-01-15") && table.contains("a.json of 2023-11-14"), "{table}");
    assert!(table.contains("it is one measurement, not two"), "{table}");
    // Dates of files change when they are copied; who names them knows the order.
    let (table, _) = check(&["compare", &b, &a], 0);
    assert!(table.contains("b.json\n") && !table.contains("2027-01-15"), "{table}");
}

#[test]
fn a_file_that_is_none_of_k6s_costs_its_own_row() {
    let dir = tempfile::tempdir().unwrap();
    let good = place(dir.path(), "no-p99.json", "search.json");
    let (record, _) = check(&[&good, "--format", "json"], 0);
    for (content, told) in [
        ("", "empty; k6 writes its summary at the end"),
        ("{\"a\":1}", "JSON, but not a k6 summary; pass what"),
        ("<html>", "not JSON"),
        (record.as_str(), "the record of a whole run"),
        ("metric_name,timestamp,metric_value\nx,1,1,1\n", "line 2 is cut short"),
    ] {
        let bad = dir.path().join("checkout.json");
        fs::write(&bad, content).unwrap();
        let bad = bad.to_str().unwrap();
        let (table, _) = check(&[&good, bad], 3);
        assert!(table.contains("\nsearch    passed"), "{table}");
        assert!(table.contains("\ncheckout  did not run"), "{table}");
        assert!(table.contains(&format!("`checkout`: {told}")), "{table}");
        let (table, _) = check(&[&good, bad, "--k6-exit-code", "checkout=107"], 3);
        assert!(table.contains("`checkout`: k6 ended with exit code 107"), "{table}");
    }
}

#[test]
fn a_history_of_something_else_is_no_first_run() {
    let dir = tempfile::tempdir().unwrap();
    let run = place(dir.path(), "no-p99.json", "mix.json");
    let history = dir.path().join("previous");
    for text in ["<html>502 Bad Gateway</html>", "{\"schema\":2}\n\n{\"schema\":3}", "[]"] {
        fs::write(&history, text).unwrap();
        let args = [run.as_str(), "--previous", history.to_str().unwrap(), "--fail-on", "never"];
        let (stdout, stderr) = check(&args, 1);
        assert!(stderr.contains("previous holds no record that can be read: line 1"), "{stderr}");
        assert_eq!(stdout, "");
    }
}
