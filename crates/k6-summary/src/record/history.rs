//! Earlier records, as a file or a pipe holds them.

use crate::record::run::Run;
use std::fmt;

/// A piece of a history that was not used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// Counted from 1.
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the history skipped: {}", self.line, self.reason)
    }
}

/// Reads earlier records: one of them in any layout, or one a line.
///
/// Returns them oldest first, and a notice for every line that holds no record of a known
/// schema version.
pub fn read_history(ndjson: &str) -> (Vec<Run>, Vec<Notice>) {
    let ndjson = ndjson.trim_start_matches('\u{feff}');
    let mut runs = Vec::new();
    let mut notices = Vec::new();
    let one = serde_json::from_str::<serde::de::IgnoredAny>(ndjson).is_ok();
    let records: Vec<(usize, &str)> = if one {
        vec![(1, ndjson)]
    } else {
        ndjson.lines().enumerate().map(|(index, line)| (index + 1, line)).collect()
    };
    for (line, record) in records {
        if record.trim().is_empty() {
            continue;
        }
        match record.parse::<Run>() {
            Ok(run) => runs.push(run),
            Err(error) => notices.push(Notice { line, reason: error.with_causes() }),
        }
    }
    runs.sort_by(|a, b| a.started.cmp(&b.started));
    (runs, notices)
}
