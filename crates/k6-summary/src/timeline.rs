//! The charts that take the points of a run.

use crate::asked::Reading;
use crate::files;
use k6_summary::{Points, Query, Source, Summary, Timeline};
use std::path::PathBuf;
use std::time::Duration;

/// About so many windows make a line.
const WINDOWS: f64 = 60.0;

/// So many steps of a percentile curve for each nine.
const STEPS: i32 = 20;

/// The files of points that a scenario was judged by.
#[derive(Debug)]
pub(crate) struct Sampled {
    pub(crate) scenario: String,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) metric: &'static str,
    pub(crate) seconds: f64,
}

impl Sampled {
    pub(crate) fn new(scenario: &str, files: &[PathBuf], summary: &Summary) -> Self {
        let metric = match summary.trend("mcp_call_duration") {
            Some(_) => "mcp_call_duration",
            None => "http_req_duration{expected_response:true}",
        };
        let seconds = summary.duration_s().unwrap_or_default();
        Self { scenario: scenario.to_owned(), files: files.to_vec(), metric, seconds }
    }

    /// Reads the points once more; `None` where that cannot be, as with standard input.
    pub(crate) fn timeline(&self, reading: &Reading) -> anyhow::Result<Option<Timeline>> {
        if self.files.iter().any(|it| files::is_stdin(it)) {
            return Ok(None);
        }
        let window = Duration::from_secs_f64((self.seconds / WINDOWS).ceil().max(1.0));
        let windows = self.read(reading, Some(window))?.distributions(&[50.0, 95.0]);
        let windows = windows.iter().filter_map(|it| match it.percentiles.as_slice() {
            [(_, p50), (_, p95)] => Some((it.from_s?, *p50, *p95)),
            _ => None,
        });
        let windows = windows.collect();
        let mut all = self.read(reading, None)?;
        let count: u64 = all.distributions(&[]).iter().map(|it| it.count).sum();
        let steps = (0..).map(|it| 100.0 - 100.0 * 0.1_f64.powf(f64::from(it) / f64::from(STEPS)));
        // Beyond one in all of them there is nothing but the slowest.
        let steps: Vec<f64> =
            steps.take_while(|it| (100.0 - it) * count as f64 >= 100.0).take(200).collect();
        let curve = all.distributions(&steps).into_iter().next();
        let curve = curve.map(|it| it.percentiles).unwrap_or_default();
        Ok(Some(Timeline { scenario: self.scenario.clone(), windows, curve }))
    }

    fn read(&self, reading: &Reading, window: Option<Duration>) -> anyhow::Result<Points> {
        let query = Query { metric: Some(self.metric.to_owned()), window, ..reading.query() };
        let mut points = Points::new(&query);
        for file in &self.files {
            if let Source::Samples(samples) = files::open(file)? {
                let _said_before = files::count_quietly(&mut points, samples, file)?;
            }
        }
        Ok(points)
    }
}
