//! What stands around the table, in words; plain text that is not escaped yet.

use crate::baseline::Baseline;
use crate::compare::Comparison;
use crate::figure::{figure, limit, percent};
use crate::run::{Run, Scenario, Target, Verdict};

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
        many => format!("{} of {}", many.len(), scenarios(all)),
    };
    let mut headline = match run.verdict {
        Verdict::Passed => format!("passed, {}", scenarios(all)),
        Verdict::Failed => format!("failed, {who} missed a target"),
        Verdict::Invalid => format!("invalid, {who} did not measure the server"),
        Verdict::DidNotRun if all == 0 => "did not run, there is no scenario".to_owned(),
        Verdict::DidNotRun => format!("did not run to its end: {who}"),
    };
    match comparison.worse() {
        0 => {}
        1 => {
            headline += &format!("; 1 figure is more than {} worse", percent(comparison.tolerance))
        }
        n => {
            headline +=
                &format!("; {n} figures are more than {} worse", percent(comparison.tolerance))
        }
    }
    headline
}

fn scenarios(count: usize) -> String {
    if count == 1 { "1 scenario".to_owned() } else { format!("{count} scenarios") }
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
        legend.push(format!("Bold is more than {} worse", percent(comparison.tolerance)));
    }
    if comparison.scenarios.iter().flat_map(|it| &it.cells).any(|it| it.few_samples) {
        legend.push("~ stands on too few calls to be judged".to_owned());
    }
    legend
}

fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |it| it.to_uppercase().chain(chars).collect())
}

/// How many targets were met, missed and not measured; `None` where there is none.
pub(crate) fn tally(scenario: &Scenario) -> Option<String> {
    let count = |met| scenario.targets.iter().filter(|it| it.met == met).count();
    let parts =
        [(count(Some(true)), "met"), (count(Some(false)), "missed"), (count(None), "not measured")];
    let parts: Vec<String> =
        parts.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}")).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `initialize p95 < 500 ms: met, 3.10 ms`
pub(crate) fn target(it: &Target) -> String {
    let unit = it.unit.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let bound = format!("{} {} {}{unit}", it.name, it.op, limit(it.limit));
    let word = match it.met {
        None => return format!("{bound}: not measured"),
        Some(true) => "met",
        Some(false) => "missed",
    };
    match it.measured {
        Some(measured) => format!("{bound}: {word}, {}{unit}", figure(measured)),
        None => format!("{bound}: {word}"),
    }
}
