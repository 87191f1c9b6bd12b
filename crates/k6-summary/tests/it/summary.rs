//! Six files of two versions of k6 in three formats, all of the same script: one reading.

use crate::{judged, summary};
use k6_summary::{Error, Metric, Summary, Verdict};
use std::collections::BTreeMap;

/// What every format of `tests/k6/calls.js` says; `p99` is absent from the machine-readable one.
#[track_caller]
fn check(name: &str, p99: Option<f64>) {
    let scenario = judged(name);
    assert_eq!(scenario.verdict, Verdict::Passed, "{name}: {:?}", scenario.reasons);
    assert_eq!(scenario.calls, Some(200), "{name}");
    assert_eq!(scenario.error_rate, Some(0.02), "{name}");
    assert_eq!(scenario.latency_ms.min, Some(0.5), "{name}");
    assert_eq!(scenario.latency_ms.p50, Some(99.5), "{name}");
    assert_eq!(scenario.latency_ms.p95, Some(188.75), "{name}");
    assert_eq!(scenario.latency_ms.p99, p99, "{name}");
    assert_eq!(scenario.latency_ms.max, Some(198.5), "{name}");
    let (throughput, offered) = (scenario.throughput.unwrap(), scenario.offered.unwrap());
    assert!((throughput / offered - 0.98).abs() < 1e-12, "{name}: {throughput} of {offered}");
}

#[test]
fn the_export_of_both_versions_reads_the_same() {
    check("legacy-export.json", Some(196.55));
    check("legacy-export-1.1.json", Some(196.55));
}

#[test]
fn the_object_of_handle_summary_reads_the_same() {
    check("handle-summary.json", Some(196.55));
    check("handle-summary-1.1.json", Some(196.55));
}

#[test]
fn the_machine_readable_summary_reads_the_same_without_p99() {
    check("machine-readable.json", None);
    check("machine-readable-handle-summary.json", None);
}

#[test]
fn failures_are_counted_by_class_and_calls_by_tool() {
    for name in ["legacy-export.json", "handle-summary-1.1.json", "machine-readable.json"] {
        let scenario = judged(name);
        assert_eq!(scenario.failures, BTreeMap::from([("rate_limited".to_owned(), 4)]), "{name}");
        let parts: Vec<_> = scenario
            .by
            .iter()
            .map(|it| (it.tags.values().next().unwrap().as_str(), it.calls, it.latency_ms.p50))
            .collect();
        let expected = [
            ("initialize", None, None),
            ("tools/call", Some(200), Some(99.5)),
            ("executeSQL", Some(100), Some(99.5)),
        ];
        assert_eq!(parts, expected, "{name}");
    }
}

#[test]
fn a_submetric_is_found_however_its_script_spells_it() {
    let summary = summary("legacy-export.json");
    let p95 = summary.trend("mcp_call_duration{rpc:tools/call}").unwrap().percentile(95.0);
    assert_eq!(p95, Some(188.75));
    assert!(summary.trend("mcp_call_duration{rpc:\"tools/call\"}").is_some());
    assert!(summary.trend("mcp_call_duration{rpc:tools/list}").is_none());
}

#[test]
fn gauges_and_rates_keep_their_meaning() {
    for name in ["legacy-export-1.1.json", "handle-summary.json", "machine-readable.json"] {
        let summary = summary(name);
        let rate = Metric::Rate { nonzero: 50, zero: 150 };
        assert_eq!(summary.metric("cached"), Some(&rate), "{name}");
        let failed = Metric::Rate { nonzero: 0, zero: 200 };
        assert_eq!(summary.metric("http_req_failed"), Some(&failed), "{name}");
        assert!(matches!(summary.metric("depth"), Some(Metric::Gauge { value: Some(199.0), .. })));
        let seconds = summary.duration_s().unwrap();
        assert!((0.1..60.0).contains(&seconds), "{name}: {seconds}");
    }
}

#[test]
fn a_percentile_that_k6_was_not_asked_for_is_not_there() {
    let scenario = judged("no-p99.json");
    assert_eq!(scenario.latency_ms.p99, None);
    assert!(scenario.latency_ms.p50.is_some_and(|it| it > 0.0));
    assert_eq!(scenario.calls, Some(30));
}

#[test]
fn a_null_is_not_measured() {
    for name in ["null-figures.json", "null-figures-handle-summary.json"] {
        let summary = summary(name);
        let trend = summary.trend("sizes").unwrap();
        assert_eq!((trend.count, trend.min, trend.max), (Some(3), Some(0.5), None), "{name}");
        assert_eq!((trend.percentile(50.0), trend.percentile(95.0)), (Some(2.5), None), "{name}");
    }
    // Asked for `avg,p(95)` alone, k6 writes the others as null.
    let summary = summary("null-figures-machine-readable.json");
    let sizes = summary.trend("sizes").unwrap();
    assert_eq!((sizes.avg, sizes.max, sizes.percentile(95.0)), (None, None, None));
    let duration = summary.trend("iteration_duration").unwrap();
    assert_eq!((duration.max, duration.percentile(50.0)), (None, None));
    assert!(duration.avg.is_some() && duration.percentile(95.0).is_some());
}

#[test]
fn a_number_that_is_not_there_is_no_zero() {
    let read = |metric: &str| -> Result<Summary, Error> {
        format!(r#"{{"root_group":{{}},"metrics":{{"m":{metric}}}}}"#).parse()
    };
    let counter = Metric::Counter { count: None, rate: None };
    for json in [
        r#"{"count":null,"rate":null}"#,
        r#"{"type":"counter","values":{"count":null,"rate":null}}"#,
        r#"{"type":"counter","values":{}}"#,
    ] {
        assert_eq!(read(json).unwrap().metric("m"), Some(&counter), "{json}");
    }
    for trend in [r#"{"count":null,"avg":2}"#, r#"{"count":-1,"avg":2}"#] {
        let summary = read(trend).unwrap();
        assert_eq!(summary.trend("m").map(|it| (it.count, it.avg)), Some((None, Some(2.0))));
    }
    for json in [
        r#"{"passes":null,"fails":2,"value":0}"#,
        r#"{"passes":2,"fails":-2,"value":0}"#,
        r#"{"type":"rate","values":{"rate":0.5}}"#,
        r#"{"type":"rate","values":{"matches":3,"total":2}}"#,
    ] {
        let error = read(json).unwrap_err();
        assert_eq!(error.to_string(), "the metric m is not as k6 writes it", "{json}");
    }
}

#[test]
fn a_byte_order_mark_does_not_matter() {
    let json =
        format!("\u{feff}{}", std::fs::read_to_string(crate::fixture("no-p99.json")).unwrap());
    assert!(json.parse::<Summary>().is_ok());
}

#[test]
fn what_is_no_summary_is_refused_with_the_reason() {
    #[track_caller]
    fn check(json: &str, expected: fn(&Error) -> bool) {
        let error = json.parse::<Summary>().unwrap_err();
        assert!(expected(&error), "{json}: {error:?}");
    }
    check("", |it| matches!(it, Error::Empty));
    check(" \n", |it| matches!(it, Error::Empty));
    check("k6 v2.2.0", |it| matches!(it, Error::Json(_)));
    check(r#"{"metrics":{"#, |it| matches!(it, Error::Json(_)));
    check(r#"{"root_group":{},"metrics":{"t":{"avg":1e400}}}"#, |it| matches!(it, Error::Json(_)));
    check("[]", |it| matches!(it, Error::NotASummary));
    check("3", |it| matches!(it, Error::NotASummary));
    check(r#"{"metrics":{"cpu":{"value":3}}}"#, |it| matches!(it, Error::NotASummary));
    check(r#"{"root_group":{},"metrics":[]}"#, |it| matches!(it, Error::NotASummary));
    check(r#"{"root_group":{},"metrics":{"t":3}}"#, |it| matches!(it, Error::Metric { .. }));
    check(
        r#"{"root_group":{},"metrics":{"t":{"avg":"fast"}}}"#,
        |it| matches!(it, Error::Metric { metric, .. } if metric == "t"),
    );
    check(
        r#"{"version":"2.0.0","results":{"metrics":[]}}"#,
        |it| matches!(it, Error::UnknownVersion { version } if version == "2.0.0"),
    );
    let point = r#"{"metric":"http_reqs","type":"Point","data":{"value":1}}"#;
    check(point, |it| matches!(it, Error::Points));
    check(&format!("{point}\n{point}\n"), |it| matches!(it, Error::Points));
}
