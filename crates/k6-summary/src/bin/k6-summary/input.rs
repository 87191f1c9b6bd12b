//! The files of the command line, as a run and its history.

use crate::advice::with_advice;
use crate::arguments::{Judging, Reading};
use crate::files;
use crate::judged::{Times, Unjudged, judged};
use crate::output::{Format, say};
use anyhow::{Context as _, anyhow, bail, ensure};
use k6_summary::samples::PointStream;
use k6_summary::{Error, Notice, Points, Run, Source, Summary, Timeline, read_history};
use std::fs;
use std::io::{self, Read};
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
///
/// Of several files one that holds neither costs its own scenario and no other.
pub(crate) fn read(
    files: &[PathBuf],
    reading: &Reading,
    judging: &Judging,
) -> anyhow::Result<Input> {
    let mut unjudged: Vec<Unjudged> = Vec::new();
    let mut sampled = Vec::new();
    for file in files {
        let opened = files::reader(file)?;
        let found = match content(opened, file, reading) {
            Ok(Content::Document(json)) => match json.parse::<Summary>() {
                Ok(_) if reading.skips() => bail!(
                    "{} has no samples, so no warm-up can be left out; pass points, or no --skip",
                    file.display()
                ),
                Ok(summary) => Ok((summary, None)),
                Err(error) if !holds_records(&json, &error) => Err(error.into()),
                Err(_) if files.len() == 1 => {
                    ensure!(judging.is_none(), "{} is judged already", file.display());
                    ensure!(!reading.skips(), "{} has no samples to be skipped", file.display());
                    return records(&json).with_context(|| file.display().to_string());
                }
                Err(_) => Err(anyhow!("the record of a whole run, which is passed alone")),
            },
            Ok(Content::Points(summary, started)) => Ok((summary, started)),
            Err(error) => Err(error),
        };
        let name = files::scenario_name(file)?;
        if unjudged.iter().any(|it| it.name == name) {
            bail!(
                "{} is a second file of the scenario {name}; points of one run are brought \
                 together by `k6-summary merge`",
                file.display()
            );
        }
        unjudged.push(match found {
            Ok((summary, started)) => {
                if started.is_some() {
                    let (name, files) = (name.clone(), vec![file.clone()]);
                    sampled.push(Sampled { name, files, summary: summary.clone() });
                }
                let times = Times::of(&summary, started, || files::written(file))?;
                Unjudged { name, measured: Ok((summary, times)) }
            }
            Err(error) if files.len() == 1 => {
                return Err(error.context(file.display().to_string()));
            }
            Err(error) => Unjudged { name, measured: Err(with_advice(&error)) },
        });
    }
    Ok(Input { run: judged(&unjudged, judging)?, earlier: Vec::new(), sampled })
}

enum Content {
    Document(String),
    Points(Summary, Option<SystemTime>),
}

fn content(
    opened: impl Read + Send + 'static,
    file: &Path,
    reading: &Reading,
) -> anyhow::Result<Content> {
    Ok(match k6_summary::open(opened)? {
        Source::Document(text) => Content::Document(text),
        Source::Points(stream) => {
            let mut points = Points::of_run(&reading.query());
            files::count(&mut points, stream, file)?;
            Content::Points(points.summary(), points.started())
        }
    })
}

/// A run of one scenario out of the points of all files together.
pub(crate) fn merge(
    files: &[PathBuf],
    name: Option<&str>,
    reading: &Reading,
    judging: &Judging,
) -> anyhow::Result<Input> {
    let mut points = Points::of_run(&reading.query());
    files::count_all(&mut points, files)?;
    let name = name.map_or_else(|| files::scenario_name(&files[0]), |it| Ok(it.to_owned()))?;
    let summary = points.summary();
    let times = Times::of(&summary, points.started(), || files::written(&files[0]))?;
    let of = summary.clone();
    let sampled = vec![Sampled { name: name.clone(), files: files.to_vec(), summary: of }];
    let run = judged(&[Unjudged { name, measured: Ok((summary, times)) }], judging)?;
    Ok(Input { run, earlier: Vec::new(), sampled })
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
    match notices.first() {
        Some(first) if runs.is_empty() => {
            bail!("{} holds no record that can be read: {first}", file.display())
        }
        _ => tell(&notices),
    }
    Ok(runs)
}

fn tell(notices: &[Notice]) {
    notices.iter().for_each(|it| say(&format!("notice: {it}")));
}
