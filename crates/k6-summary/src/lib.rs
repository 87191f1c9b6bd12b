#![doc = include_str!("../README.md")]

mod baseline;
mod calls;
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

pub use crate::{
    baseline::{Baseline, PassedOver},
    compare::{Cell, Change, Column, Compared, Comparison, Direction, compare},
    error::Error,
    history::{Notice, read_history},
    judge::{Conditions, Limits, Measurement, judge},
    markdown::markdown,
    metric::{Metric, Trend},
    run::{Breakdown, Latency, Run, Scenario, Skipped, Target, Verdict},
    table::{Style, terminal},
    wire::Summary,
};
