//! Lines and areas as inline SVG; colors come from the page's style sheet.

use crate::text::escape::markup;
use crate::text::number::rounded;
use std::fmt::Write as _;

/// Of a chart among four and of one among two.
pub(crate) const NARROW: f64 = 280.0;
pub(crate) const WIDE: f64 = 500.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;

/// A chart that is being drawn, with its own scale of each axis.
pub(crate) struct Chart {
    width: f64,
    x: (f64, f64),
    y: f64,
    body: String,
}

impl Chart {
    /// From `x.0` to `x.1` across and from 0 to a little above `most` up.
    pub(crate) fn new(width: f64, x: (f64, f64), most: f64) -> Self {
        let most = if most > 0.0 { most.clamp(1e-6, 1e12) } else { 1.0 };
        let step = round_step(most);
        let ticks = (most * 1.02 / step).ceil() as usize;
        let mut it = Self { width, x, y: ticks as f64 * step, body: String::new() };
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        for tick in 0..=ticks {
            let tick = tick as f64 * step;
            let at = it.up(tick);
            let right = width - RIGHT;
            it.add(format_args!("<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right:.1}\"/>"));
            let label = if tick < 1000.0 { format!("{tick:.decimals$}") } else { rounded(tick) };
            it.text(LEFT - 6.0, at + 3.5, "end", &label);
        }
        it
    }

    fn across(&self, x: f64) -> f64 {
        let (from, to) = self.x;
        let share = if to > from { (x - from) / (to - from) } else { 0.5 };
        LEFT + share.clamp(0.0, 1.0) * (self.width - LEFT - RIGHT)
    }

    fn up(&self, y: f64) -> f64 {
        TOP + (1.0 - (y / self.y).clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM)
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{element}").expect("writing to a String does not fail");
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let text = markup(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// How far two places are apart, in letters of a label.
    pub(crate) fn letters(&self, from: f64, to: f64) -> f64 {
        (self.across(to) - self.across(from)) / 8.0
    }

    /// A word under the axis.
    pub(crate) fn label(&mut self, x: f64, anchor: &str, text: &str) {
        let at = self.across(x);
        self.text(at, HEIGHT - 6.0, anchor, text);
    }

    pub(crate) fn line(&mut self, class: &str, points: &[(f64, f64)]) {
        let d = self.path(points.iter().copied());
        if points.len() > 1 {
            self.add(format_args!("<path class=\"{class}\" d=\"{d}\"/>"));
        }
    }

    /// Between a lower and an upper line, given as `(x, lower, upper)`.
    pub(crate) fn area(&mut self, class: &str, points: &[(f64, f64, f64)]) {
        let upper = points.iter().map(|it| (it.0, it.2));
        let lower = points.iter().rev().map(|it| (it.0, it.1));
        let d = self.path(upper.chain(lower));
        if points.len() > 1 {
            self.add(format_args!("<path class=\"{class}\" d=\"{d}Z\"/>"));
        }
    }

    /// A dot that says more when it is pointed at.
    pub(crate) fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64, words: &str) {
        let (x, y, words) = (self.across(x), self.up(y), markup(words));
        self.add(format_args!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"><title>{words}</title></circle>"
        ));
    }

    fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let points: Vec<String> =
            points.map(|(x, y)| format!("{:.1} {:.1}", self.across(x), self.up(y))).collect();
        format!("M{}", points.join("L"))
    }

    /// The chart under its caption; `words` are what it shows, for those who cannot see it.
    pub(crate) fn figure(self, caption: &str, words: &str) -> String {
        let Self { width, body, .. } = self;
        let words = markup(words);
        format!(
            "<figure><figcaption>{caption}</figcaption>\n\
             <svg viewBox=\"0 0 {width} {HEIGHT}\" role=\"img\" aria-label=\"{words}\">\n{body}</svg></figure>\n"
        )
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
    fn nothing_is_drawn_outside_of_the_chart_whatever_the_figures() {
        let odd = [0.0, -1.0, f64::MAX, f64::MIN_POSITIVE, 1e300];
        for most in odd {
            let mut chart = Chart::new(WIDE, (0.0, 1.0), most);
            chart.line("now", &odd.map(|it| (it, it)));
            let svg = chart.figure("", "");
            assert!(svg.len() < 10_000 && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
