//! The plain rule: a cell more than the tolerance worse than in the previous comparable run.
//!
//! A comparable run measured the same thing (environment, scenario, fingerprint) and measured it
//! well: not dirty, not invalid, no more than 1 % of its calls failed. Failed calls are fast, so
//! they would make a baseline that no healthy run can keep.

use crate::run::{Run, Scenario, Verdict};
use std::fmt;

/// Above this share of failed calls a run is no baseline.
const MAX_BASELINE_ERROR_RATE: f64 = 0.01;

/// So many samples have to lie above a percentile for it to be judged.
const MIN_SAMPLES_ABOVE: u64 = 10;

/// Each scenario of a run beside its previous comparable run.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// 0.25 is 25 %.
    pub tolerance: f64,
    /// In the order of the run's scenarios.
    pub scenarios: Vec<Compared>,
}

/// A scenario beside its previous comparable run.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub name: String,
    pub baseline: Baseline,
    /// In the order of [`Column::ALL`].
    pub cells: [Cell; 4],
}

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

/// One figure of a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub column: Column,
    /// Too few samples for this percentile: shown with `~`, not judged.
    pub few_samples: bool,
    /// `None` without a baseline, or where either figure is missing.
    pub change: Option<Change>,
}

/// A figure against that of the previous comparable run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    pub previous: f64,
    /// The figure now divided by the previous one.
    pub ratio: f64,
    /// Worse by more than the tolerance, and judged at all.
    pub worse: bool,
}

/// The figures of a scenario that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    P50,
    P95,
    P99,
    Throughput,
}

/// Which way a figure gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    LowerIsBetter,
    HigherIsBetter,
}

impl Direction {
    /// Whether `current` is worse than `previous` by more than `tolerance`.
    ///
    /// Nothing is worse than a figure that is not a positive number.
    pub fn is_worse(self, previous: f64, current: f64, tolerance: f64) -> bool {
        let worsening = match self {
            Self::LowerIsBetter => current - previous,
            Self::HigherIsBetter => previous - current,
        };
        previous > 0.0 && worsening / previous > tolerance
    }
}

impl Column {
    pub const ALL: [Self; 4] = [Self::P50, Self::P95, Self::P99, Self::Throughput];

    pub fn direction(self) -> Direction {
        match self {
            Self::P50 | Self::P95 | Self::P99 => Direction::LowerIsBetter,
            Self::Throughput => Direction::HigherIsBetter,
        }
    }

    /// The scenario's figure, in milliseconds or calls per second.
    pub fn of(self, scenario: &Scenario) -> Option<f64> {
        match self {
            Self::P50 => scenario.latency_ms.p50,
            Self::P95 => scenario.latency_ms.p95,
            Self::P99 => scenario.latency_ms.p99,
            Self::Throughput => scenario.throughput,
        }
    }

    /// Whether too few samples lie above the percentile.
    fn few_samples(self, scenario: &Scenario) -> bool {
        let percent_above = match self {
            Self::P50 => 50,
            Self::P95 => 5,
            Self::P99 => 1,
            Self::Throughput => return false,
        };
        let samples = scenario.successes().unwrap_or(0);
        samples.saturating_mul(percent_above) < MIN_SAMPLES_ABOVE * 100
    }
}

/// Compares each scenario of `current` with its newest comparable run in `history`.
///
/// `tolerance` is a share: with 0.25, a latency of 126 ms after 100 ms is worse. The history may
/// be in any order and may hold `current` itself.
pub fn compare(current: &Run, history: &[Run], tolerance: f64) -> Comparison {
    let mut earlier: Vec<&Run> =
        history.iter().filter(|it| it.id != current.id && it.started <= current.started).collect();
    earlier.sort_by(|a, b| b.started.cmp(&a.started));
    let scenarios =
        current.scenarios.iter().map(|it| compare_scenario(current, it, &earlier, tolerance));
    Comparison { tolerance, scenarios: scenarios.collect() }
}

fn compare_scenario(run: &Run, it: &Scenario, newest_first: &[&Run], tolerance: f64) -> Compared {
    let mut passed_over = PassedOver::default();
    let mut baseline = None;
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
        } else if scenario.error_rate.is_none_or(|it| it > MAX_BASELINE_ERROR_RATE) {
            &mut passed_over.too_many_errors
        } else {
            baseline = Some((*earlier, scenario));
            break;
        };
        *tally += 1;
    }
    let cells = Column::ALL.map(|column| {
        let previous = baseline.map(|it| it.1);
        let few_samples =
            column.few_samples(it) || previous.is_some_and(|it| column.few_samples(it));
        let change = previous
            .filter(|_| was_measured(it))
            .and_then(|previous| change(column, previous, it, tolerance))
            .map(|change| Change { worse: change.worse && !few_samples, ..change });
        Cell { column, few_samples, change }
    });
    let baseline = match baseline {
        Some((run, _)) => Baseline::Run {
            id: run.id.clone(),
            started: run.started.clone(),
            commit: run.commit.clone(),
            url: run.url.clone(),
        },
        None if passed_over == PassedOver::default() => Baseline::NoEarlierRun,
        None => Baseline::NoneComparable(passed_over),
    };
    Compared { name: it.name.clone(), baseline, cells }
}

fn was_measured(scenario: &Scenario) -> bool {
    matches!(scenario.verdict, Verdict::Passed | Verdict::Failed)
}

fn change(
    column: Column,
    previous: &Scenario,
    current: &Scenario,
    tolerance: f64,
) -> Option<Change> {
    let (previous, current) = (column.of(previous)?, column.of(current)?);
    let worse = column.direction().is_worse(previous, current, tolerance);
    (previous > 0.0 && current.is_finite()).then(|| Change {
        previous,
        ratio: current / previous,
        worse,
    })
}

impl Comparison {
    /// How many cells are worse than the tolerance allows.
    pub fn worse(&self) -> usize {
        let cells = self.scenarios.iter().flat_map(|it| &it.cells);
        cells.filter(|it| it.change.is_some_and(|it| it.worse)).count()
    }
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
