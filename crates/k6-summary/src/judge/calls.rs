//! The measured calls of a scenario: how many, how many failed, how fast the others were.

use crate::record::run::{Breakdown, Latency, Scenario, Verdict};
use crate::summary::metric::{Metric, Trend, to_count};
use crate::summary::wire::Summary;
use std::collections::BTreeMap;

/// The figures of a scenario; its name and verdict are for the judge to say.
pub(crate) fn measured(summary: &Summary) -> Scenario {
    let ours = summary.entries().any(|(selector, _)| {
        matches!(selector.base.as_str(), "mcp_calls" | "mcp_call_duration" | "mcp_call_failures")
    });
    let (counter, trend, failures) = if ours {
        ("mcp_calls", "mcp_call_duration", failures_by_class(summary))
    } else {
        ("http_reqs", "http_req_duration{expected_response:true}", failed_requests(summary))
    };
    // A script without requests has no number of them; ours count their calls.
    let is_counted = ours || summary.metric(counter).is_some();
    let calls = summary.count(counter).filter(|_| is_counted).and_then(to_count);
    let failed = failures.as_ref().map(sum);
    let window = window(summary, counter);
    let dropped = summary.count("dropped_iterations");
    let per_second = |count: f64| window.map(|it| count / it);
    Scenario {
        calls,
        error_rate: calls
            .filter(|it| *it > 0)
            .zip(failed)
            .map(|(calls, failed)| failed as f64 / calls as f64),
        throughput: calls
            .zip(failed)
            .filter(|it| it.0 > 0)
            .and_then(|(calls, failed)| per_second(calls.saturating_sub(failed) as f64)),
        offered: calls
            .filter(|it| *it > 0)
            .zip(dropped)
            .and_then(|(calls, dropped)| per_second(calls as f64 + dropped)),
        failures: failures.unwrap_or_default(),
        latency_ms: summary.trend(trend).map(latency).unwrap_or_default(),
        by: if ours { breakdown(summary) } else { Vec::new() },
        ..Scenario::new(String::new(), Verdict::DidNotRun)
    }
}

/// The seconds that the rate of the counter is about.
fn window(summary: &Summary, counter: &str) -> Option<f64> {
    match summary.metric(counter) {
        Some(Metric::Counter { count: Some(count), rate: Some(rate) }) if *rate > 0.0 => {
            Some(count / rate)
        }
        _ => summary.duration_s().filter(|it| *it > 0.0),
    }
}

/// The counted failures, by their class; `None` where a number of them is not known.
fn failures_by_class(summary: &Summary) -> Option<BTreeMap<String, u64>> {
    let mut failures = BTreeMap::new();
    for (selector, entry) in summary.entries() {
        if selector.base == "mcp_call_failures"
            && selector.tags.len() == 1
            && let Some(class) = selector.tags.get("failure")
            && let Metric::Counter { count, .. } = entry.metric
        {
            failures.insert(class.clone(), to_count(count?)?);
        }
    }
    failures.retain(|_, count| *count > 0);
    let all = to_count(summary.count("mcp_call_failures")?)?;
    let unclassified = all.saturating_sub(sum(&failures));
    if unclassified > 0 {
        failures.insert(UNCLASSIFIED.to_owned(), unclassified);
    }
    Some(failures)
}

fn sum(failures: &BTreeMap<String, u64>) -> u64 {
    failures.values().fold(0, |sum, it| sum.saturating_add(*it))
}

/// Failures whose class the summary does not tell.
const UNCLASSIFIED: &str = "unclassified";

fn failed_requests(summary: &Summary) -> Option<BTreeMap<String, u64>> {
    match summary.metric("http_req_failed")? {
        Metric::Rate { nonzero: 0, zero: 0 } => None,
        Metric::Rate { nonzero: 0, .. } => Some(BTreeMap::new()),
        Metric::Rate { nonzero, .. } => Some(BTreeMap::from([(UNCLASSIFIED.to_owned(), *nonzero)])),
        _ => None,
    }
}

fn latency(trend: &Trend) -> Latency {
    Latency {
        min: trend.min,
        avg: trend.avg,
        p50: trend.percentile(50.0),
        p90: trend.percentile(90.0),
        p95: trend.percentile(95.0),
        p99: trend.percentile(99.0),
        max: trend.max,
    }
}

/// The submetrics by RPC, then those by tool.
fn breakdown(summary: &Summary) -> Vec<Breakdown> {
    let mut by: BTreeMap<(usize, &BTreeMap<String, String>), Breakdown> = BTreeMap::new();
    for (selector, entry) in summary.entries() {
        let tags = &selector.tags;
        if tags.is_empty() || !tags.keys().all(|it| it == "rpc" || it == "tool") {
            continue;
        }
        let unmeasured =
            || Breakdown { tags: tags.clone(), calls: None, latency_ms: Latency::default() };
        let order = (usize::from(tags.contains_key("tool")), tags);
        match (selector.base.as_str(), &entry.metric) {
            ("mcp_calls", Metric::Counter { count, .. }) => {
                by.entry(order).or_insert_with(unmeasured).calls = count.and_then(to_count);
            }
            ("mcp_call_duration", Metric::Trend(trend)) => {
                let all = latency(trend);
                by.entry(order).or_insert_with(unmeasured).latency_ms =
                    Latency { p50: all.p50, p95: all.p95, p99: all.p99, ..Latency::default() };
            }
            _ => {}
        }
    }
    by.into_values().collect()
}
