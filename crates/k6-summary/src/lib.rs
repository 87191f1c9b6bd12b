#![doc = include_str!("../README.md")]

mod calls;
mod compare;
mod error;
mod escape;
mod figure;
mod judge;
mod markdown;
mod metric;
mod run;
mod sentence;
mod table;
mod threshold;
mod wire;

pub use crate::{
    compare::{
        Baseline, Cell, Change, Column, Compared, Comparison, Direction, PassedOver, compare,
    },
    error::Error,
    judge::{Conditions, Limits, Measurement, judge},
    markdown::markdown,
    metric::{Metric, Trend},
    run::{Breakdown, Latency, Notice, Run, Scenario, Skipped, Target, Verdict, read_history},
    table::{Style, terminal},
    wire::Summary,
};
