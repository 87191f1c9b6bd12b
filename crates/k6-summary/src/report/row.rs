//! A scenario as a row of the table: its figures as text, and their marks.

use crate::compare::column::Column;
use crate::compare::rule::Compared;
use crate::record::run::{Scenario, Verdict};
use crate::text::number::{NONE, OUTSIDE, change, count, or_none, percent};

pub(crate) const HEADER: [&str; 8] =
    ["scenario", "verdict", "calls", "errors", "P50 ms", "P95 ms", "P99 ms", "calls/s"];

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    pub(crate) calls: String,
    pub(crate) errors: String,
    /// In the order of [`Column::ALL`].
    pub(crate) figures: [Figure; 4],
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
}

impl Row {
    pub(crate) fn of(scenario: &Scenario, compared: Option<&Compared>) -> Self {
        let figures = Column::ALL.map(|column| {
            let cell = compared.and_then(|it| it.cells.iter().find(|it| it.column == column));
            let change_of = cell.and_then(|it| it.change);
            Figure {
                value: value(column.of(scenario), cell.is_some_and(|it| it.few_samples)),
                change: change_of.map(|it| format!("({})", change(it.ratio))),
                worse: change_of.is_some_and(|it| it.worse),
                mark: cell.is_some_and(|it| it.outside).then_some(OUTSIDE),
            }
        });
        Self {
            name: scenario.name.clone(),
            verdict: scenario.verdict,
            calls: scenario.calls.map_or_else(|| NONE.to_owned(), count),
            errors: scenario.error_rate.map_or_else(|| NONE.to_owned(), percent),
            figures,
        }
    }
}

/// A figure, with `~` before one that stands on too few samples.
pub(crate) fn value(figure: Option<f64>, few_samples: bool) -> String {
    let value = or_none(figure);
    if few_samples && value != NONE { format!("~{value}") } else { value }
}
