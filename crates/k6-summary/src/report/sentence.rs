//! What stands around the table, in words; plain text that is not escaped yet.

use crate::compare::band::{MIN_RUNS, Standing};
use crate::compare::baseline::Baseline;
use crate::compare::cell::Cell;
use crate::compare::column::Column;
use crate::compare::rule::{Compared, Comparison};
use crate::record::run::{Run, Scenario, Verdict, part_name};
use crate::text::kind::{Phrase, Text, names};
use crate::text::number::{OUTSIDE, change, count, counted, percent, time};

/// So many are called by name.
const NAMED: usize = 3;

/// The verdict of the run in one sentence, and then what was found by comparison.
pub(crate) fn headline(run: &Run, comparison: &Comparison) -> Phrase {
    let mut clauses = vec![verdict(run)];
    if !run.dirty.is_empty() {
        clauses.push(vec![Text::Own("dirty, so it is no baseline")]);
    }
    clauses.extend(missing(comparison));
    clauses.extend(changes(comparison));
    clauses.extend(beside(run));
    let mut headline = Phrase::new();
    for clause in clauses {
        if !headline.is_empty() {
            headline.push(Text::Own("; "));
        }
        headline.extend(clause);
    }
    headline
}

fn verdict(run: &Run) -> Phrase {
    let all = run.scenarios.len();
    let named: Vec<&Scenario> =
        run.scenarios.iter().filter(|it| it.verdict == run.verdict).collect();
    let who = || match named.len() {
        1..=NAMED => names(named.iter().map(|it| it.name.as_str())),
        many => vec![Text::Sentence(format!("{many} of {}", counted(all, "scenario")))],
    };
    let about = |before, after| [vec![Text::Own(before)], who(), vec![Text::Own(after)]].concat();
    let missed = |it: &&Scenario| it.targets.iter().any(|it| it.met == Some(false));
    match run.verdict {
        Verdict::Passed => vec![Text::Sentence(passed(all, skipped_scenarios(run)))],
        Verdict::Failed if named.iter().any(missed) => about("failed, ", " missed a target"),
        Verdict::Failed => about("failed: ", ""),
        Verdict::Invalid => about("invalid, ", " did not measure the server"),
        Verdict::DidNotRun if all == 0 => vec![Text::Own("did not run, there is no scenario")],
        Verdict::DidNotRun => about("did not run to its end: ", ""),
    }
}

/// How many of those that were planned.
fn passed(ran: usize, skipped: usize) -> String {
    match skipped {
        0 => format!("passed, {}", counted(ran, "scenario")),
        _ => format!("passed {ran} of {}, {skipped} skipped", ran + skipped),
    }
}

/// Scenarios that are left out as a whole; a tool that is left out of one stands under `scenario: tool`.
fn skipped_scenarios(run: &Run) -> usize {
    let ran = |name: &str| run.scenarios.iter().any(|it| it.name == name);
    let whole = |name: &str| name.split_once(": ").is_none_or(|it| !ran(it.0));
    run.skipped.iter().filter(|it| whole(&it.name)).count()
}

/// What earlier runs had and this one lacks.
fn missing(comparison: &Comparison) -> Vec<Phrase> {
    let scenarios = comparison.missing();
    let who = match scenarios.len() {
        0 => None,
        1..=NAMED => Some(names(scenarios.iter().map(String::as_str))),
        many => Some(vec![Text::Sentence(counted(many, "scenario"))]),
    };
    let scenarios = who.map(|it| [vec![Text::Own("missing: ")], it].concat());
    let figures = comparison.cells().filter(|it| it.lacking).count();
    let figures = (figures > 0).then(|| {
        vec![Text::Sentence(format!("{} of earlier runs missing", counted(figures, "figure")))]
    });
    scenarios.into_iter().chain(figures).collect()
}

/// What the comparison found, the weightiest first.
fn changes(comparison: &Comparison) -> Vec<Phrase> {
    let sentence = |it: String| vec![Text::Sentence(it)];
    let share = percent(comparison.tolerance.share);
    let mut changes = Vec::new();
    changes.extend(alerts(comparison));
    changes.extend(errors(comparison));
    changes.extend(parts(comparison));
    let figures: Vec<&Cell> = comparison.cells().filter(|it| it.column != Column::Errors).collect();
    let of = |holds: &dyn Fn(&Cell) -> bool| figures.iter().filter(|it| holds(it)).count();
    let outside = of(&|it| it.outside);
    if outside > 0 && comparison.alerts().next().is_none() {
        changes.push(sentence(format!("{} outside the usual noise", are(outside))));
    }
    let is_worse = |it: &Cell| it.change.is_some_and(|it| it.worse);
    let worse = of(&is_worse);
    if worse > 0 {
        let usual = of(&|it| is_worse(it) && it.standing == Some(Standing::Usual));
        let beyond = if usual == worse { ", none beyond the usual noise" } else { "" };
        changes.push(sentence(format!("{} more than {share} worse{beyond}", are(worse))));
    }
    let better = of(&Cell::is_better);
    if better > 0 {
        let banded = of(&|it| it.standing == Some(Standing::Better));
        let than = if banded == better {
            "better than the usual noise".to_owned()
        } else {
            format!("more than {share} better")
        };
        changes.push(sentence(format!("{} {than}", are(better))));
    }
    let tolerated = of(&|it| it.standing == Some(Standing::Tolerated) && !is_worse(it));
    if tolerated > 0 {
        let within = format!("beyond the usual noise, within the tolerance of {share}");
        changes.push(sentence(format!("{} {within}", are(tolerated))));
    }
    if changes.is_empty() {
        changes.extend(calm(comparison).map(sentence));
    }
    changes
}

/// That nothing changed, of the figures that were judged; those that are still learning are not.
fn calm(comparison: &Comparison) -> Option<String> {
    let usual = comparison.cells().filter(|it| it.standing == Some(Standing::Usual)).count();
    let learning = comparison.cells().any(|it| it.is_judged() && it.standing.is_none());
    let all = comparison.cells().count();
    let of = if usual == all { String::new() } else { format!(" in {usual} of {all} figures") };
    (usual > 0 && !learning).then(|| format!("no change beyond the usual noise{of}"))
}

fn alerts(comparison: &Comparison) -> Option<Phrase> {
    let alerts: Vec<&str> = comparison.alerts().map(|it| it.name.as_str()).collect();
    let who = match alerts.len() {
        0 => return None,
        1..=NAMED => names(alerts.iter().copied()),
        many => vec![Text::Sentence(counted(many, "scenario"))],
    };
    let what = match alerts.len() {
        1 => " is worse than its usual noise",
        _ => " are worse than their usual noise",
    };
    Some([vec![Text::Own("alert: ")], who, vec![Text::Own(what)]].concat())
}

/// Where more calls failed than before.
fn errors(comparison: &Comparison) -> Option<Phrase> {
    let rose = |it: &Cell| it.outside || it.change.is_some_and(|it| it.worse);
    let rose = |it: &&Compared| it.cells.iter().any(|it| it.column == Column::Errors && rose(it));
    named("more errors in ", comparison.scenarios.iter().filter(rose).map(|it| it.name.as_str()))
}

/// Which calls are worse of scenarios that are not.
fn parts(comparison: &Comparison) -> Option<Phrase> {
    let hidden = |it: &Compared| !it.cells.iter().any(|it| it.outside);
    let marked = comparison.marked_parts().filter(|it| hidden(it.0));
    let marked: Vec<String> = marked.map(|it| part_name(&it.1.tags)).collect();
    named("outside the usual noise: ", marked.iter().map(String::as_str))
}

fn named<'a>(before: &'static str, who: impl Iterator<Item = &'a str>) -> Option<Phrase> {
    let mut who: Vec<&str> = who.collect();
    who.dedup();
    if who.is_empty() {
        return None;
    }
    let mut phrase = vec![Text::Own(before)];
    phrase.extend(names(who.iter().take(NAMED).copied()));
    if who.len() > NAMED {
        let more = format!("{} more", who.len() - NAMED);
        phrase.extend([Text::Own(" and "), Text::Sentence(more)]);
    }
    Some(phrase)
}

/// What stands beside the verdict: checks that failed, thresholds that nobody judged, what the target does not offer.
fn beside(run: &Run) -> Vec<Phrase> {
    let checks = run.scenarios.iter().filter_map(|it| it.checks.as_ref());
    let (failed, all) = checks.fold((0_u64, 0_u64), |sum, it| {
        let failed = sum.0.saturating_add(it.failed);
        (failed, sum.1.saturating_add(it.passed).saturating_add(it.failed))
    });
    let words = format!("{} of {} checks failed", count(failed), count(all));
    let checks = (failed > 0).then(|| vec![Text::Sentence(words)]);
    let unjudged = run.scenarios.iter().any(|it| it.unjudged() > 0);
    let unjudged = unjudged.then(|| vec![Text::Own("not every threshold was judged")]);
    let skipped = named("skipped: ", run.skipped.iter().map(|it| it.name.as_str()));
    [checks, unjudged, skipped].into_iter().flatten().collect()
}

fn are(number: usize) -> String {
    format!("{} {}", counted(number, "figure"), if number == 1 { "is" } else { "are" })
}

/// What the run is called: the environment, the suite and the profile, as far as they are known.
pub(crate) fn title(run: &Run) -> String {
    let what = [&run.environment, &run.suite, &run.profile];
    let what: Vec<&str> = what.into_iter().flatten().map(String::as_str).collect();
    if what.is_empty() { "load test".to_owned() } else { format!("load test {}", what.join(" ")) }
}

/// What bold, `~` and `≈` mean, and what the figures are compared with, one sentence each.
pub(crate) fn legend(run: &Run, comparison: &Comparison) -> Vec<Phrase> {
    let mut legend: Vec<Phrase> = Vec::new();
    let sentence = |it: String| vec![Text::Sentence(it)];
    let mut baselines: Vec<&Baseline> = Vec::new();
    for it in &comparison.scenarios {
        if !baselines.contains(&&it.baseline) {
            baselines.push(&it.baseline);
        }
    }
    for baseline in &baselines {
        let with = comparison.scenarios.iter().filter(|it| it.baseline == **baseline);
        legend.push(match baselines.len() {
            1 => sentence(capital(&baseline.to_string())),
            _ => {
                let mut phrase = names(with.map(|it| it.name.as_str()));
                phrase.extend([Text::Own(": "), Text::Sentence(baseline.to_string())]);
                phrase
            }
        });
    }
    if baselines.iter().any(|it| matches!(it, Baseline::Run { .. })) {
        let share = percent(comparison.tolerance.share);
        legend.push(sentence(format!("Bold is more than {share} worse")));
    }
    legend.extend(noise(comparison));
    if comparison.cells().any(|it| it.few_samples) {
        legend.push(sentence("~ stands on too few calls to be judged".to_owned()));
    }
    if run.scenarios.iter().any(|it| it.approximate_rates && it.throughput.is_some()) {
        legend.push(vec![Text::Own("≈ is over the time from the first call to the last")]);
    }
    legend
}

/// What the noise bands stand on, and whether everything moved together.
fn noise(comparison: &Comparison) -> Vec<Phrase> {
    let mut noise = Vec::new();
    let sentence = |it: String| vec![Text::Sentence(it)];
    let bands = comparison.cells().filter_map(|it| Some(it.band?.runs));
    if let Some(runs) = bands.max() {
        noise
            .push(sentence(format!("{OUTSIDE} is outside the noise band of the last {runs} runs")));
    }
    let learning = comparison.scenarios.iter().filter_map(|it| {
        let cells = it.cells.iter().filter(|it| it.is_judged());
        Some((it.name.as_str(), cells.map(|it| it.runs).min()?))
    });
    let learning: Vec<(&str, usize)> = learning.filter(|it| it.1 < MIN_RUNS).collect();
    let alike = learning.len() == comparison.scenarios.len()
        && learning.windows(2).all(|it| it[0].1 == it[1].1);
    if alike && let Some((_, runs)) = learning.first() {
        noise.push(sentence(format!("The noise band is learning: {runs} of {MIN_RUNS} runs")));
    } else if !learning.is_empty() {
        let mut phrase = vec![Text::Own("The noise band is learning: ")];
        for (place, (name, runs)) in learning.iter().enumerate() {
            phrase.extend((place > 0).then_some(Text::Own(", ")));
            phrase.push(Text::Name((*name).to_owned()));
            phrase.extend([Text::Own(" "), Text::Sentence(format!("{runs}/{MIN_RUNS}"))]);
        }
        noise.push(phrase);
    }
    if let Some(shift) = comparison.common_shift.filter(is_notable) {
        let moved = change(shift);
        noise.push(sentence(format!(
            "The P50 of all scenarios moved {moved}: suspect the environment"
        )));
    }
    noise
}

/// Whether a common shift is worth a sentence.
fn is_notable(shift: &f64) -> bool {
    !(0.9..=1.1).contains(shift)
}

/// What crept, by the name of its scenario.
pub(crate) fn drifts(comparison: &Comparison) -> impl Iterator<Item = (&str, String)> {
    let scenarios = comparison.scenarios.iter();
    let cells = scenarios.flat_map(|it| it.cells.iter().map(move |cell| (it, cell)));
    cells.filter_map(|(it, cell)| {
        let drift = cell.drift.as_ref()?;
        let (column, change) = (cell.column.name(), change(drift.ratio));
        let since = time(&drift.since);
        Some((it.name.as_str(), format!("{column} drifted {change} since {since}")))
    })
}

pub(crate) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |it| it.to_uppercase().chain(chars).collect())
}
