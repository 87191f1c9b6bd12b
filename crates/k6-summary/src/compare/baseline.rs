//! The earlier run that a scenario is compared with.
//!
//! A comparable run measured the same thing (environment, scenario, fingerprint) and measured it
//! well: not dirty, not invalid, no more than 1 % of its calls failed. Failed calls are fast, so
//! they would make a baseline that no healthy run can keep.

use crate::compare::column::Column;
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
    /// Those of them since the scenario last changed or somebody accepted its level.
    pub(crate) era: Vec<(&'a Run, &'a Scenario)>,
}

impl<'a> Comparable<'a> {
    /// The first run of the era that has the figure.
    pub(crate) fn first_with(&self, column: Column) -> Option<&'a Run> {
        self.era.iter().rev().find(|(_, it)| column.judged(it).is_some()).map(|it| it.0)
    }
}

const REASONS: [&str; 5] = [
    "in another environment",
    "with another script or load",
    "invalid or not run",
    "on a busy machine",
    "with more than 1 % of the calls failed",
];

/// The runs before this one, newest first.
pub(crate) fn earlier<'a>(run: &Run, history: &'a [Run]) -> Vec<&'a Run> {
    let mut earlier: Vec<&Run> =
        history.iter().filter(|it| it.id != run.id && it.started <= run.started).collect();
    earlier.sort_by(|a, b| (&b.started, &b.id).cmp(&(&a.started, &a.id)));
    let mut seen = HashSet::new();
    earlier.retain(|it| seen.insert(&it.id));
    earlier
}

/// The comparable runs among earlier ones, and what to say about the newest.
pub(crate) fn find<'a>(run: &Run, it: &Scenario, newest_first: &[&'a Run]) -> Comparable<'a> {
    let mut passed_over = [0; REASONS.len()];
    let (mut runs, mut era) = (Vec::new(), Vec::new());
    let mut same_era = run.baseline_reset.is_none();
    for earlier in newest_first {
        let elsewhere = earlier.environment != run.environment;
        let accepted = earlier.baseline_reset.is_some() && !elsewhere;
        let Some(scenario) = earlier.scenarios.iter().find(|other| other.name == it.name) else {
            same_era &= !accepted;
            continue;
        };
        let reason = if elsewhere {
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
        match reason {
            Some(it) => passed_over[it] += 1,
            None => {
                runs.push((*earlier, scenario));
                if same_era {
                    era.push((*earlier, scenario));
                }
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
    Comparable { baseline, runs, era }
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
            Self::NoneComparable(passed_over) => {
                let reasons: Vec<String> =
                    passed_over.iter().map(|(count, why)| format!("{count} {why}")).collect();
                write!(f, "no comparable earlier run: {}", reasons.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::rule::{Comparison, compare};

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
        fn check(change: fn(&mut Run), expected: Option<&'static str>) {
            let mut earlier = run(14, 14.0);
            change(&mut earlier);
            let comparison = compare(&run(21, 20.0), &[run(7, 7.0), earlier.clone()], 0.25);
            let passed_over = expected.is_some();
            assert_eq!(previous(&comparison), Some(if passed_over { 7.0 } else { 14.0 }));
            let comparison = compare(&run(21, 20.0), &[earlier], 0.25);
            let baseline = &comparison.scenarios[0].baseline;
            match expected {
                Some(why) => assert_eq!(baseline, &Baseline::NoneComparable(vec![(1, why)])),
                None => assert!(matches!(baseline, Baseline::Run { .. })),
            }
        }
        let too_many_errors = Some("with more than 1 % of the calls failed");
        check(|_| {}, None);
        check(|it| it.scenarios[0].verdict = Verdict::Failed, None);
        check(|it| it.scenarios[0].error_rate = Some(0.01), None);
        check(|it| it.scenarios[0].error_rate = Some(0.0101), too_many_errors);
        check(|it| it.scenarios[0].error_rate = None, too_many_errors);
        check(|it| it.scenarios[0].verdict = Verdict::Invalid, Some("invalid or not run"));
        check(|it| it.dirty.push("busy".to_owned()), Some("on a busy machine"));
        check(|it| it.environment = Some("staging".to_owned()), Some("in another environment"));
        check(|it| it.scenarios[0].fingerprint.clear(), Some("with another script or load"));
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
        let cell = &comparison.scenarios[0].cells[0];
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
