//! A chart as a value: what is drawn where, on which scales, and what is said about it.

use crate::text::kind::Tone;

/// Of a chart among four and of one among two.
pub(crate) const NARROW: f64 = 280.0;
pub(crate) const WIDE: f64 = 500.0;

/// What is left free beside a chart, at the left for the labels of its axis.
pub(crate) const LEFT: f64 = 44.0;
pub(crate) const RIGHT: f64 = 12.0;

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

impl Chart {
    /// Where `x` is, as a distance from the left.
    pub(crate) fn across(&self, x: f64) -> f64 {
        let (from, to) = self.x;
        let share = if to > from { (x - from) / (to - from) } else { 0.5 };
        LEFT + share.clamp(0.0, 1.0) * (self.width - LEFT - RIGHT)
    }

    /// How far two places are apart, in letters of a label.
    pub(crate) fn letters(&self, from: f64, to: f64) -> f64 {
        (self.across(to) - self.across(from)) / 8.0
    }
}
