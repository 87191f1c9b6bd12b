//! The files of the command line, as a run and its history.

use crate::arguments::Reading;
use crate::files;
use crate::output::{Format, say};
use anyhow::{Context as _, bail, ensure};
use k6_summary::samples::PointStream;
use k6_summary::{
    Error, Measurement, Notice, Points, Run, Scenario, Source, Summary, Timeline, judge,
    read_history,
};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A run and the earlier ones that came with it, oldest first.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) run: Run,
    pub(crate) earlier: Vec<Run>,
    /// The scenarios that were judged by points.
    pub(crate) sampled: Vec<Sampled>,
}

impl Input {
    /// With what the files cannot know; a record keeps the fingerprints it has.
    pub(crate) fn with(mut self, environment: Option<&str>, fingerprint: Option<&str>) -> Self {
        if let Some(environment) = environment {
            self.run.environment = Some(environment.to_owned());
        }
        if let Some(fingerprint) = fingerprint {
            let unnamed = self.run.scenarios.iter_mut().filter(|it| it.fingerprint.is_empty());
            unnamed.for_each(|it| fingerprint.clone_into(&mut it.fingerprint));
        }
        self
    }
}

/// A scenario that was judged by points, and their files.
#[derive(Debug)]
pub(crate) struct Sampled {
    name: String,
    files: Vec<PathBuf>,
    summary: Summary,
}

impl Sampled {
    /// Reads the points once more; `None` where that cannot be, as with a pipe.
    fn timeline(&self, reading: &Reading) -> anyhow::Result<Option<Timeline>> {
        let again =
            |it: &PathBuf| !files::is_stdin(it) && fs::metadata(it).is_ok_and(|it| it.is_file());
        if !self.files.iter().all(again) {
            return Ok(None);
        }
        let open = || -> anyhow::Result<Vec<PointStream<'static>>> {
            let mut opened = Vec::new();
            for file in &self.files {
                if let Source::Points(it) = files::open(file)? {
                    opened.push(it);
                }
            }
            Ok(opened)
        };
        Ok(Some(Timeline::read(&self.name, &self.summary, &reading.query(), open)?))
    }
}

/// What only points tell, read for a page alone: nothing else shows it.
pub(crate) fn timelines(
    sampled: &[Sampled],
    reading: &Reading,
    format: Format,
) -> anyhow::Result<Vec<Timeline>> {
    let mut timelines = Vec::new();
    if matches!(format, Format::Html) {
        for it in sampled {
            timelines.extend(it.timeline(reading)?);
        }
    }
    Ok(timelines)
}

/// One file of records, of which the newest is the run, or a run made of summaries and points.
pub(crate) fn read(files: &[PathBuf], reading: &Reading) -> anyhow::Result<Input> {
    let mut unjudged: Vec<Unjudged> = Vec::new();
    let mut sampled = Vec::new();
    for file in files {
        let mut of_points = false;
        let (summary, started) = match files::open(file)? {
            Source::Points(stream) => {
                let mut points = Points::of_run(&reading.query());
                files::count(&mut points, stream, file)?;
                of_points = true;
                (points.summary(), points.started())
            }
            Source::Document(_) if reading.skips() => bail!(
                "{} has no samples, so no warm-up can be left out; pass points, or no --skip",
                file.display()
            ),
            Source::Document(json) => match json.parse::<Summary>() {
                Err(error) if holds_records(&json, &error) => {
                    ensure!(
                        files.len() == 1,
                        "{} is the record of a whole run; pass it alone",
                        file.display()
                    );
                    return records(&json).with_context(|| file.display().to_string());
                }
                it => (it.with_context(|| file.display().to_string())?, None),
            },
        };
        let name = files::scenario_name(file)?;
        if unjudged.iter().any(|it| it.name == name) {
            bail!(
                "{} is a second file of the scenario {name}; points of one run are brought \
                 together by `k6-summary merge`",
                file.display()
            );
        }
        let started = started.map_or_else(|| files::written(file), Ok)?;
        if of_points {
            let (files, summary) = (vec![file.clone()], summary.clone());
            sampled.push(Sampled { name: name.clone(), files, summary });
        }
        unjudged.push(Unjudged { name, summary, started });
    }
    run(&unjudged, sampled)
}

/// A run of one scenario out of the points of all files together.
pub(crate) fn merge(
    files: &[PathBuf],
    name: Option<&str>,
    reading: &Reading,
) -> anyhow::Result<Input> {
    let mut points = Points::of_run(&reading.query());
    files::count_all(&mut points, files)?;
    let name = name.map_or_else(|| files::scenario_name(&files[0]), |it| Ok(it.to_owned()))?;
    let (summary, started) = (points.summary(), points.started());
    let started = started.map_or_else(|| files::written(&files[0]), Ok)?;
    let (of, files) = (summary.clone(), files.to_vec());
    let sampled = vec![Sampled { name: name.clone(), files, summary: of }];
    run(&[Unjudged { name, summary, started }], sampled)
}

/// A scenario that is not judged yet.
struct Unjudged {
    name: String,
    summary: Summary,
    started: SystemTime,
}

fn run(unjudged: &[Unjudged], sampled: Vec<Sampled>) -> anyhow::Result<Input> {
    let judged = |it: &Unjudged| judge(&Measurement::new(&it.name, Some(&it.summary)));
    let scenarios: Vec<Scenario> = unjudged.iter().map(judged).collect();
    // The same files make the same id.
    let text = serde_json::to_string(&scenarios).context("failed to write the scenarios")?;
    let digest = Sha256::digest(text);
    let started = second(unjudged[0].started)?;
    let id = format!("{}-{:02x}{:02x}", started.replace(['-', ':'], ""), digest[0], digest[1]);
    let k6 = unjudged.iter().find_map(|it| it.summary.k6()).map(ToOwned::to_owned);
    let mut run = Run::new(id, started, scenarios);
    run.k6 = k6;
    Ok(Input { run, earlier: Vec::new(), sampled })
}

/// A point in time as the record has it, to the second.
fn second(time: SystemTime) -> anyhow::Result<String> {
    let time = jiff::Timestamp::try_from(time).context("the date of the run is out of range")?;
    let seconds = jiff::Timestamp::from_second(time.as_second())
        .context("a second of a valid time is out of range")?;
    Ok(seconds.to_string())
}

/// Whether what is no summary is a record, or begins with one.
fn holds_records(text: &str, error: &Error) -> bool {
    let is_record = |it: &str| !matches!(it.parse::<Run>(), Err(Error::NotARecord(_)));
    match error {
        Error::NotASummary => is_record(text),
        Error::Json(_) => text.lines().find(|it| !it.trim().is_empty()).is_some_and(is_record),
        _ => false,
    }
}

fn records(text: &str) -> anyhow::Result<Input> {
    let (mut runs, notices) = read_history(text);
    let Some(run) = runs.pop() else {
        text.parse::<Run>()?;
        bail!("holds no record that can be read");
    };
    tell(&notices);
    Ok(Input { run, earlier: runs, sampled: Vec::new() })
}

/// The records of `--previous`; an empty file is a history without runs.
pub(crate) fn history(file: &Path) -> anyhow::Result<Vec<Run>> {
    let ndjson = if files::is_stdin(file) {
        io::read_to_string(io::stdin()).context("failed to read the earlier records from stdin")?
    } else {
        ensure!(
            !file.is_dir(),
            "{} is a directory; pass a file of earlier records",
            file.display()
        );
        fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?
    };
    let (runs, notices) = read_history(&ndjson);
    tell(&notices);
    Ok(runs)
}

fn tell(notices: &[Notice]) {
    notices.iter().for_each(|it| say(&format!("notice: {it}")));
}
