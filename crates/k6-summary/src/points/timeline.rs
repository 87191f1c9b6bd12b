//! What only the points of a run tell: how it went, and each of its percentiles.

use crate::error::Error;
use crate::intake::open::PointStream;
use crate::intake::query::Query;
use crate::judge::calls::latency_metric;
use crate::points::reader::Points;
use crate::summary::wire::Summary;
use std::time::Duration;

/// What only the points of a run tell about a scenario; latencies are in milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Timeline {
    pub scenario: String,
    /// Of each window of the run: when it begins, in seconds from the start, its P50 and its P95.
    pub windows: Vec<(f64, f64, f64)>,
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
    /// is asked twice for the points of all files.
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
        let mut read = |window: Option<Duration>| {
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
        let windows = read(Some(window))?.distributions(&[50.0, 95.0]);
        let windows = windows.iter().filter_map(|it| match it.percentiles.as_slice() {
            [(_, p50), (_, p95)] => Some((it.from_s?, *p50, *p95)),
            _ => None,
        });
        let windows: Vec<_> = windows.collect();
        let mut together = read(None)?;
        let count: u64 = together.distributions(&[]).iter().map(|it| it.count).sum();
        let curve = together.distributions(&steps(count)).into_iter().next();
        let curve = curve.map(|it| it.percentiles).unwrap_or_default();
        let windows = if started { windows } else { Vec::new() };
        Ok(Self { scenario: scenario.to_owned(), windows, curve })
    }
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
}
