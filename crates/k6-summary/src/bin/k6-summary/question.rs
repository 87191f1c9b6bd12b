//! Answers from samples: percentiles, or histograms to be merged with others.

use crate::arguments::{Question, Reading};
use crate::files;
use crate::output::{Format, print, style};
use anyhow::{Context as _, bail, ensure};
use k6_summary::samples::Distribution;
use k6_summary::{Points, Query};
use std::path::PathBuf;

impl Question {
    /// Answers it from all files together.
    pub(crate) fn answer(
        &self,
        files: &[PathBuf],
        reading: &Reading,
        format: Format,
    ) -> anyhow::Result<()> {
        let percentiles: &[f64] =
            if self.percentiles.is_empty() { &[50.0, 95.0, 99.0] } else { &self.percentiles };
        let mut points = Points::new(&self.query(reading));
        files::count_all(&mut points, files)?;
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

    /// Prints the histograms that would answer it, to be merged with others.
    pub(crate) fn histograms(&self, files: &[PathBuf], reading: &Reading) -> anyhow::Result<()> {
        let mut query = self.query(reading);
        query.hdr = true;
        let mut points = Points::new(&query);
        files::count_all(&mut points, files)?;
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

    fn nothing(&self, reading: &Reading) -> String {
        let metric = self.metric.as_deref().unwrap_or("http_req_duration");
        let when = if reading.skip.is_some() { " after the warm-up" } else { "" };
        format!("no sample of {metric}{when}")
    }
}
