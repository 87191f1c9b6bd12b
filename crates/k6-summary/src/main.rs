//! `k6-summary`: the library on the command line.

use anyhow::{Context as _, bail, ensure};
use clap::{Parser, ValueEnum};
use k6_summary::{
    Comparison, Conditions, Error, Limits, Measurement, Run, Scenario, Style, Summary, Verdict,
    compare, judge, markdown, read_history, terminal,
};
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

/// Judges what k6 measured, compares it with earlier runs and prints it.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Args {
    /// k6 summaries, one a scenario (`results/cold-start/summary.json` and `cold-start.json` are
    /// both the scenario cold-start), or one record of a whole run
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Earlier records to compare with, one or many, one a line; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,

    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// How much worse a figure may get before it is bold: 0.25 is 25 %
    #[arg(long, value_name = "SHARE", default_value_t = 0.25, value_parser = share)]
    tolerance: f64,

    /// What ends with exit code 3
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = FailOn::Threshold)]
    fail_on: FailOn,

    /// What was tested; only runs of the same environment are compared
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A table for the terminal
    Table,
    /// A comment or report for GitHub
    Markdown,
    /// The record of the run, on one line
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    /// Any verdict but passed
    Threshold,
    /// That, or a figure worse than the tolerance allows
    Alert,
    /// Nothing
    Never,
}

const AFTER_HELP: &str = "\
Examples:
  k6 run --summary-trend-stats 'avg,min,med,max,p(90),p(95),p(99),count' \\
    --summary-export results/checkout.json checkout.js
  k6-summary results/*.json
  k6-summary results/*.json --format json > run.json
  k6-summary results/*.json --previous run.json --format markdown

Exit codes:
  0  done
  1  could not do it, or no scenario ran; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news (--fail-on)";

fn main() -> ExitCode {
    run(&Args::parse()).unwrap_or_else(|err| {
        say(&format!("error: {err:#}"));
        ExitCode::FAILURE
    })
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut run = read(&args.files)?;
    if args.environment.is_some() {
        run.environment.clone_from(&args.environment);
    }
    let history = args.previous.as_deref().map(history).transpose()?.unwrap_or_default();
    let comparison = compare(&run, &history, args.tolerance);
    print(&match args.format {
        Format::Table => terminal(&run, &comparison, style()),
        Format::Markdown => markdown(&run, &comparison),
        Format::Json => serde_json::to_string(&run).context("failed to write the record")? + "\n",
    })?;
    Ok(exit_code(&run, &comparison, args.fail_on))
}

fn exit_code(run: &Run, comparison: &Comparison, fail_on: FailOn) -> ExitCode {
    if run.scenarios.iter().all(|it| it.verdict == Verdict::DidNotRun) {
        say("error: no scenario ran");
        return ExitCode::FAILURE;
    }
    let bad = match fail_on {
        FailOn::Threshold => run.verdict != Verdict::Passed,
        FailOn::Alert => run.verdict != Verdict::Passed || comparison.worse() > 0,
        FailOn::Never => false,
    };
    if bad { ExitCode::from(3) } else { ExitCode::SUCCESS }
}

/// One record, or a run made of the summaries.
fn read(files: &[PathBuf]) -> anyhow::Result<Run> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut digest = 0xcbf2_9ce4_8422_2325;
    for file in files {
        let json = read_text(file)?;
        let summary = match json.parse::<Summary>() {
            Err(Error::NotASummary) if is_record(&json) => {
                ensure!(
                    files.len() == 1,
                    "{} is the record of a whole run; pass it alone",
                    file.display()
                );
                return json.parse().with_context(|| file.display().to_string());
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
        digest = json.bytes().fold(digest, fnv_1a);
    }
    let started = written(&files[0])?;
    let id = format!("{}-{:04x}", started.replace(['-', ':'], ""), digest & 0xffff);
    Ok(Run::new(id, started, scenarios))
}

fn fnv_1a(digest: u64, byte: u8) -> u64 {
    (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

fn is_record(json: &str) -> bool {
    !matches!(json.parse::<Run>(), Err(Error::NotARecord(_)))
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

fn history(file: &Path) -> anyhow::Result<Vec<Run>> {
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

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(it) if (0.0..=100.0).contains(&it) => Ok(it),
        _ => Err("a share is a number such as 0.25".to_owned()),
    }
}

/// As wide as the terminal; a pipe gets one line a scenario.
fn style() -> Style {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return Style { ansi: false, width: u16::MAX };
    }
    let ansi = std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
    Style { ansi, width: comfy_table::Table::new().width().unwrap_or(80) }
}

/// A reader that has seen enough is no error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("failed to write to stdout")
        }
        _ => Ok(()),
    }
}

#[expect(clippy::print_stderr, reason = "talk goes to stderr")]
fn say(text: &str) {
    eprintln!("{text}");
}
