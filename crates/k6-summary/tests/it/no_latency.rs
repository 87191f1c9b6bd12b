//! Where no latency was measured, nothing passes, and every rate is over its own samples.

use crate::{measurement, summary};
use k6_summary::{Scenario, Summary, Verdict, judge};
use serde_json::{Value, json};

const TRENDS: [&str; 2] = ["http_req_duration{expected_response:true}", "mcp_call_duration"];

/// An export with these metrics beside requests of which none failed.
fn export(metrics: &[(&str, Value)]) -> Summary {
    let mut all = json!({
        "http_reqs": { "count": 1000, "rate": 100 },
        "http_req_failed": { "passes": 0, "fails": 1000, "value": 0 },
    });
    for (name, it) in metrics {
        all[*name] = it.clone();
    }
    json!({ "root_group": {}, "metrics": all }).to_string().parse().unwrap()
}

fn judged(metrics: &[(&str, Value)]) -> Scenario {
    judge(&measurement(Some(&export(metrics))))
}

#[test]
fn a_trend_that_is_gone_or_has_no_percentile_does_not_pass() {
    let calls = ("mcp_calls", json!({ "count": 1000, "rate": 100 }));
    for trend in TRENDS {
        let with = |it: Option<Value>| -> Scenario {
            let ours = trend.starts_with("mcp").then(|| calls.clone());
            let trend = it.map(|it| (trend, it));
            judged(&ours.into_iter().chain(trend).collect::<Vec<_>>())
        };
        for (it, why) in [
            (None, "the summary has no "),
            (Some(json!({ "avg": 12, "max": 90 })), "the summary has no percentile of "),
            (Some(json!({ "avg": 12, "p(95)": null })), "the summary has no percentile of "),
            (Some(json!({ "count": 0, "avg": 0, "p(95)": 0 })), "has no sample"),
        ] {
            let scenario = with(it.clone());
            assert_eq!(scenario.verdict, Verdict::Invalid, "{trend} {it:?}");
            let reason = &scenario.reasons[0];
            assert!(reason.starts_with("no latency was measured: "), "{reason}");
            assert!(reason.contains(why) && reason.contains(trend), "{reason}");
        }
        for known in ["med", "p(90)", "p(95)", "p(99)"] {
            let scenario = with(Some(json!({ known: 10 })));
            assert_eq!(scenario.verdict, Verdict::Passed, "{known}: {:?}", scenario.reasons);
        }
    }
}

#[test]
fn what_failed_altogether_has_one_reason() {
    let failed = json!({ "passes": 1000, "fails": 0, "value": 1 });
    let scenario = judged(&[("http_req_failed", failed)]);
    assert_eq!(scenario.reasons.len(), 1, "{:?}", scenario.reasons);
}

#[test]
fn requests_that_k6_did_not_judge_are_in_no_rate() {
    let latency = json!({ "med": 10, "p(95)": 20, "p(99)": 30, "count": 45 });
    let rate = json!({ "passes": 5, "fails": 45, "value": 0.1 });
    let scenario = judged(&[("http_req_failed", rate), (TRENDS[0], latency.clone())]);
    assert_eq!((scenario.calls, scenario.error_rate), (Some(1000), Some(0.1)));
    assert_eq!((scenario.throughput, scenario.successes()), (None, Some(45)));
    let reason = "5 of 50 calls that k6 judged failed (10 %), above the limit of 5 %";
    assert_eq!(scenario.reasons, [reason]);
    assert!(scenario.notes[0].starts_with("50 of 1,000 calls were judged by k6"));
    // All of them judged, the trend still says itself what it stands on.
    let scenario = judged(&[(TRENDS[0], latency)]);
    assert_eq!((scenario.throughput, scenario.successes()), (Some(100.0), Some(45)));
}

#[test]
fn a_part_by_scenario_has_the_latency_of_its_successful_calls_alone() {
    let (all, good) = (json!({ "med": 1, "count": 90 }), json!({ "med": 2, "count": 80 }));
    let failed = json!({ "passes": 10, "fails": 990, "value": 0.01 });
    let whole = (TRENDS[0], json!({ "med": 2, "p(95)": 3, "count": 990 }));
    let p50 = |metrics: &[(&str, Value)]| {
        let by = judged(&[std::slice::from_ref(&whole), metrics].concat()).by;
        by.iter().map(|it| (it.tags["scenario"].clone(), it.latency_ms.p50)).collect::<Vec<_>>()
    };
    let of = |it| vec![("browse".to_owned(), Some(it))];
    let (mixed, precise) = (
        ("http_req_duration{scenario:browse}", all),
        ("http_req_duration{expected_response:true,scenario:browse}", good),
    );
    assert_eq!(
        p50(std::slice::from_ref(&mixed)),
        of(1.0),
        "none failed, so that all are successful"
    );
    assert_eq!(p50(&[mixed.clone(), ("http_req_failed", failed.clone())]), []);
    assert_eq!(p50(&[mixed, precise, ("http_req_failed", failed)]), of(2.0));
}

#[test]
fn a_unit_is_what_k6_says_and_never_what_a_name_suggests() {
    let threshold = |kind: &str, contains: &str, values: Value, source: &str| {
        let it = json!({ "type": kind, "contains": contains, "values": values,
            "thresholds": { source: { "ok": true } } });
        let text = json!({ "root_group": {}, "metrics": { "wait_duration": it } }).to_string();
        judge(&measurement(Some(&text.parse().unwrap()))).targets.remove(0).unit
    };
    let trend = || json!({ "avg": 3, "p(95)": 6, "count": 5 });
    for (unit, expected) in [("time", Some("ms")), ("data", Some("B")), ("default", None)] {
        let found = threshold("trend", unit, trend(), "p(95)<9");
        assert_eq!(found.as_deref(), expected, "{unit}");
        assert_eq!(threshold("trend", unit, trend(), "count<9"), None);
    }
    let counter = || json!({ "count": 5, "rate": 1 });
    assert_eq!(threshold("counter", "data", counter(), "rate<9").as_deref(), Some("B/s"));
    assert_eq!(threshold("counter", "default", counter(), "count<9"), None);
    assert_eq!(threshold("rate", "time", json!({ "passes": 1, "fails": 1 }), "rate<9"), None);
    // The export says it of no metric, and only k6's own are known.
    let flat = r#"{"root_group":{},"metrics":{
        "wait_duration":{"avg":3,"thresholds":{"avg<9":false}},
        "http_req_waits":{"avg":3,"thresholds":{"avg<9":false}},
        "http_req_waiting":{"avg":3,"thresholds":{"avg<9":false}}}}"#;
    let targets = judge(&measurement(Some(&flat.parse().unwrap()))).targets;
    let units: Vec<_> = targets.iter().map(|it| (it.name.as_str(), it.unit.as_deref())).collect();
    let expected = [
        ("http_req_waiting avg", Some("ms")),
        ("http_req_waits avg", None),
        ("wait_duration avg", None),
    ];
    assert_eq!(units, expected);
}

#[test]
fn checks_are_counted_by_name_in_every_format() {
    let checked = |it: &Summary| judge(&measurement(Some(it))).checks;
    let points = crate::points::whole(&crate::fixture("points.ndjson"));
    let (own, ours) = (checked(&summary("points-summary.json")), checked(&points));
    assert_eq!(own, ours);
    let checks = own.unwrap();
    assert_eq!((checks.passed, checks.failed, checks.failing["half"]), (6, 2, 2));
    let grouped = r#"{"metrics":{},"root_group":{"groups":[{"groups":[],"checks":[
        {"name":"a","passes":1,"fails":2}]}],"checks":[{"name":"a","passes":3,"fails":4}]}}"#;
    let checks = checked(&grouped.parse().unwrap()).unwrap();
    assert_eq!((checks.passed, checks.failed, checks.failing["a"]), (4, 6, 6));
    assert_eq!(checked(&summary("no-p99.json")), None);
}
