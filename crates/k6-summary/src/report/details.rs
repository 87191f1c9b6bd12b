//! What is said of one scenario under the table, where there is room for it.

use crate::compare::band::Band;
use crate::compare::cell::Cell;
use crate::compare::column::Column;
use crate::compare::rule::{Compared, ComparedPart};
use crate::record::figures::Resources;
use crate::record::run::{Breakdown, Scenario, Target, part_name};
use crate::report::ladder::held;
use crate::summary::threshold::missed;
use crate::text::kind::{Phrase, Text, Tone};
use crate::text::number::{
    NONE, OUTSIDE, change, count, figure, limit, measured, percent, rounded,
};

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
    /// Whether it need not be read: it was met, or is a reason of the verdict.
    pub(crate) read: bool,
}

/// The calls by RPC and tool, the failures by class, the targets, the noise bands.
pub(crate) fn details(scenario: &Scenario, compared: Option<&Compared>) -> Vec<Block> {
    let of = |it: &Breakdown| {
        compared.and_then(|all| all.parts.iter().find(|part| part.tags == it.tags))
    };
    let calls: Vec<_> = scenario.by.iter().map(|it| part(it, of(it))).collect();
    let bands = compared.map(|it| bands(scenario, it)).unwrap_or_default();
    let table = |header, rows: Vec<_>| (!rows.is_empty()).then_some(Block::Table(header, rows));
    let blocks = [
        table(["calls to", "calls", "P50 ms", "P95 ms", "P99 ms"], calls),
        failures(scenario),
        scenario.offered.map(|it| {
            Block::Phrase(vec![Text::Own("Offered calls/s: "), Text::Sentence(rounded(it))])
        }),
        held(scenario).map(|it| Block::Phrase(vec![Text::Own("Ladder: "), Text::Sentence(it)])),
        scenario.resources.as_ref().and_then(resources),
        targets(scenario),
        table(["noise band", "now", "median", "⚠ beyond", "runs"], bands),
    ];
    blocks.into_iter().flatten().collect()
}

fn part(it: &Breakdown, compared: Option<&ComparedPart>) -> (Text, [String; 4]) {
    let [p50, p95, p99] = Column::OF_PARTS.map(|column| {
        let figure = column.of_part(it);
        let mut words = measured(figure.map(|it| it.value), figure.is_some_and(|it| it.few));
        let cell = compared.and_then(|it| it.cells.iter().find(|it| it.column == column));
        if let Some(it) = cell.and_then(|it| it.change) {
            words += &format!(" ({})", change(it.ratio));
        }
        if cell.is_some_and(|it| it.outside) {
            words += &format!(" {OUTSIDE}");
        }
        words
    });
    let calls = it.calls.map_or_else(|| NONE.to_owned(), count);
    (Text::Name(part_name(&it.tags)), [calls, p50, p95, p99])
}

fn failures(scenario: &Scenario) -> Option<Block> {
    let mut phrase = vec![Text::Own("Failed calls: ")];
    for (class, it) in &scenario.failures {
        if phrase.len() > 1 {
            phrase.push(Text::Own(", "));
        }
        phrase.extend([Text::Sentence(count(*it)), Text::Own(" "), Text::Name(class.clone())]);
    }
    (phrase.len() > 1).then_some(Block::Phrase(phrase))
}

/// How far the machine is from what it can generate, and what the target took of it.
fn resources(it: &Resources) -> Option<Block> {
    let part = |who: &str, cpu: Option<f64>, memory: Option<u64>| {
        let cpu = cpu.map(|it| format!("{} of the machine", percent(it)));
        let memory = memory.map(|it| format!("{} MB", count(it / 1_000_000)));
        let words: Vec<String> = cpu.into_iter().chain(memory).collect();
        (!words.is_empty()).then(|| format!("{who} {}", words.join(" and ")))
    };
    let users = it.vus.map(|it| format!("up to {} users", count(it)));
    let dropped = it.dropped.filter(|it| *it > 0);
    let words = [
        part("k6", it.k6_cpu, it.k6_memory),
        part("target", it.target_cpu, it.target_memory),
        users,
        dropped.map(|it| format!("{} iterations dropped", count(it))),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    let phrase = || vec![Text::Own("Taken: "), Text::Sentence(words.join(", "))];
    (!words.is_empty()).then(|| Block::Phrase(phrase()))
}

/// Where each figure usually lies and beyond what it is marked.
fn bands(scenario: &Scenario, compared: &Compared) -> Vec<(Text, [String; 4])> {
    let row = |cell: &Cell| {
        let Band { center, limit, runs, .. } = cell.band?;
        let shown = |it: f64| match cell.column {
            Column::Errors => percent(it),
            _ => rounded(it),
        };
        let now = cell.column.of(scenario).map_or_else(|| NONE.to_owned(), shown);
        let figures = [now, shown(center), shown(limit), runs.to_string()];
        Some((Text::Own(cell.column.name()), figures))
    };
    compared.cells.iter().filter_map(row).collect()
}

fn targets(scenario: &Scenario) -> Option<Block> {
    let all = &scenario.targets;
    let parts = ["met", "missed", "not judged", "not measured"]
        .map(|what| (all.iter().filter(|it| outcome(it) == what).count(), what));
    let parts = parts.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}"));
    let counts = parts.collect::<Vec<_>>().join(", ");
    let each = all.iter().map(|it| target(it, &scenario.reasons)).collect();
    (!all.is_empty()).then_some(Block::Targets(counts, each))
}

fn target(it: &Target, reasons: &[String]) -> TargetWords {
    let tone = if it.met == Some(false) { Tone::Bad } else { Tone::Plain };
    let told = it.met == Some(false) && missed(it).is_some_and(|it| reasons.contains(&it));
    TargetWords { words: in_words(it), tone, read: told || it.met == Some(true) }
}

/// `initialize p95 < 500 ms: met, 3.10 ms`
fn in_words(it: &Target) -> String {
    let unit = it.unit.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let bound = format!("{} {} {}{unit}", it.name, it.op, limit(it.limit));
    let outcome = outcome(it);
    match it.measured {
        Some(it) => format!("{bound}: {outcome}, {}{unit}", figure(it, !unit.is_empty())),
        None => format!("{bound}: {outcome}"),
    }
}

fn outcome(it: &Target) -> &'static str {
    match (it.met, it.measured) {
        (Some(true), _) => "met",
        (Some(false), _) => "missed",
        (None, Some(_)) => "not judged",
        (None, None) => "not measured",
    }
}
