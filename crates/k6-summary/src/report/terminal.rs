//! The cells of a run, and its table for the terminal.

use crate::compare::column::Column;
use crate::compare::rule::Comparison;
use crate::record::run::{Breakdown, Latency, Run, Scenario};
use crate::report::sentence::{drifts, headline, legend, tally, target, title};
use crate::text::escape::{one_line, within_line};
use crate::text::number::{NONE, OUTSIDE, change, count, or_none, percent, time};
use comfy_table::{Attribute, CellAlignment, ContentArrangement, Table, presets};

/// How the terminal's text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Bold by escape sequence; otherwise between `**`.
    pub ansi: bool,
    /// Columns of the terminal.
    pub width: u16,
}

pub(crate) const HEADER: [&str; 8] =
    ["scenario", "verdict", "calls", "errors", "P50 ms", "P95 ms", "P99 ms", "calls/s"];

/// A figure as text, its change beside it.
pub(crate) struct Figure {
    pub(crate) value: String,
    pub(crate) change: Option<String>,
    pub(crate) worse: bool,
    /// Outside the noise band.
    pub(crate) outside: bool,
}

/// P50, P95, P99 and throughput of a scenario.
pub(crate) fn figures(scenario: &Scenario, comparison: &Comparison) -> [Figure; 4] {
    let compared = comparison.scenarios.iter().find(|it| it.name == scenario.name);
    Column::ALL.map(|column| {
        let cell = compared.and_then(|it| it.cells.iter().find(|it| it.column == column));
        let value = or_none(column.of(scenario));
        let few = value != NONE && cell.is_some_and(|it| it.few_samples);
        let change_of = cell.and_then(|it| it.change);
        Figure {
            value: if few { format!("~{value}") } else { value },
            change: change_of.map(|it| format!("({})", change(it.ratio))),
            worse: change_of.is_some_and(|it| it.worse),
            outside: cell.is_some_and(|it| it.outside),
        }
    })
}

/// A percentile of a part of the calls.
pub(crate) fn part(column: Column, it: &Breakdown) -> String {
    let Latency { p50, p95, p99, .. } = it.latency_ms;
    let value = match column {
        Column::P50 => p50,
        Column::P95 => p95,
        Column::P99 => p99,
        Column::Throughput => None,
    };
    let few = value.is_some() && column.few_samples(it.calls.unwrap_or(0));
    format!("{}{}", if few { "~" } else { "" }, or_none(value))
}

/// Calls and error rate of a scenario.
pub(crate) fn counts(scenario: &Scenario) -> [String; 2] {
    [
        scenario.calls.map_or_else(|| NONE.to_owned(), count),
        scenario.error_rate.map_or_else(|| NONE.to_owned(), percent),
    ]
}

/// The verdict in a sentence, the table, and what has to be said about it.
pub fn terminal(run: &Run, comparison: &Comparison, style: Style) -> String {
    let mut lines = vec![bold(&format!("{}: {}", title(run), headline(run, comparison)), style)];
    let mut about = vec![time(&run.started)];
    about.extend(run.target.clone());
    about.extend(run.k6.as_ref().map(|it| format!("k6 {it}")));
    lines.push(one_line(&about.join(", ")));
    lines.push(String::new());
    lines.push(table(run, comparison, style));
    lines.push(String::new());
    lines.extend(legend(comparison).iter().map(|it| one_line(it)));
    for scenario in &run.scenarios {
        for reason in &scenario.reasons {
            lines.push(format!("{}: {}", one_line(&scenario.name), within_line(reason)));
        }
    }
    for (name, drift) in drifts(comparison) {
        lines.push(format!("{}: {drift}", one_line(name)));
    }
    for scenario in &run.scenarios {
        if let Some(tally) = tally(scenario) {
            lines.push(format!("{}: targets {tally}", one_line(&scenario.name)));
        }
        for it in scenario.targets.iter().filter(|it| it.met != Some(true)) {
            lines.push(format!("  {}", one_line(&target(it))));
        }
    }
    lines.extend(
        run.skipped.iter().map(|it| one_line(&format!("skipped {}: {}", it.name, it.reason))),
    );
    lines.extend(run.dirty.iter().map(|it| one_line(&format!("dirty: {it}"))));
    lines.join("\n") + "\n"
}

fn bold(text: &str, style: Style) -> String {
    let text = one_line(text);
    if style.ansi { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text }
}

/// One line a scenario where that fits, else the changes under the figures.
fn table(run: &Run, comparison: &Comparison, style: Style) -> String {
    let width = usize::from(style.width);
    let fits = lay(run, comparison, Style { ansi: false, ..style }, " ")
        .lines()
        .all(|it| it.chars().count() <= width);
    let between = if fits { " " } else { "\n" };
    let table = lay(run, comparison, style, between).to_string();
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn lay(run: &Run, comparison: &Comparison, style: Style, between: &str) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(HEADER);
    if between == "\n" {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width);
    }
    if style.ansi {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for scenario in &run.scenarios {
        let [calls, errors] = counts(scenario);
        let mut row: Vec<comfy_table::Cell> = vec![
            one_line(&scenario.name).into(),
            scenario.verdict.into(),
            calls.into(),
            errors.into(),
        ];
        row.extend(figures(scenario, comparison).into_iter().map(|it| cell(it, style, between)));
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 < HEADER.len() { 2 } else { 0 }));
        if index > 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn cell(figure: Figure, style: Style, between: &str) -> comfy_table::Cell {
    let Figure { value, change, worse, outside } = figure;
    let marked = worse && !style.ansi;
    let mark = if outside { format!(" {OUTSIDE}") } else { String::new() };
    let text = match change {
        Some(change) if marked && between == " " => format!("**{value} {change}{mark}**"),
        Some(change) if between == " " => format!("{value} {change}{mark}"),
        Some(change) if marked => format!("**{value}{mark}**{between}{change}"),
        Some(change) => format!("{value}{mark}{between}{change}"),
        None => format!("{value}{mark}"),
    };
    let cell = comfy_table::Cell::new(text);
    if worse && style.ansi { cell.add_attribute(Attribute::Bold) } else { cell }
}
