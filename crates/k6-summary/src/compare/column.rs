//! The figures of a scenario that are compared, and which way each gets worse.

use crate::record::run::{Breakdown, Scenario};
use serde::Serialize;

/// So many samples have to lie above a percentile for it to be judged.
const MIN_SAMPLES_ABOVE: u64 = 10;

/// By so much an error rate has to rise to be worse, one call in a hundred; a hair less, so that exactly as much is.
const RISE: f64 = 0.01 * (1.0 - 1e-9);

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
    /// Failed calls of all calls, 0 to 1.
    Errors,
}

/// Which way a figure gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Latencies.
    LowerIsBetter,
    /// Throughput.
    HigherIsBetter,
    /// Error rates: usually 0, so that the difference counts and not the ratio.
    RarerIsBetter,
}

impl Direction {
    /// Whether `current` is worse than `previous` by more than `tolerance`; an error rate, by one in a hundred at least.
    ///
    /// Nothing is worse than a figure that is not a positive number, but for an error rate, which may be 0.
    pub fn is_worse(self, previous: f64, current: f64, tolerance: f64) -> bool {
        let worsening = match self {
            Self::LowerIsBetter => (current - previous) / previous,
            Self::HigherIsBetter => (previous - current) / previous,
            Self::RarerIsBetter => return previous >= 0.0 && current - previous > RISE,
        };
        previous > 0.0 && previous.is_finite() && worsening > tolerance
    }

    /// Whether `current` is better than `previous` by more than `tolerance`.
    pub(crate) fn is_better(self, previous: f64, current: f64, tolerance: f64) -> bool {
        match self {
            Self::LowerIsBetter => Self::HigherIsBetter.is_worse(previous, current, tolerance),
            Self::HigherIsBetter => Self::LowerIsBetter.is_worse(previous, current, tolerance),
            Self::RarerIsBetter => self.is_worse(current, previous, tolerance),
        }
    }

    /// Whether it can be compared at all.
    pub(crate) fn is_figure(self, figure: f64) -> bool {
        figure.is_finite() && (figure > 0.0 || self == Self::RarerIsBetter && figure == 0.0)
    }

    /// The logarithm of a figure, turned so that more is worse; an error rate itself.
    pub(crate) fn badness(self, figure: f64) -> f64 {
        match self {
            Self::LowerIsBetter => figure.ln(),
            Self::HigherIsBetter => -figure.ln(),
            Self::RarerIsBetter => figure,
        }
    }

    /// The figure of a badness.
    pub(crate) fn figure(self, badness: f64) -> f64 {
        match self {
            Self::LowerIsBetter => badness.exp(),
            Self::HigherIsBetter => (-badness).exp(),
            Self::RarerIsBetter => badness.max(0.0),
        }
    }

    /// How much worse in badness a figure is that is worse by `tolerance`.
    pub(crate) fn step(self, tolerance: f64) -> f64 {
        match self {
            Self::LowerIsBetter => (1.0 + tolerance).ln(),
            Self::HigherIsBetter if tolerance < 1.0 => -(1.0 - tolerance).ln(),
            // Nothing can fall by all that it was.
            Self::HigherIsBetter => f64::INFINITY,
            Self::RarerIsBetter => RISE,
        }
    }

    /// Nothing scatters less, in badness; otherwise equal figures would make a band without width.
    pub(crate) fn least_sigma(self) -> f64 {
        match self {
            Self::LowerIsBetter | Self::HigherIsBetter => 0.02,
            // Three of them are less than a rise that counts.
            Self::RarerIsBetter => RISE / 3.0,
        }
    }
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::P50, Self::P95, Self::P99, Self::Throughput, Self::Errors];

    /// Those of the calls that share an RPC or a tool.
    pub(crate) const OF_PARTS: [Self; 3] = [Self::P50, Self::P95, Self::P99];

    /// Which way this figure gets worse.
    pub fn direction(self) -> Direction {
        match self {
            Self::P50 | Self::P95 | Self::P99 => Direction::LowerIsBetter,
            Self::Throughput => Direction::HigherIsBetter,
            Self::Errors => Direction::RarerIsBetter,
        }
    }

    /// The scenario's figure, in milliseconds, in calls per second, or as a share.
    pub fn of(self, scenario: &Scenario) -> Option<f64> {
        match self {
            Self::P50 => scenario.latency_ms.p50,
            Self::P95 => scenario.latency_ms.p95,
            Self::P99 => scenario.latency_ms.p99,
            Self::Throughput => scenario.throughput,
            Self::Errors => scenario.error_rate,
        }
    }

    /// The scenario's figure with what it stands on.
    pub(crate) fn figure(self, it: &Scenario) -> Option<Figure> {
        Some(Figure {
            value: self.of(it)?,
            few: self.few_samples(it.successes().unwrap_or(0)),
            calls: it.calls.unwrap_or(0),
            approximate: self == Self::Throughput && it.approximate_rates,
        })
    }

    /// The same of a part of its calls; a part has nothing but percentiles.
    pub(crate) fn of_part(self, it: &Breakdown) -> Option<Figure> {
        let value = match self {
            Self::P50 => it.latency_ms.p50,
            Self::P95 => it.latency_ms.p95,
            Self::P99 => it.latency_ms.p99,
            Self::Throughput | Self::Errors => None,
        };
        let (few, calls) = (self.few_samples(it.successes()), it.calls.unwrap_or(0));
        Some(Figure { value: value?, few, calls, approximate: false })
    }

    /// The figure where it can be compared: a positive number that stands on enough samples.
    pub(crate) fn judged(self, scenario: &Scenario) -> Option<f64> {
        self.figure(scenario)?.judged(self.direction())
    }

    /// Whether too few of `samples` lie above the percentile.
    pub(crate) fn few_samples(self, samples: u64) -> bool {
        let percent_above = match self {
            Self::P50 => 50,
            Self::P95 => 5,
            Self::P99 => 1,
            Self::Throughput | Self::Errors => return false,
        };
        samples.saturating_mul(percent_above) < MIN_SAMPLES_ABOVE * 100
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P50 => "P50",
            Self::P95 => "P95",
            Self::P99 => "P99",
            Self::Throughput => "calls/s",
            Self::Errors => "errors",
        }
    }
}

/// A figure and what it stands on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    /// Too few samples for this percentile.
    pub(crate) few: bool,
    pub(crate) calls: u64,
    /// Over a time that is nearly that of the run.
    pub(crate) approximate: bool,
}

impl Figure {
    /// The figure where it can be compared.
    pub(crate) fn judged(self, direction: Direction) -> Option<f64> {
        (!self.few && direction.is_figure(self.value)).then_some(self.value)
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
    fn an_error_rate_is_worse_by_one_in_a_hundred() {
        for (previous, current, worse) in [
            (0.0, 0.01, true),
            (0.0, 0.009, false),
            (0.004, 0.014, true),
            (0.01, 0.019, false),
            (0.01, 0.0, false),
            (f64::NAN, 1.0, false),
        ] {
            check(Direction::RarerIsBetter, previous, current, worse);
        }
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
