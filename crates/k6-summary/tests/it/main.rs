//! The crate from outside: real files of k6, the text that people read, the command line, real k6.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arguments;
mod baseline;
mod cli;
mod csv;
mod damaged_points;
mod headline;
mod histories;
mod html;
mod judge;
mod k6;
mod k6_points;
mod many_names;
mod marks;
mod merge;
mod no_latency;
mod points;
mod premise;
mod record;
mod report;
mod rule;
mod runs;
mod summary;
mod terminal_and_markdown;
mod unjudged;

use k6_summary::{Measurement, Scenario, Summary, judge};
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn summary(name: &str) -> Summary {
    let json = std::fs::read_to_string(fixture(name)).unwrap();
    json.parse().unwrap_or_else(|err| panic!("{name}: {err}"))
}

fn measurement<'a>(summary: Option<&'a Summary>) -> Measurement<'a> {
    let mut measurement = Measurement::new("mix", summary);
    measurement.fingerprint = "9c41e0b2";
    measurement.k6_exit = Some(0);
    measurement
}

fn judged(name: &str) -> Scenario {
    judge(&measurement(Some(&summary(name))))
}
