//! How the samples of one metric and group are distributed.

use crate::intake::query::Plan;
use crate::intake::series_key::SeriesKey;
use crate::tally::samples::Samples;
use crate::tally::totals::{Aggregate, Totals};
use serde::Serialize;
use std::collections::BTreeMap;

/// The samples of one metric that have the same tags: how many, and how large.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Distribution {
    /// With the tags that were asked for, such as `http_req_duration{expected_response:true}`.
    pub metric: String,
    /// The tags that were grouped by, without those that these samples do not have.
    pub tags: BTreeMap<String, String>,
    /// When its window begins, in seconds from the start, where there are windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_s: Option<f64>,
    pub count: u64,
    pub min: f64,
    pub avg: f64,
    pub max: f64,
    /// Each percentile asked for, 0 to 100, with its value.
    pub percentiles: Vec<(f64, f64)>,
    /// Whether the percentiles are those of the samples; else they come from a histogram of three
    /// significant digits and are within 0.1 %, or half a millionth where that is more.
    pub exact: bool,
}

impl Distribution {
    pub(crate) fn of(
        totals: &Totals,
        plan: &Plan,
        (key, aggregate): (&SeriesKey, &Aggregate),
        percentiles: &[f64],
    ) -> Option<Self> {
        let sums = totals.sums(aggregate);
        if sums.count == 0 {
            return None;
        }
        let from_s = match (key.window, plan.window) {
            (Some(window), Some(length)) => Some(f64::from(window) * (length as f64 / 1e9)),
            _ => None,
        };
        let percentile = |p: &f64| Some((*p, totals.percentile(aggregate, *p)?));
        Some(Self {
            metric: key.metric.clone(),
            tags: key.tags.clone(),
            from_s,
            count: sums.count,
            min: sums.min,
            avg: sums.sum / sums.count as f64,
            max: sums.max,
            percentiles: percentiles.iter().filter_map(percentile).collect(),
            exact: totals.samples(aggregate).iter().all(|it| matches!(it, Samples::Exact(_))),
        })
    }
}
