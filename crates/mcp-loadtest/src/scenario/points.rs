//! The samples that k6 writes of a scenario where they are asked for, and what the report tells by them.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use k6_summary::samples::PointStream;
use k6_summary::{Query, Run, Source, Summary, Timeline};

use crate::console::section::say;

/// In the folder of a scenario; k6 itself packs what ends so.
pub(crate) const FILE: &str = "points.ndjson.gz";

/// How each scenario went of which there are points; what cannot be read is named and left out.
pub(crate) fn timelines(folder: &Path, run: &Run) -> Vec<Timeline> {
    let mut timelines = Vec::new();
    for name in run.scenarios.iter().map(|it| &it.name) {
        let folder = folder.join(name);
        if !folder.join(FILE).exists() {
            continue;
        }
        match timeline(&folder, name) {
            Ok(it) => timelines.push(it),
            Err(error) => say("points", format_args!("{name}: {error:#}")),
        }
    }
    timelines
}

fn timeline(folder: &Path, name: &str) -> anyhow::Result<Timeline> {
    let summary = std::fs::read_to_string(folder.join("summary.json"));
    let summary: Summary = summary.context("failed to read the summary")?.parse()?;
    let path = folder.join(FILE);
    let open = || -> anyhow::Result<Vec<PointStream<'static>>> {
        let file = File::open(&path)?;
        match k6_summary::open(file)? {
            Source::Points(it) => Ok(vec![it]),
            Source::Document(_) => Err(anyhow!("holds no points of k6")),
        }
    };
    // A k6 that was killed leaves no end.
    let mut query = Query::default();
    query.lenient = true;
    let read = Timeline::read(name, &summary, &query, open);
    read.with_context(|| format!("failed to read `{}`", path.display()))
}
