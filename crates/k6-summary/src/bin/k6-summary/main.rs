//! `k6-summary`: the library on the command line.

mod advice;
mod arguments;
mod compare;
mod files;
mod input;
mod output;

use crate::advice::advice;
use crate::arguments::{Asked, OF_A_RUN, Reading};
use crate::compare::Compare;
use crate::input::Input;
use crate::output::{FailOn, Format, say, show};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use k6_summary::compare;
use k6_summary::comparison::Tolerance;
use std::path::PathBuf;
use std::process::ExitCode;

/// Judges what k6 measured, compares it with earlier runs and prints it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    summarize: Summarize,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Holds one run against an earlier one that measured the same
    Compare(Compare),
    /// Brings the points of one run on several generators together
    #[command(after_help = AFTER_MERGE)]
    Merge(Merge),
}

#[derive(Debug, clap::Args)]
struct Summarize {
    /// k6 summaries or points, one a scenario (`results/cold-start/summary.json` and
    /// `cold-start.json` are both the scenario cold-start), plain or packed by gzip or zstd; or
    /// one file of records, of which the newest is the run; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    among: Among,

    #[command(flatten)]
    reading: Reading,

    #[command(flatten)]
    show: Show,

    #[command(flatten)]
    asked: Asked,
}

#[derive(Debug, clap::Args)]
struct Merge {
    /// Points of the same run, from `k6 run --out json=FILE` or `--out csv=FILE`, or histograms
    /// of an earlier merge; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// What the scenario is called; by default as the first file
    #[arg(long, value_name = "NAME",
        conflicts_with_all = ["hdr", "metric", "percentiles", "group_by", "window"])]
    name: Option<String>,

    /// Print histograms in place of an answer, some kilobytes a group, to be merged with others
    #[arg(long, conflicts_with_all = OF_A_RUN, conflicts_with_all = ["format", "percentiles"])]
    hdr: bool,

    #[command(flatten)]
    among: Among,

    #[command(flatten)]
    reading: Reading,

    #[command(flatten)]
    show: Show,

    #[command(flatten)]
    asked: Asked,
}

/// The runs that a run is compared with.
#[derive(Debug, clap::Args)]
struct Among {
    /// Earlier records to compare with, one or many, one a line; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,

    /// What was tested; only runs of the same environment are compared
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,

    /// What the script and its load are called; only runs of the same fingerprint are compared,
    /// and without one all summaries and points of a scenario count as the same
    #[arg(long, value_name = "TEXT")]
    fingerprint: Option<String>,
}

/// How a run and its comparison are shown.
#[derive(Debug, clap::Args)]
struct Show {
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// How much worse a figure may get before it is bold: 0.25 is 25 %
    #[arg(long, value_name = "SHARE", default_value_t = 0.25, value_parser = share)]
    tolerance: f64,

    /// Latencies that differ by less are equal, in milliseconds; 5 suits servers that answer within 20
    #[arg(long, value_name = "MS", default_value_t = 0.0, value_parser = milliseconds)]
    min_delta: f64,

    /// What ends with exit code 3
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = FailOn::Threshold)]
    fail_on: FailOn,
}

impl Show {
    fn tolerance(&self) -> Tolerance {
        Tolerance::new(self.tolerance, self.min_delta)
    }
}

const AFTER_HELP: &str = "\
Examples:
  k6 run --summary-trend-stats 'avg,min,med,max,p(90),p(95),p(99),count' \\
    --summary-export results/checkout.json checkout.js
  k6-summary results/*.json
  k6-summary results/*.json --format json > run.json
  k6-summary results/*.json --previous run.json --format markdown
  k6-summary history.ndjson
  k6 run --quiet --out json=- checkout.js | k6-summary - --group-by scenario
  k6-summary points.ndjson.gz --metric mcp_call_duration --percentiles 50,99,99.9 --group-by tool
  k6-summary compare monday.json tuesday.json

Exit codes:
  0  done
  1  could not do it, or no scenario ran; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news (--fail-on)";

const AFTER_MERGE: &str = "\
Examples:
  k6-summary merge segment-*.ndjson.gz
  k6-summary merge segment-*.ndjson.gz --group-by scenario,tool
  k6-summary merge segment-1.ndjson --hdr --group-by scenario > segment-1.hdr
  k6-summary merge segment-*.hdr --group-by scenario

Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news (--fail-on)";

fn main() -> ExitCode {
    let Cli { command, summarize } = Cli::parse();
    check_stdin(command.as_ref(), &summarize);
    let done = match command {
        Some(Command::Compare(args)) => compare::compare(&args),
        Some(Command::Merge(args)) => run_merge(&args),
        None => run_summarize(&summarize),
    };
    done.unwrap_or_else(|err| {
        let advice = err.chain().find_map(|it| advice(it.downcast_ref()?));
        let advice = advice.map_or_else(String::new, |it| format!("; {it}"));
        say(&format!("error: {err:#}{advice}"));
        ExitCode::FAILURE
    })
}

/// Standard input can be read once.
fn check_stdin(command: Option<&Command>, summarize: &Summarize) {
    let files: Vec<&PathBuf> = match command {
        Some(Command::Compare(it)) => vec![&it.earlier, &it.later],
        Some(Command::Merge(it)) => it.files.iter().chain(&it.among.previous).collect(),
        None => summarize.files.iter().chain(&summarize.among.previous).collect(),
    };
    if files.into_iter().filter(|it| files::is_stdin(it)).count() > 1 {
        let twice = "standard input (`-`) is asked for twice; it can be read once";
        Cli::command().error(ErrorKind::ArgumentConflict, twice).exit();
    }
}

fn run_summarize(args: &Summarize) -> anyhow::Result<ExitCode> {
    if args.asked.is_any() {
        args.asked.answer(&args.files, &args.reading, args.show.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    let input = input::read(&args.files, &args.reading)?;
    judged(input, &args.among, &args.reading, &args.show)
}

fn run_merge(args: &Merge) -> anyhow::Result<ExitCode> {
    if args.hdr {
        args.asked.histograms(&args.files, &args.reading)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.asked.is_any() {
        args.asked.answer(&args.files, &args.reading, args.show.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    let input = input::merge(&args.files, args.name.as_deref(), &args.reading)?;
    judged(input, &args.among, &args.reading, &args.show)
}

fn judged(input: Input, among: &Among, reading: &Reading, args: &Show) -> anyhow::Result<ExitCode> {
    let input = input.with(among.environment.as_deref(), among.fingerprint.as_deref());
    let Input { run, earlier: mut history, sampled } = input;
    history.extend(among.previous.as_deref().map(input::history).transpose()?.unwrap_or_default());
    let mut timelines = Vec::new();
    if matches!(args.format, Format::Html) {
        for it in &sampled {
            timelines.extend(it.timeline(reading)?);
        }
    }
    let comparison = compare(&run, &history, args.tolerance());
    show(&run, &comparison, &history, &timelines, (args.format, args.fail_on))
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(it) if (0.0..=100.0).contains(&it) => Ok(it),
        _ => Err("a share is a number such as 0.25".to_owned()),
    }
}

fn milliseconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(it) if (0.0..=1e9).contains(&it) => Ok(it),
        _ => Err("milliseconds are a number such as 5".to_owned()),
    }
}
