//! A threshold that nobody judged is neither kept nor crossed, in whatever file it is not.

use crate::cli::{check, path};
use crate::points::{stream, whole};
use crate::{fixture, measurement, summary};
use k6_summary::{Measurement, Points, Query, Scenario, Summary, Verdict, judge};

/// Judged without k6's exit code, as on the command line.
fn judged(summary: &Summary) -> Scenario {
    judge(&Measurement::new("mix", Some(summary)))
}

fn points(text: &str) -> Summary {
    let mut points = Points::of_run(&Query::default());
    points.read(stream(text.as_bytes())).unwrap();
    points.summary()
}

fn declared(metric: &str, kind: &str, thresholds: &str, submetrics: &str) -> String {
    format!(
        r#"{{"type":"Metric","data":{{"name":"{metric}","type":"{kind}","contains":"default","thresholds":[{thresholds}],"submetrics":[{submetrics}]}},"metric":"{metric}"}}"#
    ) + "\n"
}

fn point(metric: &str, second: f64, value: f64) -> String {
    format!(
        r#"{{"metric":"{metric}","type":"Point","data":{{"time":"2026-11-21T10:00:{second:06.3}Z","value":{value},"tags":{{"scenario":"a"}}}}}}"#
    ) + "\n"
}

#[test]
fn a_file_that_holds_no_thresholds_says_so_wherever_it_is_read() {
    for (summary, told) in [
        (whole(&fixture("points.csv")), "CSV holds no thresholds, so none was judged"),
        (
            summary("machine-readable.json"),
            "k6's machine-readable summary holds no thresholds, so none was judged",
        ),
        (whole(&fixture("points.ndjson")), "points hold no thresholds on "),
    ] {
        let scenario = judged(&summary);
        assert!(scenario.unjudged.iter().any(|it| it.starts_with(told)), "{:?}", scenario.unjudged);
        // A k6 that ended well has judged them.
        assert_eq!(judge(&measurement(Some(&summary))).unjudged, [""; 0]);
    }
    for format in ["table", "markdown", "html", "json"] {
        let args = [&path("machine-readable.json"), "--format", format];
        let (text, _) = check(&args, 0);
        assert!(text.contains("holds no thresholds, so none was judged"), "{format}: {text}");
        assert!(format == "json" || text.contains("not every threshold was judged"), "{text}");
    }
}

#[test]
fn a_rate_per_second_of_points_is_held_against_nothing() {
    let request = |second: f64| point("http_reqs", second, 1.0);
    let text = declared("http_reqs", "counter", r#""rate>1.1","count>2","count>9""#, "")
        + &[0.5, 1.5, 2.5].map(request).concat();
    let targets = judged(&points(&text)).targets;
    let met: Vec<_> = targets.iter().map(|it| (it.name.as_str(), it.limit, it.met)).collect();
    let of = |limit, met| ("http_reqs count", limit, Some(met));
    assert_eq!(met, [of(2.0, true), of(9.0, false), ("http_reqs rate", 1.1, None)]);
}

#[test]
fn a_threshold_of_points_that_nobody_understands_or_whose_samples_are_gone_is_told() {
    let text = declared("waits", "trend", r#""p(95)<fast""#, "") + &point("waits", 1.0, 5.0);
    let scenario = judged(&points(&text));
    assert_eq!(scenario.unjudged, ["the threshold waits p(95)<fast was not judged"]);

    let text = declared("waits", "trend", r#""p(95)<9""#, "")
        + &point("waits", 1.0, 5.0)
        + &declared("http_reqs", "counter", "", "")
        + &point("http_reqs", 30.0, 1.0);
    let mut query = Query::default();
    query.skip = std::time::Duration::from_secs(10);
    let mut warm = Points::of_run(&query);
    warm.read(stream(text.as_bytes())).unwrap();
    let targets = judged(&warm.summary()).targets;
    assert_eq!((targets[0].name.as_str(), targets[0].met), ("waits p95", None), "{targets:?}");
}

#[test]
fn a_part_without_samples_keeps_no_threshold() {
    let text = r#"{"root_group":{},"metrics":{
        "depth":{"value":0,"min":0,"max":0,"thresholds":{"value<5":false}},
        "depth{a:b}":{"value":0,"min":0,"max":0,"thresholds":{"value<5":false}},
        "cached{a:b}":{"passes":0,"fails":0,"value":0,"thresholds":{"rate<0.5":false}},
        "waits{a:b}":{"avg":0,"p(95)":0,"count":0,"thresholds":{"p(95)<5":false}},
        "steps{a:b}":{"avg":0,"p(95)":0,"thresholds":{"p(95)<5":false}},
        "errors{a:b}":{"count":0,"rate":0,"thresholds":{"count<1":false}}}}"#;
    let targets = judged(&text.parse().unwrap()).targets;
    let met = |name: &str| targets.iter().find(|it| it.name.starts_with(name)).unwrap().met;
    for name in ["depth{", "cached", "waits", "steps"] {
        assert_eq!(met(name), None, "{name}");
    }
    assert_eq!((met("depth value"), met("errors")), (Some(true), Some(true)), "none is a number");
}

#[test]
fn time_begins_with_the_first_request_and_is_not_known_by_whole_seconds() {
    let text = declared("http_reqs", "counter", "", "")
        + &declared("http_req_duration", "trend", "", "")
        + &point("http_req_duration", 4.0, 3000.0)
        + &[4.0, 5.0, 6.0].map(|it| point("http_reqs", it, 1.0)).concat()
        + &declared("http_req_failed", "rate", "", "")
        + &[4.0, 5.0, 6.0].map(|it| point("http_req_failed", it, 0.0)).concat();
    let mut all = Points::of_run(&Query::default());
    all.read(stream(text.as_bytes())).unwrap();
    assert_eq!(all.summary().duration_s(), Some(5.0));
    let scenario = judged(&all.summary());
    assert_eq!((scenario.throughput, scenario.approximate_rates), (Some(0.6), true));

    let csv = |unit: &str| {
        let row = |it: u32| format!("http_reqs,{it}{unit},1\nhttp_req_failed,{it}{unit},0\n");
        let rows = [1_795_283_772, 1_795_283_774].map(row).concat();
        points(&format!("metric_name,timestamp,metric_value\n{rows}"))
    };
    assert_eq!(judged(&csv("000000000")).throughput, Some(1.0));
    let whole = judged(&csv(""));
    assert_eq!((whole.throughput, whole.offered, whole.approximate_rates), (None, None, false));
    assert!(whole.notes[0].contains("K6_CSV_TIME_FORMAT"), "{:?}", whole.notes);
}

#[test]
fn no_exit_code_but_0_passes() {
    let whole = summary("legacy-export.json");
    for code in -9..=255 {
        let mut it = measurement(Some(&whole));
        it.k6_exit = Some(code);
        assert_eq!(judge(&it).verdict == Verdict::Passed, code == 0, "{code}");
    }
}

#[test]
fn the_command_line_says_what_files_cannot() {
    let whole = path("legacy-export.json");
    check(&[&whole], 0);
    let (table, _) = check(&[&whole, "--k6-exit-code", "99"], 3);
    assert!(table.contains("a threshold was crossed, and its file does not say which"), "{table}");
    check(&[&whole, "--k6-exit-code", "108"], 1);
    check(&[&whole, "--k6-exit-code", "legacy-export=0"], 0);
    let (table, _) = check(&[&whole, "--max-error-rate", "0.01"], 3);
    assert!(table.contains("4 of 200 calls failed (2 %), above the limit of 1 %"), "{table}");
    for (args, told) in [
        (vec!["--k6-exit-code", "other=0"], "names the scenario other, which is none of these"),
        (vec!["--k6-exit-code", "0"], "has to name its scenario, as in legacy-export=99"),
    ] {
        let files = [whole.clone(), path("no-p99.json")];
        let args: Vec<&str> = files.iter().map(String::as_str).chain(args).collect();
        let (_, stderr) = check(&args, 1);
        assert!(stderr.contains(told), "{stderr}");
    }
    let (table, _) = check(&[&whole, &path("no-p99.json"), "--k6-exit-code", "no-p99=99"], 3);
    assert!(table.contains("\nno-p99         failed"), "{table}");
    let (_, stderr) = check(&["merge", &path("points.ndjson"), "--k6-exit-code", "x"], 2);
    assert!(stderr.contains("an exit code is a number"), "{stderr}");
}
