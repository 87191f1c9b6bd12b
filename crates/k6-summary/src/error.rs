use std::error::Error as _;
use std::fmt::Write as _;
use std::io;

/// Why a file is no k6 summary or no record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("empty; k6 writes its summary at the end of a run, so the run did not get there")]
    Empty,
    #[error("not JSON")]
    Json(#[source] serde_json::Error),
    #[error("JSON, but not a k6 summary; pass what `k6 run --summary-export FILE` wrote")]
    NotASummary,
    #[error(
        "k6's NDJSON points (`--out json`), not a summary; pass what `--summary-export FILE` wrote"
    )]
    Points,
    #[error("k6's machine-readable summary in version {version}; version 1 is known")]
    UnknownVersion { version: String },
    #[error("the metric {metric} is not as k6 writes it")]
    Metric {
        metric: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("failed to read")]
    Read(#[source] io::Error),
    #[error(
        "longer than {limit_mb} MB, and no point of k6 near its beginning: no summary is that long"
    )]
    TooLong { limit_mb: u64 },
    #[error("not text: byte {byte} is none of UTF-8")]
    NotText { byte: usize },
    #[error("the {packing} stream breaks off after line {lines}, so the file is not whole")]
    Packed {
        packing: String,
        lines: u64,
        #[source]
        source: io::Error,
    },
    #[error("line {line} is not JSON (column {column}), so it is no point of k6")]
    LineNotJson { line: u64, column: usize },
    #[error("line {line} is no point of k6")]
    LineNotK6 { line: u64 },
    #[error("line {line} has a number beyond what a sample can be")]
    LineOutOfRange { line: u64 },
    #[error("line {line} is longer than {limit_mb} MB, as no point of k6 is")]
    LineTooLong { line: u64, limit_mb: usize },
    #[error("line {line} is cut short, as by a full disk or a killed k6")]
    LineCutShort { line: u64 },
    #[error("line {line} declares {metric} as {kind}, and before it was {before}")]
    Redeclared { line: u64, metric: String, kind: String, before: String },
    #[error(
        "line {line} declares {submetric}, which is not told apart in what was read before; pass \
         this file before the others"
    )]
    NotToldApart { line: u64, submetric: String },
    #[error(
        "the start of no scenario is known, from which the warm-up and windows are counted; k6 \
         has to write its system tag scenario or group"
    )]
    NoStart,
    #[error("a histogram has no timestamps; leave the warm-up out where it is made")]
    HdrSkip,
    #[error("line {line} is of {found}, and asked for is {asked}; give the same window")]
    HdrWindow { line: u64, found: String, asked: String },
    #[error("{metric} has more than 2^53 samples, which cannot be counted exactly")]
    TooManySamples { metric: String },
    #[error("{metric} has the value {value}, which a histogram cannot hold; leave the exact form")]
    NoBucket { metric: String, value: f64 },
    #[error("histograms of single metrics, from which no run can be judged; name a metric of them")]
    NoRun,
    #[error(
        "summaries and records have no samples, and percentiles of percentiles are wrong; pass points, which k6 writes with `--out json=FILE`"
    )]
    NoSamples,
    #[error("not a record of a run")]
    NotARecord(#[source] serde_json::Error),
    #[error("a record of schema {schema}; this version reads schema {known}")]
    UnknownSchema { schema: u32, known: u32 },
}

/// Why a line is no point and no declaration of k6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    NotJson {
        column: usize,
    },
    /// A number such as `1e400`.
    OutOfRange,
    NotK6,
    TooLong {
        limit_mb: usize,
    },
    CutShort,
}

impl Error {
    pub(crate) fn flaw(line: u64, flaw: Flaw) -> Self {
        match flaw {
            Flaw::NotJson { column } => Self::LineNotJson { line, column },
            Flaw::OutOfRange => Self::LineOutOfRange { line },
            Flaw::NotK6 => Self::LineNotK6 { line },
            Flaw::TooLong { limit_mb } => Self::LineTooLong { line, limit_mb },
            Flaw::CutShort => Self::LineCutShort { line },
        }
    }

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
