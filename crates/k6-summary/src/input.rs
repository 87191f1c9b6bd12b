//! The files of the command line, as a run and its history.

use crate::output::say;
use anyhow::{Context as _, bail, ensure};
use k6_summary::{
    Conditions, Error, Limits, Measurement, Run, Scenario, Summary, judge, read_history,
};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A run and the earlier ones that came with it, oldest first.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) run: Run,
    pub(crate) earlier: Vec<Run>,
}

/// One file of records, of which the newest is the run, or a run made of the summaries.
pub(crate) fn read(files: &[PathBuf]) -> anyhow::Result<Input> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut k6 = None;
    let mut digest = 0xcbf2_9ce4_8422_2325;
    for file in files {
        let json = read_text(file)?;
        let summary = match json.parse::<Summary>() {
            Err(error) if holds_records(&json, &error) => {
                ensure!(
                    files.len() == 1,
                    "{} is the record of a whole run; pass it alone",
                    file.display()
                );
                return records(&json).with_context(|| file.display().to_string());
            }
            it => it.with_context(|| file.display().to_string())?,
        };
        let name = scenario_name(file)?;
        if scenarios.iter().any(|it| it.name == name) {
            bail!("{} is a second file of the scenario {name}", file.display());
        }
        scenarios.push(judge(&Measurement {
            name: &name,
            fingerprint: "",
            summary: Some(&summary),
            k6_exit: None,
            limits: Limits::default(),
            conditions: Conditions::default(),
        }));
        k6 = k6.or_else(|| summary.k6().map(ToOwned::to_owned));
        digest = json.bytes().fold(digest, fnv_1a);
    }
    let started = written(&files[0])?;
    let id = format!("{}-{:04x}", started.replace(['-', ':'], ""), digest & 0xffff);
    let run = Run { k6, ..Run::new(id, started, scenarios) };
    Ok(Input { run, earlier: Vec::new() })
}

fn fnv_1a(digest: u64, byte: u8) -> u64 {
    (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
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
    for notice in notices {
        say(&format!("notice: {notice}"));
    }
    Ok(Input { run, earlier: runs })
}

fn read_text(file: &Path) -> anyhow::Result<String> {
    ensure!(
        !file.is_dir(),
        "{} is a directory; pass the summary inside it, such as {}",
        file.display(),
        file.join("summary.json").display()
    );
    fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}

/// `results/cold-start/summary.json` and `results/cold-start.json` are both `cold-start`.
fn scenario_name(file: &Path) -> anyhow::Result<String> {
    let named = if file.file_name().is_some_and(|it| it == "summary.json") {
        let file = fs::canonicalize(file)
            .with_context(|| format!("failed to find the folder of {}", file.display()))?;
        file.parent().and_then(Path::file_name).map(ToOwned::to_owned)
    } else {
        file.file_stem().map(ToOwned::to_owned)
    };
    let name =
        named.with_context(|| format!("{} has no name to call the scenario", file.display()))?;
    Ok(name.to_string_lossy().into_owned())
}

/// When k6 wrote the file: its summary itself has no date.
fn written(file: &Path) -> anyhow::Result<String> {
    let time: SystemTime = fs::metadata(file)
        .and_then(|it| it.modified())
        .with_context(|| format!("failed to read the date of {}", file.display()))?;
    let time = jiff::Timestamp::try_from(time)
        .with_context(|| format!("the date of {} is out of range", file.display()))?;
    let seconds = jiff::Timestamp::from_second(time.as_second())
        .context("a second of a valid time is out of range")?;
    Ok(seconds.to_string())
}

/// The records of `--previous`; an empty file is a history without runs.
pub(crate) fn history(file: &Path) -> anyhow::Result<Vec<Run>> {
    let ndjson = if file == Path::new("-") {
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
    for notice in notices {
        say(&format!("notice: {notice}"));
    }
    Ok(runs)
}
