use std::error::Error as _;
use std::fmt::Write as _;

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
    #[error("not a record of a run")]
    NotARecord(#[source] serde_json::Error),
    #[error("a record of schema {schema}; this version reads schema {known}")]
    UnknownSchema { schema: u32, known: u32 },
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
