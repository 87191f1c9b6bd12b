//! What stands around the table, in words; plain text that is not escaped yet.

use crate::compare::band::MIN_RUNS;
use crate::compare::baseline::Baseline;
use crate::compare::rule::Comparison;
use crate::record::run::{Run, Verdict};
use crate::text::number::{OUTSIDE, change, counted, percent, time};

/// The verdict of the run in one sentence.
pub(crate) fn headline(run: &Run, comparison: &Comparison) -> String {
    let all = run.scenarios.len();
    let named: Vec<&str> = run
        .scenarios
        .iter()
        .filter(|it| it.verdict == run.verdict)
        .map(|it| it.name.as_str())
        .collect();
    let who = match named.as_slice() {
        few @ ([_] | [_, _] | [_, _, _]) => few.join(", "),
        many => format!("{} of {}", many.len(), counted(all, "scenario")),
    };
    let mut headline = match run.verdict {
        Verdict::Passed => format!("passed, {}", counted(all, "scenario")),
        Verdict::Failed => format!("failed, {who} missed a target"),
        Verdict::Invalid => format!("invalid, {who} did not measure the server"),
        Verdict::DidNotRun if all == 0 => "did not run, there is no scenario".to_owned(),
        Verdict::DidNotRun => format!("did not run to its end: {who}"),
    };
    for change in changes(comparison) {
        headline += &format!("; {change}");
    }
    headline
}

/// What the comparison found, the weightiest first.
fn changes(comparison: &Comparison) -> Vec<String> {
    let alerts: Vec<&str> = comparison.alerts().map(|it| it.name.as_str()).collect();
    let outside = comparison.cells().filter(|it| it.outside).count();
    let worse = comparison.worse();
    let mut judged = comparison.cells().filter(|it| it.change.is_some() && !it.few_samples);
    let noise = comparison.cells().any(|it| it.band.is_some());
    // What is still learning is not said to be quiet.
    let noise = noise && judged.all(|it| it.band.is_some());
    let mut changes = Vec::new();
    let who = match alerts.len() {
        1..=3 => alerts.join(", "),
        many => counted(many, "scenario"),
    };
    match alerts.len() {
        0 if outside > 0 => changes.push(format!("{} outside the usual noise", figures(outside))),
        0 => {}
        1 => changes.push(format!("alert: {who} is worse than its usual noise")),
        _ => changes.push(format!("alert: {who} are worse than their usual noise")),
    }
    if worse > 0 {
        let share = percent(comparison.tolerance.share);
        let beyond = if noise && outside == 0 { ", none beyond the usual noise" } else { "" };
        changes.push(format!("{} more than {share} worse{beyond}", figures(worse)));
    } else if noise && outside == 0 {
        changes.push("no change beyond the usual noise".to_owned());
    }
    changes
}

fn figures(number: usize) -> String {
    format!("{} {}", counted(number, "figure"), if number == 1 { "is" } else { "are" })
}

/// What the run is called: the environment, the suite and the profile, as far as they are known.
pub(crate) fn title(run: &Run) -> String {
    let what = [&run.environment, &run.suite, &run.profile];
    let what: Vec<&str> = what.into_iter().flatten().map(String::as_str).collect();
    if what.is_empty() { "load test".to_owned() } else { format!("load test {}", what.join(" ")) }
}

/// What bold and `~` mean, and what the figures are compared with, one sentence each.
pub(crate) fn legend(comparison: &Comparison) -> Vec<String> {
    let mut legend: Vec<String> = Vec::new();
    let mut baselines: Vec<&Baseline> = Vec::new();
    for it in &comparison.scenarios {
        if !baselines.contains(&&it.baseline) {
            baselines.push(&it.baseline);
        }
    }
    for baseline in &baselines {
        let with = comparison.scenarios.iter().filter(|it| it.baseline == **baseline);
        let names: Vec<&str> = with.map(|it| it.name.as_str()).collect();
        legend.push(match baselines.len() {
            1 => capital(&baseline.to_string()),
            _ => format!("{}: {baseline}", names.join(", ")),
        });
    }
    if baselines.iter().any(|it| matches!(it, Baseline::Run { .. })) {
        legend.push(format!("Bold is more than {} worse", percent(comparison.tolerance.share)));
    }
    legend.extend(noise(comparison));
    if comparison.cells().any(|it| it.few_samples) {
        legend.push("~ stands on too few calls to be judged".to_owned());
    }
    legend
}

/// What the noise bands stand on, and whether everything moved together.
fn noise(comparison: &Comparison) -> Vec<String> {
    let mut noise = Vec::new();
    let bands = comparison.cells().filter_map(|it| Some(it.band?.runs));
    if let Some(runs) = bands.max() {
        noise.push(format!("{OUTSIDE} is outside the noise band of the last {runs} runs"));
    }
    let learning = comparison.scenarios.iter().filter_map(|it| {
        let cells = it.cells.iter().filter(|it| it.change.is_some() && !it.few_samples);
        Some((it.name.as_str(), cells.map(|it| it.runs).min()?))
    });
    let learning: Vec<(&str, usize)> = learning.filter(|it| it.1 < MIN_RUNS).collect();
    let alike = learning.len() == comparison.scenarios.len()
        && learning.windows(2).all(|it| it[0].1 == it[1].1);
    if alike && let Some((_, runs)) = learning.first() {
        noise.push(format!("The noise band is learning: {runs} of {MIN_RUNS} runs"));
    } else if !learning.is_empty() {
        let each = learning.iter().map(|(name, runs)| format!("{name} {runs}/{MIN_RUNS}"));
        let each: Vec<String> = each.collect();
        noise.push(format!("The noise band is learning: {}", each.join(", ")));
    }
    if let Some(shift) = comparison.common_shift.filter(is_notable) {
        let moved = change(shift);
        noise.push(format!("The P50 of all scenarios moved {moved}: suspect the environment"));
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
