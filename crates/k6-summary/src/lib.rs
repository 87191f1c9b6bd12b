#![doc = include_str!("../README.md")]

mod band;
mod baseline;
mod blobs;
mod blocks;
mod calls;
mod chart;
mod column;
mod compare;
mod csv;
mod curve;
mod distribution;
mod error;
mod escape;
mod exit;
mod export;
mod figure;
mod file;
mod hdr;
mod history;
mod html;
mod intake;
mod judge;
mod leaf;
mod line;
mod markdown;
mod metric;
mod moment;
mod part;
mod percentile;
mod plan;
mod points;
mod run;
mod scan;
mod sentence;
mod series;
mod submetrics;
mod table;
mod tabulated;
mod tally;
mod threshold;
mod timeline;
mod trend;
mod whole;
mod wire;
mod zstd;

/// The parts of a [`Comparison`].
pub mod comparison {
    pub use crate::band::Band;
    pub use crate::baseline::Baseline;
    pub use crate::column::{Column, Direction};
    pub use crate::compare::{Cell, Change, Compared, Drift, Tolerance};
}

#[doc = include_str!("../RECORD.md")]
pub mod record {
    pub use crate::run::{Breakdown, Latency, Skipped, Target};
}

#[cfg(any(test, feature = "simulation"))]
pub mod simulation;

/// What goes into [`Points`] and comes out of them.
pub mod samples {
    pub use crate::distribution::Distribution;
    pub use crate::intake::Samples;
}

pub use crate::{
    compare::{Comparison, compare},
    error::Error,
    export::history_csv,
    history::{Notice, read_history},
    html::html,
    intake::{Source, open},
    judge::{Conditions, Limits, Measurement, judge},
    markdown::markdown,
    metric::{Metric, Trend},
    plan::Query,
    points::Points,
    run::{Run, Scenario, Verdict},
    table::{Style, terminal},
    timeline::Timeline,
    wire::Summary,
};
