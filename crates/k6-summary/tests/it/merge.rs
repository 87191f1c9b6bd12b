//! Segments of one run together, in whichever order they are named.

use crate::cli::{check, path};
use crate::damaged_points::check as check_flaw;
use crate::points::{stream, with};
use k6_summary::{Error, Metric, Points, Query, Summary};
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

/// Points of `d`, in ascending seconds, under a declaration.
fn segment(thresholds: &str, submetrics: &str, values: &[u32]) -> String {
    let declared = format!(
        r#"{{"type":"Metric","data":{{"name":"d","type":"trend","contains":"time","thresholds":[{thresholds}],"submetrics":[{submetrics}]}},"metric":"d"}}"#
    );
    let points = values.iter().map(|it| point(*it, r#""scenario":"a""#));
    declared + "\n" + &points.collect::<String>()
}

fn point(value: u32, tags: &str) -> String {
    format!(
        "{{\"metric\":\"d\",\"type\":\"Point\",\"data\":{{\"time\":\"2026-11-21T10:00:{value:02}Z\",\"value\":{value},\"tags\":{{{tags}}}}}}}\n"
    )
}

const PART: &str = r#"{"name":"d{scenario:a}","suffix":"scenario:a","tags":{"scenario":"a"}}"#;

fn whole(lenient: bool, segments: &[&str]) -> Result<Summary, Error> {
    let mut points = Points::of_run(&with(Query::default(), |it| it.lenient = lenient));
    for it in segments {
        points.read(stream(it.as_bytes()))?;
    }
    Ok(points.summary())
}

#[test]
fn thresholds_of_any_segment_are_judged() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = dir.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let calls = fs::read_to_string(crate::fixture("points.ndjson")).unwrap();
    let calls: String =
        calls.lines().filter(|it| it.contains("\"http_req")).map(|it| format!("{it}\n")).collect();
    let a = write("a.ndjson", &(segment("", "", &[1, 2]) + &calls));
    let b = write("b.ndjson", &segment(r#""max<10""#, "", &[30]));
    for files in [[&a, &b], [&b, &a]] {
        let args = ["merge", files[0], files[1], "--fail-on", "never", "--format", "json"];
        // Generators of one run all have its script.
        let (_, stderr) = check(&args, 1);
        let told = "declares d with other thresholds than before: another script";
        assert!(stderr.contains(told), "{stderr}");
        let (table, _) = check(&[args.as_slice(), &["--lenient"]].concat(), 0);
        assert!(table.contains(&format!("passed over: line 1 {told}")), "{table}");
        assert!(table.contains("\"name\":\"d max\"") && table.contains("\"met\":false"), "{table}");
    }
}

#[test]
fn submetrics_are_of_all_segments_or_refused() {
    let (with, without) = (segment("", PART, &[1, 3]), segment("", "", &[2]));
    let both = whole(false, &[&with, &without]).unwrap();
    assert_eq!(both.trend("d{scenario:a}").unwrap().count, Some(3));
    for texts in [vec![without.clone(), with.clone()], vec![without.clone() + &with]] {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let error = whole(false, &texts).unwrap_err();
        assert!(matches!(error, Error::NotToldApart { .. }), "{error}");
        let both = whole(true, &texts).unwrap();
        assert!(both.metric("d{scenario:a}").is_none(), "half of it would be counted");
        assert!(matches!(both.metric("d"), Some(Metric::Trend(it)) if it.count == Some(3)));
    }
}

#[test]
fn windows_need_the_start_of_a_scenario() {
    let text = [1, 2, 3].map(|it| point(it, r#""tool":"x""#)).concat();
    let csv = "metric_name,timestamp,metric_value,group\nd,10,1,::setup\nd,20,2,\nd,35,3,\n";
    for query in [
        with(Query::default(), |it| it.skip = Duration::from_secs(5)),
        with(Query::default(), |it| it.window = Some(Duration::from_secs(10))),
    ] {
        let read = |text: &str| {
            let mut points = Points::new(&query);
            points.read(stream(text.as_bytes())).map(|_| points.distributions(&[]))
        };
        let error = read(&text).unwrap_err();
        assert!(matches!(error, Error::NoStart), "{error}");
        let error = read(&csv.replace("group", "proto")).unwrap_err();
        assert!(matches!(error, Error::NoStart), "{error}");
        let found = read(csv).unwrap();
        let counts: Vec<u64> = found.iter().map(|it| it.count).collect();
        assert_eq!(counts, if query.window.is_some() { vec![2, 1] } else { vec![1] });
    }
}

#[test]
fn a_stray_quote_takes_its_own_row_only() {
    let row = |it: &str| format!("http_req_duration,10,1.5,{it}\n");
    let text = ["metric_name,timestamp,metric_value,name\n", &row("a"), &row("\"b"), &row("c")];
    let notices = check_flaw(text.concat(), "line 3 is no point of k6");
    assert_eq!(notices.len(), 1);
    let cut = [text[0], &row("a"), "http_req_duration,1"];
    check_flaw(cut.concat(), "line 3 is cut short, as by a full disk or a killed k6");
    let long = [text[0], &row(&"x".repeat(5 << 20)), &row("a")];
    check_flaw(long.concat(), "line 2 is longer than 4 MB, as no point of k6 is");
}

/// A pipe that brings one byte at a time.
struct Drops<'a>(&'a [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn a_pipe_may_bring_its_bytes_one_by_one() {
    for packing in ["points.ndjson", "points.ndjson.gz", "points.ndjson.zst"] {
        let bytes = fs::read(crate::fixture(packing)).unwrap();
        let mut points = Points::new(&Query::default());
        points.read(stream(Drops(&bytes))).unwrap();
        assert!(!points.distributions(&[50.0]).is_empty(), "{packing}");
    }
}

fn form(dir: &Path, args: &[&str]) -> String {
    let (lines, _) =
        check(&[["merge", &path("points.ndjson"), "--hdr"].as_slice(), args].concat(), 0);
    let file = dir.join("form.hdr");
    fs::write(&file, lines).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_histogram_keeps_its_windows_and_answers_for_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let file = form(dir.path(), &["--window", "10s"]);
    let (exact, _) = check(&[&path("points.ndjson"), "--window", "10s", "--format", "csv"], 0);
    let (near, _) = check(&["merge", &file, "--window", "10s", "--format", "csv"], 0);
    assert_eq!(near.lines().count(), exact.lines().count(), "{near}");
    for (args, expected) in [
        (["--window", "1s"], "of windows of 10s, and asked for is windows of 1s"),
        (["--percentiles", "50"], "of windows of 10s, and asked for is the whole time"),
        (["--skip", "1s"], "a histogram has no timestamps"),
    ] {
        let (_, stderr) = check(&["merge", &file, args[0], args[1], "--group-by", "tool"], 1);
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn a_part_of_a_metric_is_called_so() {
    let dir = tempfile::tempdir().unwrap();
    let part = "http_req_duration{expected_response:true}";
    let (exact, _) = check(&[&path("points.ndjson"), "--metric", part], 0);
    assert!(exact.contains(&format!("\n{part} ")), "{exact}");
    let file = form(dir.path(), &["--metric", part, "--group-by", "scenario"]);
    let (near, _) = check(&["merge", &file, "--metric", part], 0);
    assert!(near.contains(&format!("\n{part} ")), "{near}");
    let both = "http_req_duration{expected_response:true,scenario:browse}";
    let (near, _) = check(&["merge", &file, "--metric", both], 0);
    assert!(near.contains(both), "{near}");
    let (_, stderr) = check(&["merge", &file, "--metric", "http_req_duration"], 1);
    assert!(stderr.contains("no sample of http_req_duration"), "{stderr}");
}
