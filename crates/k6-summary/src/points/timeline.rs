//! What only the points of a run tell: how it went, and each of its percentiles.

use crate::error::Error;
use crate::intake::open::PointStream;
use crate::intake::query::Query;
use crate::judge::calls::latency_metric;
use crate::points::reader::Points;
use crate::summary::wire::Summary;
use crate::tally::distribution::Distribution;
use std::collections::BTreeMap;
use std::time::Duration;

/// What only the points of a run tell about a scenario; latencies are in milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Timeline {
    pub scenario: String,
    /// Of each window of the run: when it begins, in seconds from the start, its P50 and its P95.
    pub windows: Vec<(f64, f64, f64)>,
    /// Of each window with a sample: when it begins, and how many calls a second were served and failed in it.
    pub rates: Vec<(f64, f64, f64)>,
    /// Of each window with a check: when it begins, and the share of its checks that held, 0 to 1.
    pub checks: Vec<(f64, f64)>,
    /// Percentiles, 0 to 100, and their latencies.
    pub curve: Vec<(f64, f64)>,
}

/// About so many windows make a line.
const WINDOWS: f64 = 60.0;

/// So many steps of a percentile curve for each nine, and in all.
const STEPS: f64 = 20.0;
const MOST_STEPS: usize = 200;

impl Timeline {
    /// Reads the points of a scenario, once in windows and once together.
    ///
    /// `summary` is what the same points make; of `query` only `skip` and `lenient` count. `open`
    /// is asked four times for the points of all files.
    ///
    /// # Errors
    /// Those of [`Points::read`] and of `open`.
    pub fn read<'a, E: From<Error>>(
        scenario: &str,
        summary: &Summary,
        query: &Query,
        mut open: impl FnMut() -> Result<Vec<PointStream<'a>>, E>,
    ) -> Result<Self, E> {
        let metric = latency_metric(summary);
        let mut started = true;
        let mut read = |metric: &str, window: Option<Duration>| {
            let metric = Some(metric.to_owned());
            let Query { skip, lenient, .. } = *query;
            let mut points =
                Points::new(&Query { metric, window, skip, lenient, ..Query::default() });
            for stream in open()? {
                match points.read(stream) {
                    Err(Error::NoStart) if window.is_some() => started = false,
                    told_before => drop(told_before?),
                }
            }
            Ok::<_, E>(points)
        };
        let seconds = summary.duration_s().unwrap_or_default();
        let window = Duration::from_secs_f64((seconds / WINDOWS).ceil().clamp(1.0, 1e6));
        let served = read(metric, Some(window))?.distributions(&[50.0, 95.0]);
        let failed = read(FAILURES, Some(window))?.distributions(&[]);
        let rates = rates(&served, &failed, window.as_secs_f64());
        let checks = read("checks", Some(window))?.distributions(&[]);
        let checks = checks.iter().filter_map(|it| Some((it.from_s?, it.avg))).collect();
        let windows = served.iter().filter_map(|it| match it.percentiles.as_slice() {
            [(_, p50), (_, p95)] => Some((it.from_s?, *p50, *p95)),
            _ => None,
        });
        let windows: Vec<_> = windows.collect();
        let mut together = read(metric, None)?;
        let count: u64 = together.distributions(&[]).iter().map(|it| it.count).sum();
        let curve = together.distributions(&steps(count)).into_iter().next();
        let curve = curve.map(|it| it.percentiles).unwrap_or_default();
        let scenario = scenario.to_owned();
        if !started {
            return Ok(Self { scenario, curve, ..Self::default() });
        }
        Ok(Self { scenario, windows, rates, checks, curve })
    }
}

/// A call that failed is a point of this metric; a script without it has none.
const FAILURES: &str = "mcp_call_failures";

/// Calls a second of each window in which something was served or failed; the last one, which may be cut short, is left out.
fn rates(served: &[Distribution], failed: &[Distribution], seconds: f64) -> Vec<(f64, f64, f64)> {
    let mut counts: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for it in served {
        counts.entry(place(it)).or_default().0 += it.count;
    }
    for it in failed {
        counts.entry(place(it)).or_default().1 += it.count;
    }
    counts.pop_last();
    let rate = |count: u64| count as f64 / seconds;
    counts.into_iter().map(|(at, it)| (at as f64 / 1e3, rate(it.0), rate(it.1))).collect()
}

/// When a window begins, in milliseconds.
fn place(it: &Distribution) -> u64 {
    (it.from_s.unwrap_or_default() * 1e3).round() as u64
}

/// The percentiles of a curve; beyond one in all of them there is nothing but the slowest.
fn steps(count: u64) -> Vec<f64> {
    let steps = (0..MOST_STEPS).map(|it| 100.0 - 100.0 * 0.1_f64.powf(it as f64 / STEPS));
    steps.take_while(|it| (100.0 - it) * count as f64 >= 100.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_as_far_as_there_are_samples() {
        assert_eq!(steps(0), [0.0; 0]);
        for (count, last) in [(100, 99.0), (10_000, 99.99)] {
            let steps = steps(count);
            assert!((steps[steps.len() - 1] - last).abs() < last / 500.0, "{steps:?}");
        }
        assert_eq!(steps(u64::MAX).len(), MOST_STEPS);
    }

    #[test]
    fn served_and_failed_calls_are_told_apart_in_each_window() {
        let points = |metric: &str, seconds: &[u32]| -> String {
            let point = |it: &u32| {
                format!(
                    "{{\"metric\":\"{metric}\",\"type\":\"Point\",\"data\":{{\"time\":\"2026-11-21T11:02:{it:02}Z\",\"value\":1,\"tags\":{{\"scenario\":\"mix\"}}}}}}\n"
                )
            };
            seconds.iter().map(point).collect()
        };
        let text = points("mcp_call_duration", &[0, 0, 1, 2])
            + &points(FAILURES, &[1, 1, 2])
            + &points("checks", &[1])
            + &points("checks", &[1]).replace("\"value\":1", "\"value\":0");
        let summary = r#"{"root_group": {}, "metrics": {"mcp_calls": {"count": 7, "rate": 1}}}"#;
        let summary: Summary = summary.parse().unwrap();
        let open = || -> Result<Vec<PointStream<'_>>, Error> {
            match crate::open(text.as_bytes())? {
                crate::Source::Points(it) => Ok(vec![it]),
                crate::Source::Document(_) => unreachable!("these are points"),
            }
        };
        let timeline = Timeline::read("mix", &summary, &Query::default(), open).unwrap();
        assert_eq!(timeline.rates, [(0.0, 2.0, 0.0), (1.0, 1.0, 2.0)]);
        assert_eq!(timeline.checks, [(1.0, 0.5)]);
    }
}
