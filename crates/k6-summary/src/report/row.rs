//! A scenario: its row of the table, with marks, its details and its charts.

use crate::compare::baseline::find;
use crate::compare::column::Column;
use crate::compare::rule::{Compared, Comparison};
use crate::points::timeline::Timeline;
use crate::record::run::{Run, Scenario, Verdict};
use crate::report::chart::Chart;
use crate::report::curve::{checks_over_time, over_time, percentiles, rates_over_time};
use crate::report::details::{Block, details};
use crate::report::ladder::over_users;
use crate::report::over_runs::over_runs;
use crate::text::kind::Tone;
use crate::text::number::{NEARLY, NONE, OUTSIDE, change, count, counted, measured, percent};

pub(crate) const HEADER: [&str; 8] =
    ["scenario", "verdict", "calls", "errors", "P50 ms", "P95 ms", "P99 ms", "calls/s"];

const SHOWN: [Column; 5] =
    [Column::Errors, Column::P50, Column::P95, Column::P99, Column::Throughput];

/// What is said about a scenario.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    pub(crate) calls: String,
    /// From the errors on, as the header has them.
    pub(crate) figures: [Figure; 5],
    pub(crate) details: Vec<Block>,
    /// How many runs the charts over them show.
    pub(crate) before: String,
    pub(crate) over_runs: Vec<Chart>,
    pub(crate) curves: Vec<Chart>,
}

/// A figure as text, its change beside it.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) value: String,
    pub(crate) change: Option<String>,
    /// Worse than the tolerance allows.
    pub(crate) worse: bool,
    /// What stands behind a figure that is outside its noise band.
    pub(crate) mark: Option<&'static str>,
    pub(crate) tone: Tone,
}

impl Row {
    /// `earlier` are the runs before, newest first.
    pub(crate) fn of(
        (run, scenario): (&Run, &Scenario),
        comparison: &Comparison,
        earlier: &[&Run],
        timeline: Option<&Timeline>,
    ) -> Self {
        let compared = comparison.scenarios.iter().find(|it| it.name == scenario.name);
        let comparable = find(run, scenario, earlier).runs;
        let tolerance = comparison.tolerance;
        let over_runs =
            compared.map(|it| over_runs((run, scenario), &it.cells, &comparable, tolerance));
        let previous = comparable.first().map(|it| it.1);
        let ladder = over_users(scenario);
        let has_ladder = ladder.is_some();
        let over = ladder.or_else(|| timeline.and_then(over_time));
        let latency = timeline.filter(|_| has_ladder).and_then(over_time);
        let rates = timeline.and_then(rates_over_time);
        let checks = timeline.and_then(checks_over_time);
        let curves = [percentiles(scenario, previous, timeline), over, latency, rates, checks];
        Self {
            name: scenario.name.clone(),
            verdict: scenario.verdict,
            calls: scenario.calls.map_or_else(|| NONE.to_owned(), count),
            figures: SHOWN.map(|it| figure(it, scenario, compared)),
            details: details(scenario, compared),
            before: format!("{} before", counted(comparable.len(), "comparable run")),
            over_runs: over_runs.unwrap_or_default(),
            curves: curves.into_iter().flatten().collect(),
        }
    }
}

fn figure(column: Column, scenario: &Scenario, compared: Option<&Compared>) -> Figure {
    let cell = compared.and_then(|it| it.cells.iter().find(|it| it.column == column));
    let change_of = cell.and_then(|it| it.change);
    let worse = change_of.is_some_and(|it| it.worse);
    let outside = cell.is_some_and(|it| it.outside);
    let few = cell.is_some_and(|it| it.few_samples);
    let nearly = column == Column::Throughput && scenario.approximate_rates;
    let (value, change) = match column {
        // Most runs have none before and none now.
        Column::Errors => (
            scenario.error_rate.map_or_else(|| NONE.to_owned(), percent),
            change_of
                .filter(|it| it.worse || it.better || outside)
                .map(|it| format!("(was {})", percent(it.previous))),
        ),
        _ => (
            format!("{}{}", if nearly { NEARLY } else { "" }, measured(column.of(scenario), few)),
            change_of.map(|it| format!("({})", change(it.ratio))),
        ),
    };
    Figure {
        value,
        change,
        worse,
        mark: outside.then_some(OUTSIDE),
        tone: match (outside, worse) {
            (true, _) => Tone::Bad,
            (false, true) => Tone::Strong,
            (false, false) => Tone::Plain,
        },
    }
}
