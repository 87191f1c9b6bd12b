//! The earlier run that a scenario is compared with.
//!
//! A comparable run measured the same thing (environment, server, scenario, fingerprint) and measured it
//! well: not dirty, not invalid, no more than 1 % of its calls failed. Failed calls are fast, so
//! they would make a baseline that no healthy run can keep.

use crate::compare::band::RUNS;
use crate::record::run::{Run, Scenario, Verdict};
use crate::text::number::time;
use serde::Serialize;
use std::collections::HashSet;
use std::fmt;

/// Above this share of failed calls a run is no baseline.
const MAX_ERROR_RATE: f64 = 0.01;

/// The run that a scenario is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The newest comparable run.
    #[non_exhaustive]
    Run { id: String, started: String, commit: Option<String>, url: Option<String> },
    /// No earlier run has this scenario.
    NoEarlierRun,
    /// Every earlier run of this scenario was passed over: how many for which reason, each counted
    /// once, for the first reason that holds.
    NoneComparable(Vec<(usize, &'static str)>),
}

/// The comparable runs of a scenario, newest first.
pub(crate) struct Comparable<'a> {
    pub(crate) baseline: Baseline,
    pub(crate) runs: Vec<(&'a Run, &'a Scenario)>,
    /// How many of them, the newest, are since the scenario last changed or somebody accepted its level.
    pub(crate) era: usize,
    /// The run before this one, where it would be the newest of them had not too many of its calls failed.
    pub(crate) failing: Option<&'a Scenario>,
}

const REASONS: [&str; 6] = [
    "in another environment",
    "with another script or load",
    "invalid or not run",
    "on a busy machine",
    "with more than 1 % of the calls failed",
    "the same measurement",
];

/// The runs before this one, newest first.
///
/// Those of the same CI run are none: who runs a job again to be sure wants the comparison with last week again.
pub(crate) fn earlier<'a>(run: &Run, history: &'a [Run]) -> Vec<&'a Run> {
    let is_before = |it: &&Run| it.id != run.id && it.started <= run.started;
    let ours = run.ci_run();
    let is_another = |it: &&Run| ours.is_none() || it.ci_run() != ours;
    let mut earlier: Vec<&Run> = history.iter().filter(is_before).filter(is_another).collect();
    earlier.sort_by(|a, b| (&b.started, &b.id).cmp(&(&a.started, &a.id)));
    let mut seen = HashSet::new();
    earlier.retain(|it| seen.insert(&it.id));
    earlier
}

/// Whether two runs met servers of different names, as far as both said theirs.
fn is_another_server(one: &Run, other: &Run) -> bool {
    let name = |it: &Run| it.server.as_ref().map(|it| it.name.clone());
    name(one).zip(name(other)).is_some_and(|(one, other)| one != other)
}

/// The comparable runs among earlier ones, and what to say about the newest.
pub(crate) fn find<'a>(run: &Run, it: &Scenario, newest_first: &[&'a Run]) -> Comparable<'a> {
    let mut passed_over = [0; REASONS.len()];
    let (mut runs, mut era) = (Vec::new(), 0);
    let mut failing = None;
    let mut sources: Vec<&String> = it.source.iter().collect();
    let mut same_era = run.baseline_reset.is_none();
    for earlier in newest_first {
        let elsewhere = earlier.environment != run.environment || is_another_server(run, earlier);
        let accepted = earlier.baseline_reset.is_some() && !elsewhere;
        let Some(scenario) = earlier.scenarios.iter().find(|other| other.name == it.name) else {
            same_era &= !accepted;
            continue;
        };
        let reason = if scenario.source.as_ref().is_some_and(|it| sources.contains(&it)) {
            Some(5)
        } else if elsewhere {
            Some(0)
        } else if !was_measured(scenario) {
            Some(2)
        } else if scenario.fingerprint != it.fingerprint {
            same_era = false;
            Some(1)
        } else if !earlier.dirty.is_empty() {
            Some(3)
        } else if scenario.error_rate.is_none_or(|it| it > MAX_ERROR_RATE) {
            Some(4)
        } else {
            None
        };
        sources.extend(&scenario.source);
        if reason == Some(4) && runs.is_empty() && failing.is_none() {
            failing = Some(scenario);
        }
        match reason {
            Some(it) => passed_over[it] += 1,
            None => {
                runs.push((*earlier, scenario));
                era += usize::from(same_era);
            }
        }
        same_era &= !accepted;
    }
    let baseline = match runs.first() {
        Some((it, _)) => Baseline::Run {
            id: it.id.clone(),
            started: it.started.clone(),
            commit: it.commit.clone(),
            url: it.url.clone(),
        },
        None if passed_over.iter().all(|it| *it == 0) => Baseline::NoEarlierRun,
        None => Baseline::NoneComparable(
            passed_over.into_iter().zip(REASONS).filter(|it| it.0 > 0).collect(),
        ),
    };
    Comparable { baseline, runs, era, failing }
}

/// The scenarios that earlier runs of the same kind had and this one lacks, in the order in which they were.
pub(crate) fn missing(run: &Run, newest_first: &[&Run]) -> Vec<String> {
    let ran = |it: &Run, name: &str| {
        it.scenarios.iter().any(|it| it.name == name && it.verdict != Verdict::DidNotRun)
    };
    let is_here = |name: &str| run.scenarios.iter().any(|it| it.name == name);
    let is_alike = |it: &&&Run| {
        let same = it.environment == run.environment && !is_another_server(run, it);
        let same = same && it.suite == run.suite && it.profile == run.profile;
        same && it.scenarios.iter().any(|it| is_here(&it.name))
    };
    if run.baseline_reset.is_some() {
        return Vec::new();
    }
    let mut alike: Vec<&Run> = newest_first.iter().filter(is_alike).copied().take(RUNS).collect();
    if let Some(accepted) = alike.iter().position(|it| it.baseline_reset.is_some()) {
        alike.truncate(accepted + 1);
    }
    let names = alike.iter().flat_map(|it| it.scenarios.iter().map(|it| &it.name));
    let mut missing: Vec<&String> = Vec::new();
    for name in names.filter(|it| !is_here(it)) {
        let had = alike.iter().filter(|it| ran(it, name)).count();
        let had_last = alike.first().is_some_and(|it| ran(it, name));
        if (had_last || 2 * had >= alike.len()) && !missing.contains(&name) {
            missing.push(name);
        }
    }
    missing.into_iter().cloned().collect()
}

/// Whether the figures are the server's: a crossed threshold does not make them anything else.
pub(crate) fn was_measured(scenario: &Scenario) -> bool {
    matches!(scenario.verdict, Verdict::Passed | Verdict::Failed)
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { id, started, .. } => {
                write!(f, "compared with run {id}")?;
                if started.is_empty() { Ok(()) } else { write!(f, " of {}", time(started)) }
            }
            Self::NoEarlierRun => f.write_str("no earlier run to compare with"),
            Self::NoneComparable(passed_over) => {
                let reasons: Vec<String> =
                    passed_over.iter().map(|(count, why)| format!("{count} {why}")).collect();
                write!(f, "no comparable earlier run: {}", reasons.join(", "))
            }
        }
    }
}
