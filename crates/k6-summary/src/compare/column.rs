//! The figures of a scenario that are compared, and which way each gets worse.

use crate::record::run::Scenario;
use serde::Serialize;

/// So many samples have to lie above a percentile for it to be judged.
const MIN_SAMPLES_ABOVE: u64 = 10;

/// The figures of a scenario that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The median latency, in milliseconds.
    P50,
    /// The latency that 95 of 100 calls keep.
    P95,
    /// The latency that 99 of 100 calls keep.
    P99,
    /// Successful calls per second.
    Throughput,
}

/// Which way a figure gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Latencies.
    LowerIsBetter,
    /// Throughput.
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

    /// The logarithm of a positive figure, turned so that more is worse.
    pub(crate) fn badness(self, figure: f64) -> f64 {
        match self {
            Self::LowerIsBetter => figure.ln(),
            Self::HigherIsBetter => -figure.ln(),
        }
    }

    /// The figure of a badness.
    pub(crate) fn figure(self, badness: f64) -> f64 {
        match self {
            Self::LowerIsBetter => badness.exp(),
            Self::HigherIsBetter => (-badness).exp(),
        }
    }

    /// How much worse in badness a figure is that is worse by `tolerance`.
    pub(crate) fn step(self, tolerance: f64) -> f64 {
        match self {
            Self::LowerIsBetter => (1.0 + tolerance).ln(),
            Self::HigherIsBetter if tolerance < 1.0 => -(1.0 - tolerance).ln(),
            // Nothing can fall by all that it was.
            Self::HigherIsBetter => f64::INFINITY,
        }
    }
}

impl Column {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::P50, Self::P95, Self::P99, Self::Throughput];

    /// Which way this figure gets worse.
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

    /// The figure where it can be compared: a positive number that stands on enough samples.
    pub(crate) fn judged(self, scenario: &Scenario) -> Option<f64> {
        let few = self.few_samples(scenario.successes().unwrap_or(0));
        self.of(scenario).filter(|it| !few && *it > 0.0 && it.is_finite())
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

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P50 => "P50",
            Self::P95 => "P95",
            Self::P99 => "P99",
            Self::Throughput => "calls/s",
        }
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
