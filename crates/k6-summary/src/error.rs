//! Why something cannot be read, as facts: what to do about it depends on who reads.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;
use tool_edge::printable_within;

/// Why a file is no summary, no points and no record, or does not fit what was read before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file without content.
    #[error("empty; k6 writes its summary at the end of a run, so the run did not get there")]
    Empty,
    /// Neither JSON nor points.
    #[error("not JSON")]
    Json(#[source] serde_json::Error),
    /// The JSON of some other program.
    #[error("JSON, but not a k6 summary")]
    NotASummary,
    /// Points where a summary is wanted.
    #[error("k6's NDJSON points, not a summary")]
    Points,
    /// A format of a k6 that is newer than this crate.
    #[error("k6's machine-readable summary in version {version}; version 1 is known")]
    UnknownVersion { version: String },
    /// A metric of a summary has other fields than its kind has.
    #[error("the metric {metric} is not as k6 writes it")]
    Metric {
        metric: String,
        #[source]
        source: serde_json::Error,
    },
    /// The system failed to read.
    #[error("failed to read")]
    Read(#[source] io::Error),
    /// A large file in which no points were found.
    #[error(
        "longer than {limit_mb} MB, and no point of k6 near its beginning: no summary is that long"
    )]
    TooLong { limit_mb: u64 },
    /// Bytes, and no points.
    #[error("not text: byte {byte} is none of UTF-8")]
    NotText { byte: usize },
    /// A packed file that breaks off or is damaged; the lines before that were read.
    #[error("the {packing} stream breaks off after line {lines}, so the file is not whole")]
    Packed {
        packing: String,
        lines: u64,
        #[source]
        source: io::Error,
    },
    /// A line is no point.
    #[error("line {line} {flaw}")]
    Line { line: u64, flaw: Flaw },
    /// A metric is of two kinds in one run.
    #[error("line {line} declares {metric} as {kind}, and before it was {before}")]
    Redeclared { line: u64, metric: String, kind: String, before: String },
    /// A submetric of which samples were read already, without what tells them apart.
    #[error("line {line} declares {submetric}, which is not told apart in what was read before")]
    NotToldApart { line: u64, submetric: String },
    /// A metric has other thresholds than in what was read before.
    #[error("line {line} declares {metric} with other thresholds than before: another script")]
    OtherScript { line: u64, metric: String },
    /// Points that were read before, be they packed or not.
    #[error("the same points as in a file before it")]
    SameFile,
    /// Points of another time than those before.
    #[error("no moment in common with the files before it, from which it is {:?} away: another run", millis(*gap))]
    Apart { gap: Duration },
    /// No point has the tag `scenario` or `group`, which tell when a scenario started.
    #[error("the start of no scenario is known, from which the warm-up and windows are counted")]
    NoStart,
    /// A warm-up cannot be left out of a histogram.
    #[error("a histogram has no timestamps")]
    HdrSkip,
    /// A histogram of other windows than are asked for; `None` is the whole time.
    #[error("line {line} is of {}, and asked for is {}", windows(*found), windows(*asked))]
    HdrWindow { line: u64, found: Option<Duration>, asked: Option<Duration> },
    /// Beyond this a count is not exact.
    #[error("{metric} has more than 2^53 samples, which cannot be counted exactly")]
    TooManySamples { metric: String },
    /// A negative or an enormous value.
    #[error("{metric} has the value {value}, which a histogram cannot hold")]
    NoBucket { metric: String, value: f64 },
    /// Histograms where the points of a run are wanted.
    #[error("histograms of single metrics, from which no run can be judged")]
    NoRun,
    /// JSON that lacks what every record has.
    #[error("not a record of a run")]
    NotARecord(#[source] serde_json::Error),
    /// A record of a later version of this crate.
    #[error("a record of schema {schema}; this version reads schema {known}")]
    UnknownSchema { schema: u32, known: u32 },
}

/// Why a line is no point and no declaration of k6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Words of somebody else.
    #[error("is not JSON (column {column}), so it is no point of k6")]
    NotJson { column: usize },
    /// A number such as `1e400`.
    #[error("has a number beyond what a sample can be")]
    OutOfRange,
    /// JSON or a row of somebody else.
    #[error("is no point of k6")]
    NotK6,
    /// It was passed over unread.
    #[error("is longer than {limit_mb} MB, as no point of k6 is")]
    TooLong { limit_mb: usize },
    /// The last line of a file, or a row with too few columns.
    #[error("is cut short, as by a full disk or a killed k6")]
    CutShort,
}

impl Error {
    /// The message with those of its causes behind colons.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(text, ": {error}").expect("writing to a String does not fail");
            cause = error.source();
        }
        text
    }
}

/// A name from a file as it may stand in an error.
pub(crate) fn shown(name: &str) -> String {
    printable_within(name, 80)
}

fn millis(it: Duration) -> Duration {
    Duration::from_millis(it.as_millis().try_into().unwrap_or(u64::MAX))
}

fn windows(length: Option<Duration>) -> String {
    length.map_or_else(|| "the whole time".to_owned(), |it| format!("windows of {it:?}"))
}
