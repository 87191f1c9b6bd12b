//! The command line.

use crate::output::{FailOn, Format};
use clap::{Parser, Subcommand};
use k6_summary::Query;
use k6_summary::comparison::Tolerance;
use std::path::PathBuf;
use std::time::Duration;

/// Judges what k6 measured, compares it with earlier runs and prints it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) summarize: Summarize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Holds one run against an earlier one that measured the same
    Compare(Compare),
    /// Brings the points of one run on several generators together
    #[command(after_help = AFTER_MERGE)]
    Merge(Box<Merge>),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Summarize {
    /// k6 summaries or points, one a scenario (`results/cold-start/summary.json` and
    /// `cold-start.json` are both the scenario cold-start), plain or packed by gzip or zstd; or
    /// one file of records, of which the newest is the run; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) among: Among,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) show: Show,

    #[command(flatten)]
    pub(crate) question: Question,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Merge {
    /// Points of the same run, from `k6 run --out json=FILE` or `--out csv=FILE`, or histograms
    /// of an earlier merge; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// What the scenario is called; by default as the first file
    #[arg(long, value_name = "NAME",
        conflicts_with_all = ["hdr", "metric", "percentiles", "group_by", "window"])]
    pub(crate) name: Option<String>,

    /// Print histograms in place of an answer, some kilobytes a group, to be merged with others
    #[arg(long, conflicts_with_all = OF_A_RUN, conflicts_with_all = ["format", "percentiles"])]
    pub(crate) hdr: bool,

    #[command(flatten)]
    pub(crate) among: Among,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) show: Show,

    #[command(flatten)]
    pub(crate) question: Question,
}

/// Holds one run against an earlier one.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_COMPARE)]
pub(crate) struct Compare {
    /// The earlier run: its record, or a k6 summary
    #[arg(value_name = "A")]
    pub(crate) earlier: PathBuf,
    /// The later run: its record, or a k6 summary
    #[arg(value_name = "B")]
    pub(crate) later: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) show: Show,
}

/// The runs that a run is compared with.
#[derive(Debug, clap::Args)]
pub(crate) struct Among {
    /// Earlier records to compare with, one or many, one a line; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,

    /// What was tested; only runs of the same environment are compared
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,

    /// What the script and its load are called; only runs of the same fingerprint are compared,
    /// and without one all summaries and points of a scenario count as the same
    #[arg(long, value_name = "TEXT")]
    pub(crate) fingerprint: Option<String>,
}

/// What a verdict stands on beside the files.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Judging {
    /// How k6 ended, which its files do not say: 0, 99 where a threshold was crossed, 108 where the
    /// script aborted; of several files each its own, as in search=99
    #[arg(long, value_name = "[SCENARIO=]CODE", value_parser = exit_code)]
    pub(crate) k6_exit_code: Vec<ExitCode>,

    /// Where more of the calls failed, the run is invalid [default: 0.05]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) max_error_rate: Option<f64>,
}

impl Judging {
    pub(crate) fn is_none(&self) -> bool {
        self.k6_exit_code.is_empty() && self.max_error_rate.is_none()
    }
}

/// How k6 ended, of a scenario or of the only one.
#[derive(Debug, Clone)]
pub(crate) struct ExitCode {
    pub(crate) scenario: Option<String>,
    pub(crate) code: i32,
}

/// How a run and its comparison are shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,

    /// How much worse a figure may get before it is bold: 0.25 is 25 %
    #[arg(long, value_name = "SHARE", default_value_t = 0.25, value_parser = share)]
    pub(crate) tolerance: f64,

    /// Latencies that differ by less are equal, in milliseconds; 5 suits servers that answer within 20
    #[arg(long, value_name = "MS", default_value_t = 0.0, value_parser = milliseconds)]
    pub(crate) min_delta: f64,

    /// What ends with exit code 3
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = FailOn::Threshold)]
    pub(crate) fail_on: FailOn,
}

impl Show {
    pub(crate) fn tolerance(&self) -> Tolerance {
        Tolerance::new(self.tolerance, self.min_delta)
    }
}

/// How samples are read.
#[derive(Debug, clap::Args)]
pub(crate) struct Reading {
    /// Leave out the warm-up: points before this time, such as 10s or 1m30s, from the first point
    /// of a scenario in each file
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) skip: Option<Duration>,

    /// Pass over what is no point of k6, and over the missing end of a file, with a notice on
    /// stderr; without it this is an error
    #[arg(long)]
    pub(crate) lenient: bool,
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
const OF_A_RUN: [&str; 8] = [
    "previous",
    "environment",
    "fingerprint",
    "k6_exit_code",
    "max_error_rate",
    "tolerance",
    "min_delta",
    "fail_on",
];

/// A question about samples; it is answered in place of a verdict.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Percentiles of points, in place of a verdict")]
pub(crate) struct Question {
    /// A metric, or a part of one such as 'http_req_duration{expected_response:true}'; `all` is
    /// every metric [default: http_req_duration]
    #[arg(long, value_name = "METRIC", conflicts_with_all = OF_A_RUN)]
    pub(crate) metric: Option<String>,

    /// Which percentiles, from 0 to 100 [default: 50,95,99]
    #[arg(long, value_name = "P,…", value_delimiter = ',', value_parser = percentile,
        conflicts_with_all = OF_A_RUN)]
    pub(crate) percentiles: Vec<f64>,

    /// Tags; points with different values are counted apart
    #[arg(long, value_name = "TAG,…", value_delimiter = ',', conflicts_with_all = OF_A_RUN)]
    pub(crate) group_by: Vec<String>,

    /// Count windows of this length apart, such as 10s
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with_all = OF_A_RUN)]
    pub(crate) window: Option<Duration>,
}

impl Question {
    /// Whether anything is asked.
    pub(crate) fn is_any(&self) -> bool {
        let Self { metric, percentiles, group_by, window } = self;
        metric.is_some() || !percentiles.is_empty() || !group_by.is_empty() || window.is_some()
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
  k6 run --summary-export checkout.json checkout.js; k6-summary checkout.json --k6-exit-code $?

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

const AFTER_COMPARE: &str = "\
Compared are scenarios of the same environment, name and fingerprint, where the earlier run measured
well: not dirty, not invalid, at most 1 % of its calls failed. Two lone summaries are the same
scenario, whatever their files are called.

Examples:
  k6-summary compare before.json after.json
  k6-summary compare monday/run.json tuesday/run.json --format markdown

Exit codes:
  0  done
  1  could not do it, no scenario ran, or the runs are not comparable; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news (--fail-on)";

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(it) if (0.0..=100.0).contains(&it) => Ok(it),
        _ => Err("a share is a number such as 0.25".to_owned()),
    }
}

fn exit_code(text: &str) -> Result<ExitCode, String> {
    let (scenario, code) = match text.rsplit_once('=') {
        Some((scenario, code)) => (Some(scenario.to_owned()), code),
        None => (None, text),
    };
    let code = code.trim().parse().map_err(|_| "an exit code is a number such as 99".to_owned())?;
    Ok(ExitCode { scenario, code })
}

fn milliseconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(it) if (0.0..=1e9).contains(&it) => Ok(it),
        _ => Err("milliseconds are a number such as 5".to_owned()),
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
