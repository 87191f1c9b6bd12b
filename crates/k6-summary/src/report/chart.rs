//! A chart as a value: what is drawn where, on which scales, and what is said about it.

use crate::text::kind::Tone;
use crate::text::number::rounded;

/// Of a chart among four and of one among two.
pub(crate) const NARROW: f64 = 280.0;
pub(crate) const WIDE: f64 = 500.0;

/// What is left free beside a chart; at the left at least so much, for the labels of its axis.
const LEFT: f64 = 44.0;
pub(crate) const RIGHT: f64 = 12.0;

/// Between a label and its axis.
pub(crate) const GAP: f64 = 6.0;

/// The room that a letter of a label takes on a phone, where the letters of a wide chart are larger.
const LETTER: f64 = 7.0;
const WIDE_LETTER: f64 = 10.0;

/// Lines and areas over the same two axes.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    pub(crate) width: f64,
    /// What lies at both ends of the axis across.
    pub(crate) x: (f64, f64),
    /// The axis up begins at 0 and ends a little above this.
    pub(crate) most: f64,
    pub(crate) caption: Vec<(Tone, String)>,
    /// What it shows, for those who cannot see it.
    pub(crate) words: String,
    pub(crate) shapes: Vec<Shape>,
}

/// Something in a chart, of a class that has its color.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Polyline(&'static str, Vec<(f64, f64)>),
    /// What a polyline surrounds.
    Area(&'static str, Vec<(f64, f64)>),
    /// A dot of a radius that says more when it is pointed at.
    Dot(&'static str, (f64, f64), f64, String),
    /// A word under the axis, of which the start, the middle or the end is at its place.
    Label(f64, &'static str, String),
}

/// The axis up, from 0: so many steps, and what stands beside each.
#[derive(Debug)]
pub(crate) struct Axis {
    pub(crate) end: f64,
    /// Where each tick is, with its label.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Chart {
    pub(crate) fn axis(&self) -> Axis {
        let most = if self.most > 0.0 { self.most.clamp(1e-6, 1e12) } else { 1.0 };
        let step = round_step(most);
        let steps = (most * 1.02 / step).ceil() as usize;
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        let tick = |it: usize| {
            let at = it as f64 * step;
            (at, if at < 1000.0 { format!("{at:.decimals$}") } else { rounded(at) })
        };
        Axis { end: steps as f64 * step, ticks: (0..=steps).map(tick).collect() }
    }

    /// Where the axis up is: as far in as its longest label is long.
    pub(crate) fn left(&self) -> f64 {
        let letter = if self.width < WIDE { LETTER } else { WIDE_LETTER };
        let longest = self.axis().ticks.iter().map(|it| it.1.chars().count()).max();
        f64::max(LEFT, GAP + letter * longest.unwrap_or(0) as f64)
    }

    /// Where `x` is, as a distance from the left.
    pub(crate) fn across(&self, x: f64) -> f64 {
        let (from, to) = self.x;
        let share = if to > from { (x - from) / (to - from) } else { 0.5 };
        self.left() + share.clamp(0.0, 1.0) * (self.width - self.left() - RIGHT)
    }

    /// How far two places are apart, in letters of a label.
    pub(crate) fn letters(&self, from: f64, to: f64) -> f64 {
        (self.across(to) - self.across(from)) / 8.0
    }
}

/// A step of 1, 2 or 5 times a power of ten that divides `most` in about three.
fn round_step(most: f64) -> f64 {
    let rough = most / 3.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|it| rough <= it * power * 1.2);
    step.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_steps() {
        for (most, step) in [(3.1, 1.0), (9.0, 5.0), (40.0, 20.0), (0.07, 0.02)] {
            assert!((round_step(most) - step).abs() < 1e-9 * step, "{most}: {}", round_step(most));
        }
    }

    #[test]
    fn a_label_has_room_however_many_digits_it_has() {
        for (width, letter) in [(NARROW, LETTER), (WIDE, WIDE_LETTER)] {
            for most in [0.000_3, 7.0, 950.0, 5400.0, 100_000.0, 2e9] {
                let (caption, words, shapes) = (Vec::new(), String::new(), Vec::new());
                let chart = Chart { width, x: (0.0, 1.0), most, caption, words, shapes };
                for (_, label) in chart.axis().ticks {
                    let room = chart.left() - GAP;
                    assert!(room >= letter * label.len() as f64, "{label} in {room}");
                }
                assert!(chart.left() < width - RIGHT, "no room for the chart beside {most}");
            }
        }
    }
}
