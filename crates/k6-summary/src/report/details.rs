//! What is said of one scenario under the table, where there is room for it.

use crate::compare::band::Band;
use crate::compare::column::Column;
use crate::compare::rule::{Cell, Compared};
use crate::record::run::{Breakdown, Scenario, Target};
use crate::text::kind::{Phrase, Text, Tone};
use crate::text::number::{NONE, count, limit, measured, or_none, rounded};

/// Something to read about a scenario.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// Words in the first column, numbers in the others.
    Table([&'static str; 5], Vec<(Text, [String; 4])>),
    Phrase(Phrase),
    /// How many targets were met, missed and not measured, and each of them.
    Targets(String, Vec<TargetWords>),
}

/// What is said of one target.
#[derive(Debug, Clone)]
pub(crate) struct TargetWords {
    pub(crate) words: String,
    pub(crate) tone: Tone,
    /// Whether it is known to be met, and need not be read.
    pub(crate) met: bool,
}

/// The calls by RPC and tool, the failures by class, the targets, the noise bands.
pub(crate) fn details(scenario: &Scenario, compared: Option<&Compared>) -> Vec<Block> {
    let calls: Vec<_> = scenario.by.iter().map(part).collect();
    let bands = compared.map(|it| bands(scenario, it)).unwrap_or_default();
    let table = |header, rows: Vec<_>| (!rows.is_empty()).then_some(Block::Table(header, rows));
    let blocks = [
        table(["calls to", "calls", "P50 ms", "P95 ms", "P99 ms"], calls),
        failures(scenario),
        scenario.offered.map(|it| {
            Block::Phrase(vec![Text::Own("Offered calls/s: "), Text::Sentence(rounded(it))])
        }),
        targets(scenario),
        table(["noise band", "now", "median", "⚠ beyond", "runs"], bands),
    ];
    blocks.into_iter().flatten().collect()
}

fn part(it: &Breakdown) -> (Text, [String; 4]) {
    let tags: Vec<&str> = it.tags.values().map(String::as_str).collect();
    let latency = &it.latency_ms;
    let figure =
        |column: Column, figure| measured(figure, column.few_samples(it.calls.unwrap_or(0)));
    let figures = [
        it.calls.map_or_else(|| NONE.to_owned(), count),
        figure(Column::P50, latency.p50),
        figure(Column::P95, latency.p95),
        figure(Column::P99, latency.p99),
    ];
    (Text::Code(tags.join(" ")), figures)
}

fn failures(scenario: &Scenario) -> Option<Block> {
    let mut phrase = vec![Text::Own("Failed calls: ")];
    for (class, it) in &scenario.failures {
        if phrase.len() > 1 {
            phrase.push(Text::Own(", "));
        }
        phrase.extend([Text::Sentence(count(*it)), Text::Own(" "), Text::Code(class.clone())]);
    }
    (phrase.len() > 1).then_some(Block::Phrase(phrase))
}

/// Where each figure usually lies and beyond what it is marked.
fn bands(scenario: &Scenario, compared: &Compared) -> Vec<(Text, [String; 4])> {
    let row = |cell: &Cell| {
        let Band { center, limit, runs, .. } = cell.band?;
        let now = or_none(cell.column.of(scenario));
        let figures = [now, rounded(center), rounded(limit), runs.to_string()];
        Some((Text::Own(cell.column.name()), figures))
    };
    compared.cells.iter().filter_map(row).collect()
}

fn targets(scenario: &Scenario) -> Option<Block> {
    let all = &scenario.targets;
    let parts = [(Some(true), "met"), (Some(false), "missed"), (None, "not measured")]
        .map(|(met, what)| (all.iter().filter(|it| it.met == met).count(), what));
    let parts = parts.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}"));
    let counts = parts.collect::<Vec<_>>().join(", ");
    let each = all.iter().map(target).collect();
    (!all.is_empty()).then_some(Block::Targets(counts, each))
}

fn target(it: &Target) -> TargetWords {
    let tone = if it.met == Some(false) { Tone::Bad } else { Tone::Plain };
    TargetWords { words: in_words(it), tone, met: it.met == Some(true) }
}

/// `initialize p95 < 500 ms: met, 3.10 ms`
fn in_words(it: &Target) -> String {
    let unit = it.unit.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let bound = format!("{} {} {}{unit}", it.name, it.op, limit(it.limit));
    let word = match it.met {
        None => return format!("{bound}: not measured"),
        Some(true) => "met",
        Some(false) => "missed",
    };
    match it.measured {
        Some(measured) => format!("{bound}: {word}, {}{unit}", rounded(measured)),
        None => format!("{bound}: {word}"),
    }
}
