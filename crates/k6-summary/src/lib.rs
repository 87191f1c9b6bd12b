#![doc = include_str!("../README.md")]

mod compare;
mod error;
mod intake;
mod judge;
mod points;
mod record;
mod report;
mod summary;
mod tally;
mod text;

/// The parts of a [`Comparison`].
pub mod comparison {
    pub use crate::compare::band::{Band, Standing};
    pub use crate::compare::baseline::Baseline;
    pub use crate::compare::cell::{Cell, Change, Drift, Tolerance};
    pub use crate::compare::column::{Column, Direction};
    pub use crate::compare::rule::{Compared, ComparedPart};
}

#[doc = include_str!("../RECORD.md")]
pub mod run {
    pub use crate::record::figures::{Checks, Example, Latency, Resources, Sessions};
    pub use crate::record::run::{Breakdown, Server, Skipped, Target};
}

/// What goes into [`Points`] and comes out of them.
pub mod samples {
    pub use crate::intake::open::PointStream;
    pub use crate::tally::distribution::Distribution;
}

/// How often the rule of comparison is wrong, and how often it sees what is there.
#[cfg(any(test, feature = "simulation"))]
pub mod simulation {
    pub use crate::compare::simulation::{Rates, drifts, rates};
    pub use crate::compare::weeks::{PROFILES, Profile};
}

pub use crate::compare::rule::{Comparison, compare};
pub use crate::error::{Error, Flaw};
pub use crate::intake::open::{Source, open};
pub use crate::intake::query::Query;
pub use crate::judge::measurement::{Conditions, Limits, Measurement, judge};
pub use crate::points::reader::Points;
pub use crate::points::timeline::Timeline;
pub use crate::record::csv::history_csv;
pub use crate::record::history::{Notice, read_history};
pub use crate::record::run::{Run, Scenario, Verdict};
pub use crate::report::all_runs::history_html;
pub use crate::report::content::Report;
pub use crate::report::html::html;
pub use crate::report::markdown::markdown;
pub use crate::report::terminal::{Style, terminal};
pub use crate::summary::metric::{Metric, Trend};
pub use crate::summary::wire::Summary;
