//! What is asked of samples.

use crate::intake::series_key::SeriesKey;
use crate::summary::metric::Selector;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Which samples are taken, and how they are kept apart.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Query {
    /// A metric or a part of it, such as `http_req_duration{expected_response:true}`; `None` is
    /// every metric.
    pub metric: Option<String>,
    /// Names of tags; samples with different values are kept apart.
    pub group_by: Vec<String>,
    /// The warm-up: points before this time are left out. It is counted from the first point of
    /// a scenario in each file; where none is found, that is an error, as it is with windows.
    pub skip: Duration,
    /// Samples of different windows of this length are kept apart.
    pub window: Option<Duration>,
    /// Keep histograms in place of samples: little memory, figures within 0.1 %.
    pub hdr: bool,
    /// Pass over what is no point of k6 with a notice in place of an error.
    pub lenient: bool,
    /// How many threads read NDJSON; more than two are of no use.
    pub threads: usize,
}

impl Query {
    /// Every sample of one metric or submetric.
    pub fn of(metric: impl Into<String>) -> Self {
        Self { metric: Some(metric.into()), ..Self::default() }
    }
}

impl Default for Query {
    /// Every sample of every metric, exactly, on two threads; the first flaw is an error.
    fn default() -> Self {
        Self {
            metric: None,
            group_by: Vec::new(),
            skip: Duration::ZERO,
            window: None,
            hdr: false,
            lenient: false,
            threads: 2,
        }
    }
}

/// A query made ready.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) metric: Option<Selector>,
    pub(crate) group_by: BTreeSet<String>,
    /// Nanoseconds, as is the window. Without a warm-up nothing is too early.
    pub(crate) skip: i64,
    pub(crate) window: Option<i64>,
    pub(crate) hdr: bool,
    pub(crate) lenient: bool,
    pub(crate) threads: usize,
    pub(crate) sorters: usize,
    /// What a summary says is asked: every metric, its submetrics and the time it all took.
    pub(crate) for_summary: bool,
}

impl Plan {
    pub(crate) fn new(query: &Query, for_summary: bool) -> Self {
        let nanos = |it: Duration| i64::try_from(it.as_nanos()).unwrap_or(i64::MAX);
        Self {
            metric: query.metric.as_deref().map(Selector::parse),
            group_by: query.group_by.iter().cloned().collect(),
            skip: if query.skip.is_zero() { i64::MIN } else { nanos(query.skip) },
            window: query.window.map(|it| nanos(it).max(1)),
            hdr: query.hdr,
            lenient: query.lenient,
            // A metric's declaration has to be known before its points are read.
            threads: if for_summary { 1 } else { query.threads.clamp(1, 64) },
            sorters: query.threads.clamp(1, 2),
            for_summary,
        }
    }

    /// Whether the timestamp of a point matters.
    pub(crate) fn timed(&self) -> bool {
        self.for_summary || self.since_start()
    }

    /// Whether the timestamp of the first point of a scenario matters.
    pub(crate) fn since_start(&self) -> bool {
        self.skip > i64::MIN || self.window.is_some()
    }

    /// Whether samples with these tags are taken.
    pub(crate) fn wants(&self, key: &SeriesKey) -> bool {
        // A histogram may itself be of a part of a metric.
        let of = Selector::parse(&key.metric);
        self.metric.as_ref().is_none_or(|it| {
            let has = |tags: &BTreeMap<String, String>, (name, value): (&String, &String)| {
                tags.get(name) == Some(value)
            };
            it.base == of.base
                && of.tags.iter().all(|tag| has(&it.tags, tag))
                && it.tags.iter().all(|tag| has(&of.tags, tag) || has(&key.tags, tag))
        })
    }

    /// By which tags a summary divides a metric.
    pub(crate) fn division(&self, metric: &str, submetrics: &BTreeSet<String>) -> BTreeSet<String> {
        let mut tags: BTreeSet<String> =
            breakdown_tags(metric).iter().map(|it| (*it).to_owned()).collect();
        tags.extend(submetrics.iter().flat_map(|it| Selector::parse(it).tags.into_keys()));
        tags
    }
}

/// The tags whose values a summary of our own metrics needs, be there thresholds on them or not.
pub(crate) fn breakdown_tags(metric: &str) -> &'static [&'static str] {
    match metric {
        "mcp_calls" | "mcp_call_duration" => &["rpc", "tool"],
        "mcp_call_failures" => &["failure"],
        "http_req_duration" => &["expected_response"],
        "checks" => &["check"],
        _ => &[],
    }
}
