//! The earlier run that a scenario is compared with.
//!
//! A comparable run measured the same thing (environment, scenario, fingerprint) and measured it
//! well: not dirty, not invalid, no more than 1 % of its calls failed. Failed calls are fast, so
//! they would make a baseline that no healthy run can keep.

use crate::figure::time;
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
        } else if !was_measured(scenario) {
            &mut passed_over.not_measured
        } else if scenario.fingerprint != it.fingerprint {
            &mut passed_over.other_fingerprint
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
            Self::Run { id, started, .. } => {
                write!(f, "compared with run {id} of {}", time(started))
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Column, Comparison, compare};

    /// A run on `day` of a month whose only scenario took `p50` milliseconds.
    fn run(day: u8, p50: f64) -> Run {
        let scenario = serde_json::json!({
            "name": "mix", "verdict": "passed", "fingerprint": "f", "calls": 2000, "error_rate": 0,
            "latency_ms": { "p50": p50 },
        });
        let scenario = serde_json::from_value(scenario).unwrap();
        Run::new(format!("run {day}"), format!("2026-11-{day:02}T00:00:00Z"), vec![scenario])
    }

    fn previous(comparison: &Comparison) -> Option<f64> {
        comparison.scenarios[0].cells[0].change.map(|it| it.previous)
    }

    #[test]
    fn the_newest_earlier_run_is_the_baseline_in_whatever_order_they_come() {
        let mut history = [run(1, 1.0), run(21, 21.0), run(14, 14.0), run(28, 28.0)];
        for _ in 0..2 {
            let comparison = compare(&run(21, 20.0), &history, 0.25);
            assert_eq!(previous(&comparison), Some(14.0));
            assert_eq!(comparison.worse(), 1);
            history.reverse();
        }
    }

    #[test]
    fn only_a_comparable_run_is_a_baseline() {
        #[track_caller]
        fn check(change: fn(&mut Run), expected: Option<PassedOver>) {
            let mut earlier = run(14, 14.0);
            change(&mut earlier);
            let comparison = compare(&run(21, 20.0), &[run(7, 7.0), earlier.clone()], 0.25);
            let passed_over = expected.is_some();
            assert_eq!(previous(&comparison), Some(if passed_over { 7.0 } else { 14.0 }));
            let comparison = compare(&run(21, 20.0), &[earlier], 0.25);
            let baseline = &comparison.scenarios[0].baseline;
            match expected {
                Some(it) => assert_eq!(baseline, &Baseline::NoneComparable(it)),
                None => assert!(matches!(baseline, Baseline::Run { .. })),
            }
        }
        let none = PassedOver::default();
        check(|_| {}, None);
        check(|it| it.scenarios[0].verdict = Verdict::Failed, None);
        check(|it| it.scenarios[0].error_rate = Some(0.01), None);
        check(
            |it| it.scenarios[0].error_rate = Some(0.0101),
            Some(PassedOver { too_many_errors: 1, ..none }),
        );
        check(
            |it| it.scenarios[0].error_rate = None,
            Some(PassedOver { too_many_errors: 1, ..none }),
        );
        check(
            |it| it.scenarios[0].verdict = Verdict::Invalid,
            Some(PassedOver { not_measured: 1, ..none }),
        );
        check(|it| it.dirty.push("busy".to_owned()), Some(PassedOver { dirty: 1, ..none }));
        check(
            |it| it.environment = Some("staging".to_owned()),
            Some(PassedOver { other_environment: 1, ..none }),
        );
        check(
            |it| it.scenarios[0].fingerprint.clear(),
            Some(PassedOver { other_fingerprint: 1, ..none }),
        );
    }

    #[test]
    fn a_scenario_of_another_name_is_no_earlier_run() {
        let mut earlier = run(14, 14.0);
        earlier.scenarios[0].name = "cold-start".to_owned();
        let comparison = compare(&run(21, 20.0), &[earlier], 0.25);
        assert_eq!(comparison.scenarios[0].baseline, Baseline::NoEarlierRun);
    }

    #[test]
    fn a_baseline_of_few_samples_shows_the_change_and_does_not_judge_it() {
        let mut earlier = run(14, 14.0);
        earlier.scenarios[0].calls = Some(19);
        let comparison = compare(&run(21, 20.0), &[earlier], 0.25);
        let cell = comparison.scenarios[0].cells[0];
        assert_eq!(cell.column, Column::P50);
        assert!(cell.few_samples);
        assert!(cell.change.is_some_and(|it| !it.worse && it.ratio > 1.4));
    }

    #[test]
    fn an_invalid_run_is_compared_with_nothing() {
        let mut current = run(21, 20.0);
        current.scenarios[0].verdict = Verdict::Invalid;
        assert_eq!(previous(&compare(&current, &[run(14, 14.0)], 0.25)), None);
    }
}
