//! The earlier run that a scenario is compared with.
//!
//! A comparable run measured the same thing (environment, scenario, fingerprint) and measured it
//! well: not dirty, not invalid, no more than 1 % of its calls failed. Failed calls are fast, so
//! they would make a baseline that no healthy run can keep.

use crate::run::{Run, Scenario, Verdict};
use std::fmt;

/// Above this share of failed calls a run is no baseline.
const MAX_ERROR_RATE: f64 = 0.01;

/// The run that a scenario is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    Run {
        id: String,
        started: String,
        commit: Option<String>,
        url: Option<String>,
    },
    /// No earlier run has this scenario.
    NoEarlierRun,
    /// Every earlier run of this scenario was passed over, so many for each reason.
    NoneComparable(PassedOver),
}

/// How many earlier runs were no baseline, each counted once, for the first reason that holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PassedOver {
    pub other_environment: usize,
    pub other_fingerprint: usize,
    pub not_measured: usize,
    pub dirty: usize,
    pub too_many_errors: usize,
}

/// The newest comparable run's scenario, and what to say about it.
pub(crate) fn find<'a>(
    run: &Run,
    it: &Scenario,
    newest_first: &[&'a Run],
) -> (Baseline, Option<&'a Scenario>) {
    let mut passed_over = PassedOver::default();
    for earlier in newest_first {
        let Some(scenario) = earlier.scenarios.iter().find(|other| other.name == it.name) else {
            continue;
        };
        let tally = if earlier.environment != run.environment {
            &mut passed_over.other_environment
        } else if scenario.fingerprint != it.fingerprint {
            &mut passed_over.other_fingerprint
        } else if !was_measured(scenario) {
            &mut passed_over.not_measured
        } else if !earlier.dirty.is_empty() {
            &mut passed_over.dirty
        } else if scenario.error_rate.is_none_or(|it| it > MAX_ERROR_RATE) {
            &mut passed_over.too_many_errors
        } else {
            let baseline = Baseline::Run {
                id: earlier.id.clone(),
                started: earlier.started.clone(),
                commit: earlier.commit.clone(),
                url: earlier.url.clone(),
            };
            return (baseline, Some(scenario));
        };
        *tally += 1;
    }
    if passed_over == PassedOver::default() {
        (Baseline::NoEarlierRun, None)
    } else {
        (Baseline::NoneComparable(passed_over), None)
    }
}

/// Whether the figures are the server's: a crossed threshold does not make them anything else.
pub(crate) fn was_measured(scenario: &Scenario) -> bool {
    matches!(scenario.verdict, Verdict::Passed | Verdict::Failed)
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { id, started, .. } => write!(f, "compared with run {id} of {started}"),
            Self::NoEarlierRun => f.write_str("no earlier run to compare with"),
            Self::NoneComparable(it) => {
                let reasons = [
                    (it.other_environment, "in another environment"),
                    (it.other_fingerprint, "with another script or load"),
                    (it.not_measured, "invalid or not run"),
                    (it.dirty, "on a busy machine"),
                    (it.too_many_errors, "with more than 1 % of the calls failed"),
                ];
                let reasons: Vec<String> = reasons
                    .into_iter()
                    .filter(|it| it.0 > 0)
                    .map(|(count, why)| format!("{count} {why}"))
                    .collect();
                write!(f, "no comparable earlier run: {}", reasons.join(", "))
            }
        }
    }
}
