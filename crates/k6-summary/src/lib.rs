#![doc = include_str!("../README.md")]

mod band;
mod baseline;
mod calls;
mod column;
mod compare;
mod error;
mod escape;
mod exit;
mod figure;
mod history;
mod judge;
mod markdown;
mod metric;
mod run;
mod sentence;
mod table;
mod threshold;
mod wire;

/// The parts of a [`Comparison`].
pub mod comparison {
    pub use crate::band::Band;
    pub use crate::baseline::Baseline;
    pub use crate::column::{Column, Direction};
    pub use crate::compare::{Cell, Change, Compared, Drift, Tolerance};
}

/// The parts of the record of a [`Run`].
pub mod record {
    pub use crate::run::{Breakdown, Latency, Skipped, Target};
}

#[cfg(any(test, feature = "simulation"))]
pub mod simulation;

pub use crate::{
    compare::{Comparison, compare},
    error::Error,
    history::{Notice, read_history},
    judge::{Conditions, Limits, Measurement, judge},
    markdown::markdown,
    metric::{Metric, Trend},
    run::{Run, Scenario, Verdict},
    table::{Style, terminal},
    wire::Summary,
};
