//! How far a figure usually moves from run to run, and whether it has left that band or crept.
//!
//! All here is of one figure of one scenario. Its noise is estimated from the differences of
//! neighbouring runs, of which a lasting change touches but one: it neither widens the band nor
//! hides itself.

use crate::compare::column::Direction;
use serde::Serialize;

/// As many of the last comparable runs make the band.
pub(crate) const RUNS: usize = 12;

/// From so many on there is a band.
pub(crate) const MIN_RUNS: usize = 5;

/// So many standard deviations are noise.
pub(crate) const SIGMAS: f64 = 3.0;

/// The last runs of a creep against the first, neither overlapping the other.
const LAST: usize = 4;
const FIRST: usize = 8;

/// Where a figure usually lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Band {
    /// The median of the runs, in the figure's own unit.
    pub center: f64,
    /// Beyond this the figure is outside: above for a latency, below for a throughput.
    pub limit: f64,
    /// How many runs it stands on, 5 to 12.
    pub runs: usize,
    #[serde(skip)]
    noise: Noise,
    #[serde(skip)]
    margin: f64,
}

/// Where a figure stands against its band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Standing {
    /// Within its noise.
    Usual,
    /// Beyond its noise, better or worse, by less than the tolerance.
    Tolerated,
    /// Worse by more than both.
    Outside,
    /// Better by more than both.
    Better,
}

/// The middle of a figure's last runs and how far they scatter, as badness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Noise {
    direction: Direction,
    center: f64,
    sigma: f64,
    /// How far from the center is noise in any case: of errors twice as far as the worst run was, since a week with some
    /// more of them comes now and then.
    reach: f64,
    runs: usize,
}

impl Noise {
    /// The noise of the last of `history`, oldest first, all of them positive numbers.
    ///
    /// `None` where the history is too short.
    pub(crate) fn of(history: &[f64], direction: Direction) -> Option<Self> {
        let last = &history[history.len().saturating_sub(RUNS)..];
        if last.len() < MIN_RUNS {
            return None;
        }
        let badness: Vec<f64> = last.iter().map(|it| direction.badness(*it)).collect();
        let steps = badness.windows(2).map(|it| (it[1] - it[0]).abs()).collect();
        let sigma =
            f64::max(direction.least_sigma(), 1.4826 * median(steps) / std::f64::consts::SQRT_2);
        let worst = badness.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let center = median(badness);
        let reach =
            if direction == Direction::RarerIsBetter { 2.0 * (worst - center) } else { 0.0 };
        Some(Self { direction, center, sigma, reach, runs: last.len() })
    }

    /// How far from the center is still noise.
    ///
    /// `tolerance` is a share: what moves less is never outside, however quiet the figure.
    pub(crate) fn margin(&self, tolerance: f64, sigmas: f64) -> f64 {
        self.reach + f64::max(self.direction.step(tolerance), sigmas * self.sigma)
    }

    /// How much worse than the center `figure` is.
    pub(crate) fn excess(&self, figure: f64) -> f64 {
        self.direction.badness(figure) - self.center
    }
}

impl Band {
    /// The band of the last of `history`, oldest first, all of them positive numbers.
    ///
    /// `None` where the history is too short.
    pub(crate) fn of(history: &[f64], direction: Direction, tolerance: f64) -> Option<Self> {
        Self::as_wide(history, direction, tolerance, SIGMAS)
    }

    /// The same, so many standard deviations wide.
    pub(crate) fn as_wide(
        history: &[f64],
        direction: Direction,
        tolerance: f64,
        sigmas: f64,
    ) -> Option<Self> {
        let noise = Noise::of(history, direction)?;
        let margin = noise.margin(tolerance, sigmas);
        Some(Self {
            center: direction.figure(noise.center),
            limit: direction.figure(noise.center + margin),
            runs: noise.runs,
            noise,
            margin,
        })
    }

    /// Whether `figure` is worse than the noise explains.
    pub(crate) fn is_outside(&self, figure: f64) -> bool {
        self.standing(figure) == Standing::Outside
    }

    pub(crate) fn standing(&self, figure: f64) -> Standing {
        let excess = self.noise.excess(figure);
        if excess > self.margin {
            Standing::Outside
        } else if excess < -self.margin {
            Standing::Better
        } else if excess.abs() > self.noise.reach + SIGMAS * self.noise.sigma {
            Standing::Tolerated
        } else {
            Standing::Usual
        }
    }

    /// The edge on the side where things get better.
    pub(crate) fn other_limit(&self) -> f64 {
        // A throughput never falls by all that it was, and twice as much is an edge to be drawn.
        let margin = if self.margin.is_finite() { self.margin } else { f64::ln(2.0) };
        self.noise.direction.figure(self.noise.center - margin)
    }
}

/// How much worse the last runs are than the first, `history` and `current` taken together.
///
/// Now divided by then, where that is worse by more than `tolerance`.
pub(crate) fn drift(
    history: &[f64],
    current: f64,
    direction: Direction,
    tolerance: f64,
) -> Option<f64> {
    // An error rate never creeps far: beyond 1 % a run is no baseline.
    if history.len() + 1 < FIRST + LAST || direction == Direction::RarerIsBetter {
        return None;
    }
    let first = median(history[..FIRST].to_vec());
    let last = history[history.len() + 1 - LAST..].iter().copied().chain([current]);
    let last = median(last.collect());
    direction.is_worse(first, last, tolerance).then_some(last / first)
}

/// The middle of a list that is not empty.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_can_be_drawn_whatever_is_tolerated() {
        for tolerance in [0.25, 0.99, 1.0, 2.0] {
            for direction in [LowerIsBetter, HigherIsBetter, RarerIsBetter] {
                let it = Band::of(&[50.0; 6], direction, tolerance).unwrap();
                assert!(it.limit.is_finite() && it.other_limit().is_finite(), "{tolerance}");
            }
        }
    }
    use Direction::{HigherIsBetter, LowerIsBetter, RarerIsBetter};

    fn latency(history: &[f64]) -> Option<Band> {
        Band::of(history, LowerIsBetter, 0.25)
    }

    #[test]
    fn five_runs_make_a_band_and_twelve_are_enough() {
        assert_eq!(latency(&[10.0; 4]), None);
        assert_eq!(latency(&[10.0; 5]).unwrap().runs, 5);
        let mut history = vec![500.0; 30];
        history.extend([10.0; 12]);
        let band = latency(&history).unwrap();
        assert_eq!(band.runs, 12);
        assert!((band.center - 10.0).abs() < 1e-9);
    }

    #[test]
    fn noise_and_tolerance_are_told_apart() {
        let quiet = latency(&[100.0; 12]).unwrap();
        for (figure, expected) in [
            (100.0, Standing::Usual),
            (106.0, Standing::Usual),
            (107.0, Standing::Tolerated),
            (93.0, Standing::Tolerated),
            (124.0, Standing::Tolerated),
            (126.0, Standing::Outside),
            (79.0, Standing::Better),
        ] {
            assert_eq!(quiet.standing(figure), expected, "{figure}");
        }
        let errors = Band::of(&[0.0; 6], RarerIsBetter, 0.25).unwrap();
        for (rate, expected) in
            [(0.0, Standing::Usual), (0.0099, Standing::Usual), (0.01, Standing::Outside)]
        {
            assert_eq!(errors.standing(rate), expected, "{rate}");
        }
        let errors = Band::of(&[0.0, 0.0, 0.006, 0.0, 0.0, 0.0], RarerIsBetter, 0.25).unwrap();
        assert!(!errors.is_outside(0.021) && errors.is_outside(0.022), "twice as far as the worst");
    }

    #[test]
    fn the_band_is_never_narrower_than_the_tolerance() {
        let quiet = latency(&[100.0; 12]).unwrap();
        assert!(!quiet.is_outside(124.9) && quiet.is_outside(125.1));
        let quiet = Band::of(&[100.0; 12], HigherIsBetter, 0.25).unwrap();
        assert!(!quiet.is_outside(75.1) && quiet.is_outside(74.9) && !quiet.is_outside(1000.0));
    }

    #[test]
    fn the_band_is_as_wide_as_three_standard_deviations() {
        // Neighbours differ by ln 1.2 throughout: 3 · 1.4826 · ln 1.2 / √2 is ln 1.7743.
        let noisy = latency(&[100.0, 120.0, 100.0, 120.0, 100.0, 120.0, 100.0]).unwrap();
        assert!((noisy.center - 100.0).abs() < 1e-9);
        assert!((noisy.limit - 177.43).abs() < 0.01, "{}", noisy.limit);
        assert!(!noisy.is_outside(177.0) && noisy.is_outside(178.0));
    }

    #[test]
    fn a_lasting_change_neither_widens_the_band_nor_hides_itself() {
        let mut history = vec![100.0; 9];
        history.extend([160.0; 3]);
        assert!(latency(&history).unwrap().is_outside(160.0));
    }

    #[test]
    fn without_a_tolerance_to_fall_by_nothing_is_outside() {
        let band = Band::of(&[100.0; 12], HigherIsBetter, 2.0).unwrap();
        assert!(!band.is_outside(1e-9));
    }

    #[test]
    fn a_creep_shows_from_twelve_runs_on() {
        let crept: Vec<f64> = (0..12).map(|it| 100.0 * 1.05_f64.powi(it)).collect();
        let drift = |history: &[f64], current| drift(history, current, LowerIsBetter, 0.25);
        assert_eq!(drift(&crept[..10], crept[10]), None);
        // 1.05^9.5 over 1.05^3.5, but for the middle being that of the figures themselves.
        assert!((drift(&crept[..11], crept[11]).unwrap() - 1.05_f64.powi(6)).abs() < 1e-3);
        assert_eq!(drift(&[100.0; 11], 1000.0), None);
        let falling: Vec<f64> = crept.iter().map(|it| 1.0 / it).collect();
        assert_eq!(drift(&falling[..11], falling[11]), None);
        assert!(super::drift(&falling[..11], falling[11], HigherIsBetter, 0.2).is_some());
    }
}
