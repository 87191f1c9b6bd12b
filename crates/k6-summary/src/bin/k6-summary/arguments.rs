//! What is asked of samples on the command line.

use crate::files;
use crate::output::{Format, print, style};
use anyhow::{Context as _, bail, ensure};
use k6_summary::samples::Distribution;
use k6_summary::{Points, Query, Source};
use std::path::PathBuf;
use std::time::Duration;

/// How samples are read.
#[derive(Debug, clap::Args)]
pub(crate) struct Reading {
    /// Leave out the warm-up: points before this time, such as 10s or 1m30s, from the first point
    /// of a scenario in each file
    #[arg(long, value_name = "TIME", value_parser = time)]
    skip: Option<Duration>,

    /// Pass over what is no point of k6, and over the missing end of a file, with a notice on
    /// stderr; without it this is an error
    #[arg(long)]
    lenient: bool,
}

impl Reading {
    /// Whether a warm-up is to be left out.
    pub(crate) fn skips(&self) -> bool {
        self.skip.is_some()
    }

    pub(crate) fn query(&self) -> Query {
        let mut query = Query::default();
        query.skip = self.skip.unwrap_or_default();
        query.lenient = self.lenient;
        query
    }
}

/// What belongs to the verdict of a run and not to an answer in its place.
pub(crate) const OF_A_RUN: [&str; 6] =
    ["previous", "environment", "fingerprint", "tolerance", "min_delta", "fail_on"];

/// A question about samples; it is answered in place of a verdict.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Percentiles of points, in place of a verdict")]
pub(crate) struct Asked {
    /// A metric, or a part of one such as 'http_req_duration{expected_response:true}'; `all` is
    /// every metric [default: http_req_duration]
    #[arg(long, value_name = "METRIC", conflicts_with_all = OF_A_RUN)]
    metric: Option<String>,

    /// Which percentiles, from 0 to 100 [default: 50,95,99]
    #[arg(long, value_name = "P,…", value_delimiter = ',', value_parser = percentile,
        conflicts_with_all = OF_A_RUN)]
    percentiles: Vec<f64>,

    /// Tags; points with different values are counted apart
    #[arg(long, value_name = "TAG,…", value_delimiter = ',', conflicts_with_all = OF_A_RUN)]
    group_by: Vec<String>,

    /// Count windows of this length apart, such as 10s
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with_all = OF_A_RUN)]
    window: Option<Duration>,
}

impl Asked {
    /// Whether anything is asked.
    pub(crate) fn is_any(&self) -> bool {
        let Self { metric, percentiles, group_by, window } = self;
        metric.is_some() || !percentiles.is_empty() || !group_by.is_empty() || window.is_some()
    }

    /// Answers it from all files together.
    pub(crate) fn answer(
        &self,
        files: &[PathBuf],
        reading: &Reading,
        format: Format,
    ) -> anyhow::Result<()> {
        let percentiles: &[f64] =
            if self.percentiles.is_empty() { &[50.0, 95.0, 99.0] } else { &self.percentiles };
        let mut points = self.read(files, self.query(reading))?;
        let found = points.distributions(percentiles);
        ensure!(!found.is_empty(), "{}", self.nothing(reading));
        print(&match format {
            Format::Table => Distribution::table(&found, style()),
            Format::Markdown => Distribution::markdown(&found),
            Format::Csv => Distribution::csv(&found),
            Format::Html => bail!("a page is of a run, not of percentiles; take another --format"),
            Format::Json => {
                let lines: Result<Vec<String>, _> =
                    found.iter().map(serde_json::to_string).collect();
                lines.context("failed to write the percentiles")?.join("\n") + "\n"
            }
        })
    }

    /// Prints the mergeable form of the answer.
    pub(crate) fn histograms(&self, files: &[PathBuf], reading: &Reading) -> anyhow::Result<()> {
        let mut query = self.query(reading);
        query.hdr = true;
        let points = self.read(files, query)?;
        let lines = points.histograms_ndjson();
        ensure!(!lines.is_empty(), "{}", self.nothing(reading));
        print(&lines)
    }

    fn query(&self, reading: &Reading) -> Query {
        let mut query = reading.query();
        query.metric = match self.metric.as_deref() {
            Some("all") => None,
            it => Some(it.unwrap_or("http_req_duration").to_owned()),
        };
        query.group_by.clone_from(&self.group_by);
        query.window = self.window;
        query
    }

    fn read(&self, files: &[PathBuf], query: Query) -> anyhow::Result<Points> {
        let mut points = Points::new(&query);
        for file in files {
            match files::open(file)? {
                Source::Points(stream) => files::count(&mut points, stream, file)?,
                Source::Document(text) => {
                    return Err(files::without_samples(&text).context(file.display().to_string()));
                }
            }
        }
        Ok(points)
    }

    fn nothing(&self, reading: &Reading) -> String {
        let metric = self.metric.as_deref().unwrap_or("http_req_duration");
        let when = if reading.skip.is_some() { " after the warm-up" } else { "" };
        format!("no sample of {metric}{when}")
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let time: Option<jiff::SignedDuration> = text.parse().ok();
    time.and_then(|it| Duration::try_from(it).ok())
        .filter(|it| !it.is_zero())
        .ok_or_else(|| "a time is written as 10s, 1m30s or 500ms".to_owned())
}

fn percentile(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(it) if (0.0..=100.0).contains(&it) => Ok(it),
        _ => Err("a percentile is a number from 0 to 100".to_owned()),
    }
}
