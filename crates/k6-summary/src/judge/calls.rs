//! The measured calls of a scenario: how many, how many failed, how fast the others were.

use crate::record::figures::{Checks, Latency, Resources, Sessions};
use crate::record::run::{Breakdown, Scenario, Verdict};
use crate::summary::metric::{Metric, Selector, Trend, to_count};
use crate::summary::wire::{RateTime, Summary};
use std::collections::BTreeMap;

/// The names of the metrics that a scenario's calls are counted by.
struct Names {
    calls: &'static str,
    latency: &'static str,
}

const OURS: Names = Names { calls: "mcp_calls", latency: "mcp_call_duration" };

const OF_HTTP: Names =
    Names { calls: "http_reqs", latency: "http_req_duration{expected_response:true}" };

fn is_ours(summary: &Summary) -> bool {
    summary.entries().any(|(selector, _)| {
        matches!(selector.base.as_str(), "mcp_calls" | "mcp_call_duration" | "mcp_call_failures")
    })
}

fn names(summary: &Summary) -> Names {
    if is_ours(summary) { OURS } else { OF_HTTP }
}

/// The metric that has the latency of the successful calls.
pub(crate) fn latency_metric(summary: &Summary) -> &'static str {
    names(summary).latency
}

/// The failed calls by class, and how many calls were looked at for it.
pub(crate) struct Failures {
    pub(crate) by_class: BTreeMap<String, u64>,
    pub(crate) judged: u64,
}

impl Failures {
    pub(crate) fn sum(&self) -> u64 {
        sum(&self.by_class)
    }
}

/// `None` where a number of them is not known.
pub(crate) fn failures(summary: &Summary) -> Option<Failures> {
    if is_ours(summary) {
        let judged = summary.count(OURS.calls).and_then(to_count).unwrap_or(0);
        return Some(Failures { by_class: failures_by_class(summary)?, judged });
    }
    // k6 does not judge a request whose script took the callback for responses away.
    match summary.metric("http_req_failed")? {
        Metric::Rate { nonzero: 0, zero: 0 } => None,
        Metric::Rate { nonzero, zero } => {
            let failed = (*nonzero > 0).then(|| (UNCLASSIFIED.to_owned(), *nonzero));
            let judged = nonzero.saturating_add(*zero);
            Some(Failures { by_class: failed.into_iter().collect(), judged })
        }
        _ => None,
    }
}

/// The figures of a scenario; its name and verdict are for the judge to say.
pub(crate) fn measured(summary: &Summary) -> Scenario {
    let ours = is_ours(summary);
    let Names { calls: counter, latency: trend } = names(summary);
    // A script without requests has no number of them; ours count their calls.
    let is_counted = ours || summary.metric(counter).is_some();
    let calls = summary.count(counter).filter(|_| is_counted).and_then(to_count);
    let failures = failures(summary);
    let window = window(summary, counter);
    let dropped = summary.count("dropped_iterations");
    let per_second = |count: f64| window.map(|it| count / it);
    // Of calls that nobody judged, none is known to be successful.
    let all_judged = failures.as_ref().filter(|it| Some(it.judged) == calls);
    let trend = summary.trend(trend);
    Scenario {
        calls,
        error_rate: failures
            .as_ref()
            .filter(|it| it.judged > 0 && calls.is_some_and(|it| it > 0))
            .map(|it| it.sum() as f64 / it.judged as f64),
        throughput: all_judged
            .filter(|it| it.judged > 0)
            .and_then(|it| per_second(it.judged.saturating_sub(it.sum()) as f64)),
        offered: calls
            .filter(|it| *it > 0)
            .zip(dropped)
            .and_then(|(calls, dropped)| per_second(calls as f64 + dropped)),
        approximate_rates: window.is_some() && summary.rate_time == RateTime::OfPoints,
        samples: trend
            .and_then(|it| it.count)
            .or_else(|| failures.as_ref().map(|it| it.judged.saturating_sub(it.sum()))),
        by: breakdown(summary, all_judged.is_some_and(|it| it.sum() == 0)),
        failures: failures.map(|it| it.by_class).unwrap_or_default(),
        latency_ms: trend.map(latency).unwrap_or_default(),
        checks: checks(summary),
        sessions: sessions(summary),
        resources: resources(summary),
        ..Scenario::new(String::new(), Verdict::DidNotRun)
    }
}

/// How often the script's own checks held, where it has any.
fn checks(summary: &Summary) -> Option<Checks> {
    let named = summary
        .checks
        .values()
        .fold((0_u64, 0_u64), |sum, it| (sum.0.saturating_add(it.0), sum.1.saturating_add(it.1)));
    let (passed, failed) = match summary.metric("checks") {
        Some(Metric::Rate { nonzero, zero }) => (*nonzero, *zero),
        _ => named,
    };
    let failing = summary.checks.iter().filter(|it| it.1.1 > 0);
    let failing = failing.map(|(name, it)| (name.clone(), it.1)).collect();
    (passed.saturating_add(failed) > 0).then_some(Checks { passed, failed, failing })
}

/// Users and iterations, of which k6 itself knows.
fn resources(summary: &Summary) -> Option<Resources> {
    let vus = match summary.metric("vus_max")? {
        Metric::Gauge { value, max, .. } => max.or(*value).and_then(to_count),
        _ => None,
    };
    let dropped = summary.count("dropped_iterations").and_then(to_count);
    Some(Resources { vus, dropped, ..Resources::default() })
}

/// What became of the sessions, where the scripts counted them.
fn sessions(summary: &Summary) -> Option<Sessions> {
    let of =
        |event: &str| summary.count(&format!("mcp_sessions{{event:{event}}}")).and_then(to_count);
    let opened = of("opened").filter(|it| *it > 0)?;
    let (closed, lost) = (of("closed").unwrap_or(0), of("lost").unwrap_or(0));
    Some(Sessions {
        opened,
        closed,
        lost,
        left: opened.saturating_sub(closed.saturating_add(lost)),
    })
}

/// Of each rpc whose requests and calls were both counted: its name, how many k6 sent and how many were counted.
pub(crate) fn uncounted(summary: &Summary) -> Vec<(String, u64, u64)> {
    let mut uncounted = Vec::new();
    for (selector, _) in summary.entries() {
        let Some(rpc) = selector.tags.get("rpc").filter(|_| selector.tags.len() == 1) else {
            continue;
        };
        if selector.base != "mcp_calls" {
            continue;
        }
        let of = |metric: &str| summary.count(&format!("{metric}{{rpc:{rpc}}}")).and_then(to_count);
        if let (Some(sent), Some(counted)) = (of("http_reqs"), of("mcp_calls"))
            // A script whose requests have no such tag has none of them.
            && sent > 0
            && sent != counted
        {
            uncounted.push((rpc.clone(), sent, counted));
        }
    }
    uncounted
}

/// The seconds that the rate of the counter is about.
fn window(summary: &Summary, counter: &str) -> Option<f64> {
    if summary.rate_time == RateTime::Unknown {
        return None;
    }
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

/// The tags by which calls are told apart, in the order in which they are shown.
const PARTS: [&str; 4] = ["rpc", "tool", "step", "scenario"];

/// A trend of ours that is about more than one call: from opening a connection to the answered list of tools.
const COLD_START: (&str, &str) = ("mcp_cold_start_duration", "connection to tools/list");

/// The submetrics by RPC, then those by tool, by the step of a ladder, by k6's own scenarios, and a whole cold start.
///
/// Failed calls are fast, so that the latency of all calls is that of the successful ones only where `none_failed`.
fn breakdown(summary: &Summary, none_failed: bool) -> Vec<Breakdown> {
    let mut by: BTreeMap<(usize, u64, BTreeMap<String, String>), Breakdown> = BTreeMap::new();
    let names = names(summary);
    let of_latency = Selector::parse(names.latency);
    for (selector, entry) in summary.entries() {
        let of_successes = of_latency.tags.iter().all(|it| selector.tags.get(it.0) == Some(it.1));
        let mut tags = selector.tags.clone();
        tags.retain(|name, _| !of_latency.tags.contains_key(name));
        if tags.is_empty() || !tags.keys().all(|it| PARTS.contains(&it.as_str())) {
            continue;
        }
        let order = PARTS.iter().rposition(|it| tags.contains_key(*it)).unwrap_or(PARTS.len());
        // The steps of a ladder are numbers of users.
        let users = tags.get("step").and_then(|it| it.parse().ok()).unwrap_or(0);
        let key = (order, users, tags.clone());
        let part = || Breakdown::new(tags.clone());
        match &entry.metric {
            Metric::Counter { count, .. } if selector.base == names.calls => {
                by.entry(key).or_insert_with(part).calls = count.and_then(to_count);
            }
            Metric::Trend(trend)
                if selector.base == of_latency.base && (of_successes || none_failed) =>
            {
                let all = latency(trend);
                let part = by.entry(key).or_insert_with(part);
                part.samples = trend.count;
                part.latency_ms =
                    Latency { p50: all.p50, p95: all.p95, p99: all.p99, ..Latency::default() };
            }
            _ => {}
        }
    }
    let (metric, span) = COLD_START;
    let whole = summary.trend(metric).filter(|it| it.count != Some(0)).map(|trend| {
        let mut part = Breakdown::new([("span".to_owned(), span.to_owned())].into());
        let all = latency(trend);
        (part.calls, part.samples) = (trend.count, trend.count);
        part.latency_ms =
            Latency { p50: all.p50, p95: all.p95, p99: all.p99, ..Latency::default() };
        part
    });
    by.into_values().chain(whole).collect()
}
