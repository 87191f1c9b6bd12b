//! The plain rule: a cell more than the tolerance worse than in the previous comparable run.

use crate::baseline::{self, Baseline, was_measured};
use crate::run::{Run, Scenario};

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

/// One figure of a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub column: Column,
    /// Too few samples for this percentile, now or in the baseline: shown with `~`, not judged.
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
        previous > 0.0 && previous.is_finite() && worsening / previous > tolerance
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

    /// Whether too few of `samples` lie above the percentile.
    pub(crate) fn few_samples(self, samples: u64) -> bool {
        let percent_above = match self {
            Self::P50 => 50,
            Self::P95 => 5,
            Self::P99 => 1,
            Self::Throughput => return false,
        };
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
    let (baseline, previous) = baseline::find(run, it, newest_first);
    let cells = Column::ALL.map(|column| {
        let few = |it: &Scenario| column.few_samples(it.successes().unwrap_or(0));
        let few_samples = column.of(it).is_some() && (few(it) || previous.is_some_and(few));
        let change = previous
            .filter(|_| was_measured(it))
            .and_then(|previous| change(column, previous, it, tolerance))
            .map(|change| Change { worse: change.worse && !few_samples, ..change });
        Cell { column, few_samples, change }
    });
    Compared { name: it.name.clone(), baseline, cells }
}

fn change(
    column: Column,
    previous: &Scenario,
    current: &Scenario,
    tolerance: f64,
) -> Option<Change> {
    let (previous, current) = (column.of(previous)?, column.of(current)?);
    let worse = column.direction().is_worse(previous, current, tolerance);
    (previous > 0.0 && previous.is_finite() && current.is_finite()).then(|| Change {
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

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{HigherIsBetter, LowerIsBetter};

    #[track_caller]
    fn check(direction: Direction, previous: f64, current: f64, worse: bool) {
        assert_eq!(direction.is_worse(previous, current, 0.25), worse, "{previous} -> {current}");
    }

    #[test]
    fn exactly_the_tolerance_is_not_worse() {
        check(LowerIsBetter, 100.0, 125.0, false);
        check(LowerIsBetter, 100.0, 125.000001, true);
        check(HigherIsBetter, 100.0, 75.0, false);
        check(HigherIsBetter, 100.0, 74.999999, true);
    }

    #[test]
    fn better_is_not_worse_however_much() {
        check(LowerIsBetter, 100.0, 1.0, false);
        check(HigherIsBetter, 100.0, 10000.0, false);
    }

    #[test]
    fn the_unit_does_not_matter() {
        for scale in [1e-3, 1.0, 1e3] {
            check(LowerIsBetter, 100.0 * scale, 126.0 * scale, true);
            check(LowerIsBetter, 100.0 * scale, 124.0 * scale, false);
        }
    }

    #[test]
    fn what_is_no_positive_number_is_no_baseline() {
        for previous in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            check(LowerIsBetter, previous, 1000.0, false);
            check(HigherIsBetter, previous, 0.0, false);
        }
        check(LowerIsBetter, 100.0, f64::NAN, false);
    }

    #[test]
    fn a_percentile_needs_ten_samples_above_it() {
        for (column, enough) in [(Column::P50, 20), (Column::P95, 200), (Column::P99, 1000)] {
            assert!(!column.few_samples(enough), "{column:?}");
            assert!(column.few_samples(enough - 1), "{column:?}");
        }
        assert!(!Column::Throughput.few_samples(0));
    }
}
