//! A server that fails is fast, and must not pass for it.

use crate::{judged, measurement, summary};
use k6_summary::{Scenario, Summary, Verdict, judge};

#[track_caller]
fn check(scenario: &Scenario, verdict: Verdict, reason: &str) {
    assert_eq!(scenario.verdict, verdict, "{:?}", scenario.reasons);
    assert!(scenario.reasons.iter().any(|it| it == reason), "{:#?}", scenario.reasons);
}

/// A summary with these counters, in a run of 10 s, with a latency that no target minds.
fn counted(counters: &[(&str, u64)]) -> Summary {
    counted_json(counters, &[]).parse().unwrap()
}

/// The same, with counters whose counts k6 does not know.
fn counted_json(counters: &[(&str, u64)], unknown: &[&str]) -> String {
    let mut metrics = serde_json::json!({
        "mcp_call_duration": { "count": 100, "min": 1, "avg": 2, "med": 2, "max": 9, "p(95)": 5, "p(99)": 8 },
    });
    for (name, count) in counters {
        metrics[*name] = serde_json::json!({ "count": count, "rate": *count as f64 / 10.0 });
    }
    for name in unknown {
        metrics[*name] = serde_json::json!({ "count": null, "rate": null });
    }
    serde_json::json!({ "root_group": {}, "metrics": metrics }).to_string()
}

#[track_caller]
fn check_counted(counters: &[(&str, u64)], verdict: Verdict, reason: &str) {
    check(&judge(&measurement(Some(&counted(counters)))), verdict, reason);
}

#[test]
fn no_samples_are_invalid_though_k6_kept_every_threshold() {
    for name in ["zero-samples.json", "zero-samples-without-count.json"] {
        let scenario = judged(name);
        check(&scenario, Verdict::Invalid, "not one call was measured");
        assert_eq!(scenario.latency_ms.p95, None, "{name}");
        assert_eq!(scenario.error_rate, None, "{name}");
        assert_eq!(scenario.throughput, None, "{name}");
        assert!(scenario.targets.iter().all(|it| it.met.is_none() && it.measured.is_none()));
        assert_eq!(scenario.targets.len(), 2, "{name}: {:?}", scenario.targets);
    }
}

#[test]
fn an_unreachable_server_is_invalid_and_has_no_latency() {
    for name in ["unreachable-server.json", "unreachable-server-1.1.json"] {
        let scenario = judged(name);
        check(&scenario, Verdict::Invalid, "30 of 30 calls failed (100 %), above the limit of 5 %");
        assert_eq!(scenario.latency_ms.p50, None, "{name}");
        let latency =
            scenario.targets.iter().find(|it| it.name == "http_req_duration p95").unwrap();
        assert_eq!((latency.measured, latency.met), (None, None), "{name}");
    }
}

#[test]
fn a_crossed_threshold_fails_in_both_polarities() {
    for name in ["crossed-threshold.json", "crossed-threshold-handle-summary.json"] {
        let scenario = judged(name);
        check(&scenario, Verdict::Failed, "calls p95 is 189 ms, the target is < 100 ms");
        assert_eq!(scenario.reasons.len(), 1, "{name}: {:?}", scenario.reasons);
        let missed: Vec<_> = scenario.targets.iter().filter(|it| it.met == Some(false)).collect();
        assert_eq!(missed.len(), 1, "{name}");
        assert_eq!((missed[0].limit, missed[0].measured), (100.0, Some(188.75)), "{name}");
    }
}

#[test]
fn thresholds_that_never_fail_are_no_targets() {
    let names: Vec<_> =
        judged("legacy-export.json").targets.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["http_req_failed rate", "calls p95", "initialize p95"]);
}

#[test]
fn the_error_limit_is_the_profiles_own() {
    let summary = counted(&[("mcp_calls", 1000), ("mcp_call_failures", 50)]);
    let mut it = measurement(Some(&summary));
    assert_eq!(judge(&it).verdict, Verdict::Passed);
    it.limits.max_error_rate = 0.049;
    let reason = "50 of 1,000 calls failed (5 %), above the limit of 4.9 %";
    check(&judge(&it), Verdict::Invalid, reason);
}

#[test]
fn throttled_calls_and_error_envelopes_do_not_pass_for_fast_ones() {
    check_counted(
        &[
            ("mcp_calls", 100),
            ("mcp_call_failures", 51),
            ("mcp_call_failures{failure:rate_limited}", 31),
            ("mcp_call_failures{failure:tool_error}", 20),
        ],
        Verdict::Invalid,
        "51 of 100 calls were not served: 31 rate limited, 20 answered by an error envelope",
    );
}

#[test]
fn one_refused_session_is_enough() {
    check_counted(
        &[
            ("mcp_calls", 10000),
            ("mcp_call_failures", 1),
            ("mcp_call_failures{failure:too_many_sessions}", 1),
        ],
        Verdict::Invalid,
        "the server refused sessions: 1 of 10,000 calls met too_many_sessions",
    );
}

#[test]
fn more_than_a_thousandth_of_dropped_iterations_measures_the_generator() {
    let with = |dropped| {
        counted(&[
            ("mcp_calls", 999),
            ("iterations", 1000 - dropped),
            ("dropped_iterations", dropped),
        ])
    };
    assert_eq!(judge(&measurement(Some(&with(1)))).verdict, Verdict::Passed);
    check(
        &judge(&measurement(Some(&with(2)))),
        Verdict::Invalid,
        "k6 dropped 2 iterations (0.2 %): it had no free VU, so the generator was measured",
    );
}

#[test]
fn offered_load_counts_what_was_dropped() {
    let summary = counted(&[
        ("mcp_calls", 100),
        ("mcp_call_failures", 4),
        ("iterations", 100),
        ("dropped_iterations", 20),
    ]);
    let scenario = judge(&measurement(Some(&summary)));
    assert_eq!((scenario.throughput, scenario.offered), (Some(9.6), Some(12.0)));
    assert_eq!(scenario.failures["unclassified"], 4);
}

#[test]
fn a_busy_generator_and_an_expired_token_are_invalid() {
    let summary = counted(&[("mcp_calls", 100)]);
    let mut it = measurement(Some(&summary));
    (it.conditions.k6_cpu_share, it.conditions.token_expired) = (Some(0.7), Some(false));
    assert_eq!(judge(&it).verdict, Verdict::Passed);
    (it.conditions.k6_cpu_share, it.conditions.token_expired) = (Some(0.81), Some(true));
    let scenario = judge(&it);
    check(&scenario, Verdict::Invalid, "the token expired before the last call");
    let busy = "k6 took 81 % of the machine, above 70 %, so the generator was measured";
    check(&scenario, Verdict::Invalid, busy);
}

#[test]
fn failures_that_nobody_counted_are_no_reason_to_pass() {
    let json = r#"{"root_group":{},"metrics":{"http_reqs":{"count":5,"rate":1}}}"#;
    let summary: Summary = json.parse().unwrap();
    let reason = "how many calls failed was not measured: the summary has no number of mcp_call_failures or http_req_failed";
    check(&judge(&measurement(Some(&summary))), Verdict::Invalid, reason);
}

#[test]
fn a_count_that_k6_does_not_know_is_never_zero() {
    let whole = [
        ("mcp_calls", 100),
        ("mcp_calls{tool:a}", 60),
        ("mcp_call_failures", 3),
        ("mcp_call_failures{failure:network}", 3),
        ("iterations", 1000),
        ("dropped_iterations", 1),
    ];
    let without = |name: &str| -> Scenario {
        let known: Vec<_> = whole.into_iter().filter(|it| it.0 != name).collect();
        // As k6 writes a counter that was given Infinity.
        let json = counted_json(&known, &[name]);
        judge(&measurement(Some(&json.parse().unwrap())))
    };
    let unknown = |what: &str, of: &str| {
        format!("how many {what} was not measured: the summary has no number of {of}")
    };
    let scenario = without("mcp_calls");
    check(&scenario, Verdict::Invalid, &unknown("calls were made", "mcp_calls or http_reqs"));
    assert_eq!((scenario.calls, scenario.error_rate, scenario.throughput), (None, None, None));
    let calls_failed = unknown("calls failed", "mcp_call_failures or http_req_failed");
    for name in ["mcp_call_failures", "mcp_call_failures{failure:network}"] {
        let scenario = without(name);
        check(&scenario, Verdict::Invalid, &calls_failed);
        assert_eq!((scenario.calls, scenario.error_rate), (Some(100), None));
        assert_eq!((scenario.throughput, scenario.offered), (None, Some(10.1)));
    }
    let dropped = unknown("iterations found no free VU", "iterations or dropped_iterations");
    let scenario = without("dropped_iterations");
    check(&scenario, Verdict::Invalid, &dropped);
    assert_eq!((scenario.throughput, scenario.offered), (Some(9.7), None));
    check(&without("iterations"), Verdict::Invalid, &dropped);
    let scenario = without("mcp_calls{tool:a}");
    assert_eq!((scenario.verdict, scenario.by[0].calls), (Verdict::Passed, None));
}

#[test]
fn the_exit_code_of_k6_is_explained() {
    #[track_caller]
    fn check_exit(code: Option<i32>, summary: Option<&Summary>, verdict: Verdict, reason: &str) {
        let mut it = measurement(summary);
        it.k6_exit = code;
        let scenario = judge(&it);
        check(&scenario, verdict, reason);
    }
    let whole = summary("legacy-export.json");
    let did_not_run = Verdict::DidNotRun;
    check_exit(
        Some(104),
        None,
        did_not_run,
        "k6 ended with exit code 104: its options are wrong, for example an unknown executor or a threshold on an unknown metric",
    );
    check_exit(
        Some(105),
        Some(&whole),
        did_not_run,
        "k6 ended with exit code 105: it was interrupted",
    );
    check_exit(
        Some(107),
        None,
        did_not_run,
        "k6 ended with exit code 107: the script threw an exception or imports what is not there",
    );
    check_exit(
        Some(108),
        Some(&whole),
        did_not_run,
        "k6 ended with exit code 108: the script called exec.test.abort()",
    );
    check_exit(
        Some(255),
        None,
        did_not_run,
        "k6 ended with exit code 255: a flag is wrong, the script is missing or an output cannot be opened",
    );
    check_exit(
        Some(42),
        None,
        did_not_run,
        "k6 ended with exit code 42: a code that k6 does not document; its log says more",
    );
    check_exit(Some(0), None, did_not_run, "k6 left no summary, though its exit code was 0");
    check_exit(None, None, did_not_run, "k6 left no summary: it was not started or was killed");
    check_exit(
        Some(99),
        Some(&whole),
        Verdict::Failed,
        "k6 ended with exit code 99: a threshold was crossed, and its file does not say which",
    );
    check_exit(
        Some(110),
        Some(&whole),
        Verdict::Failed,
        "k6 ended with exit code 110: the script called exec.test.fail()",
    );
}

#[test]
fn verdicts_go_from_good_to_bad() {
    assert!(Verdict::Passed < Verdict::Failed);
    assert!(Verdict::Failed < Verdict::Invalid);
    assert!(Verdict::Invalid < Verdict::DidNotRun);
    assert_eq!(Verdict::worst(&[]), Verdict::DidNotRun);
    assert_eq!(serde_json::to_string(&Verdict::DidNotRun).unwrap(), r#""did_not_run""#);
}

#[test]
fn what_k6_sent_and_what_was_counted_agree() {
    let agreeing = [("mcp_calls", 100), ("mcp_call_failures", 0), ("http_reqs{rpc:ping}", 100)];
    let calls = |sent| {
        let mut counters = agreeing.to_vec();
        counters.extend([("mcp_calls{rpc:ping}", 100), ("http_reqs{rpc:ping}", sent)]);
        judge(&measurement(Some(&counted(&counters))))
    };
    assert_eq!(calls(100).verdict, Verdict::Passed);
    check(&calls(103), Verdict::Invalid, "k6 sent 103 ping and 100 were counted");
}

#[test]
fn an_exception_is_no_pass_and_is_told() {
    let summary = counted(&[("mcp_calls", 100), ("mcp_call_failures", 0), ("mcp_exceptions", 2)]);
    let mut it = measurement(Some(&summary));
    check(&judge(&it), Verdict::Invalid, "2 iterations ended with an exception");
    it.exceptions = Some((3, "Error: my own mistake"));
    let told = "3 iterations ended with an exception: Error: my own mistake";
    check(&judge(&it), Verdict::Invalid, told);
    it.exceptions = Some((0, ""));
    check(&judge(&it), Verdict::Invalid, "2 iterations ended with an exception");
    let summary = counted(&[("mcp_calls", 100), ("mcp_call_failures", 0), ("mcp_exceptions", 0)]);
    it.summary = Some(&summary);
    assert_eq!(judge(&it).verdict, Verdict::Passed);
}

#[test]
fn where_nothing_succeeded_there_is_no_pass_whatever_the_limit() {
    let summary = r#"{"root_group": {}, "metrics": {
        "mcp_calls": {"count": 15, "rate": 1}, "mcp_call_failures": {"count": 15, "rate": 1},
        "mcp_call_duration": {"count": 0, "p(95)": 0}}}"#;
    let summary: Summary = summary.parse().unwrap();
    let mut it = measurement(Some(&summary));
    it.limits.max_error_rate = 1.0;
    let reason = "no latency was measured: mcp_call_duration has no sample";
    check(&judge(&it), Verdict::Invalid, reason);
}

#[test]
fn where_any_token_is_accepted_no_authentication_was_measured() {
    let summary = counted(&[("mcp_calls", 100), ("mcp_call_failures", 0)]);
    let mut it = measurement(Some(&summary));
    it.conditions.any_token_accepted = Some(true);
    check(&judge(&it), Verdict::Invalid, "any token is accepted: a broken one was let in too");
}

#[test]
fn sessions_that_were_left_open_are_told_and_no_failure() {
    let events = ["opened", "closed", "lost"].map(|it| format!("mcp_sessions{{event:{it}}}"));
    let mut counters = vec![("mcp_calls", 100), ("mcp_call_failures", 0)];
    counters.extend(events.iter().map(String::as_str).zip([10, 7, 1]));
    let scenario = judge(&measurement(Some(&counted(&counters))));
    assert_eq!(scenario.verdict, Verdict::Passed);
    assert_eq!(scenario.notes, ["2 of 10 sessions were not closed"]);
    assert_eq!(scenario.sessions.unwrap().left, 2);
}
