//! Files with more names than any script has: the work grows as they do.

use crate::measurement;
use crate::points::stream;
use k6_summary::{Points, Query, Summary, judge};
use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

const TIMES: usize = 8;

/// Nanoseconds that this thread has run for: what others do on the machine does not count.
fn ran_for(work: impl FnOnce()) -> f64 {
    let on_cpu = || {
        // Linux brings the number up to date when it looks whether somebody else is to run.
        std::thread::yield_now();
        let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    let (before, started) = (on_cpu(), Instant::now());
    work();
    let after = on_cpu();
    let wall = started.elapsed().as_nanos() as f64;
    before.zip(after).map_or(wall, |(before, after)| after - before)
}

/// Eight times the input takes some eight times the work, and up to 64 times were it quadratic.
#[track_caller]
fn check(few: usize, input: fn(usize) -> String, read: fn(&str)) {
    let (few, many) = (input(few), input(few * TIMES));
    let fastest = |text: &str| {
        let each = (0..2).map(|_| ran_for(|| read(text)));
        each.fold(f64::INFINITY, f64::min)
    };
    let per_byte = |text: &str| fastest(text) / text.len() as f64;
    let ratio = per_byte(&many) / per_byte(&few);
    assert!(ratio < 2.5, "{ratio} times the work for each byte of {TIMES} times the input");
}

fn summarize(points: &str) {
    let mut all = Points::of_run(&Query::default());
    all.read(stream(points.as_bytes())).unwrap();
    all.summary();
}

fn declaration(metric: &str, thresholds: &[String], submetrics: &[String]) -> String {
    let submetrics: Vec<_> = submetrics
        .iter()
        .map(|it| serde_json::json!({ "name": format!("{metric}{{{it}}}"), "suffix": it }))
        .collect();
    let data = serde_json::json!({ "name": metric, "type": "trend", "contains": "time",
        "thresholds": thresholds, "submetrics": submetrics });
    format!("{{\"type\":\"Metric\",\"data\":{data},\"metric\":\"{metric}\"}}\n")
}

fn point(metric: &str, tag: &str, value: &str) -> String {
    format!(
        "{{\"metric\":\"{metric}\",\"type\":\"Point\",\"data\":{{\"time\":\"2026-11-21T17:56:12.38Z\",\
         \"value\":2.5,\"tags\":{{\"{tag}\":\"{value}\"}}}}}}\n"
    )
}

#[test]
fn many_metrics_are_read_one_by_one() {
    let metrics = |count: usize| {
        (0..count).fold(String::new(), |text, it| {
            let metric = format!("metric_{it:08}");
            text + &declaration(&metric, &[], &["tag:a".to_owned()]) + &point(&metric, "tag", "a")
        })
    };
    check(1000, metrics, summarize);
}

#[test]
fn many_submetrics_are_found_by_their_tags() {
    let values = |count: usize| {
        let submetrics: Vec<_> = (0..count).map(|it| format!("tag:value_{it:08}")).collect();
        let points = (0..count).map(|it| point("metric", "tag", &format!("value_{it:08}")));
        declaration("metric", &[], &submetrics) + &points.collect::<String>()
    };
    check(300, values, summarize);
    let names = |count: usize| {
        let submetrics: Vec<_> = (0..count).map(|it| format!("tag_{it:08}:value")).collect();
        let points = (0..count).map(|it| point("metric", &format!("tag_{it:08}"), "value"));
        declaration("metric", &[], &submetrics) + &points.collect::<String>()
    };
    check(300, names, summarize);
}

#[test]
fn many_thresholds_are_judged_one_by_one() {
    let declared = |count: usize| {
        let thresholds: Vec<_> = (0..count).map(|it| format!("p(50.{it:08})<500")).collect();
        declaration("metric", &thresholds, &[]) + &point("metric", "tag", "a")
    };
    check(1000, declared, summarize);
    let written = |count: usize| {
        let mut figures = String::from(r#"{"root_group":{},"metrics":{"metric":{"#);
        for it in 0..count {
            write!(figures, r#""p(50.{it:08})":{it},"#).unwrap();
        }
        figures += r#""thresholds":{"#;
        for it in 0..count {
            write!(figures, r#""p(50.{it:08})<500":true,"#).unwrap();
        }
        figures.trim_end_matches(',').to_owned() + "}}}}"
    };
    check(1000, written, |json| {
        let summary: Summary = json.parse().unwrap();
        judge(&measurement(Some(&summary)));
    });
}
