//! One figure of this run beside the same of earlier runs.

use crate::compare::band::{self, Band, RUNS, SIGMAS, Standing};
use crate::compare::column::{Column, Direction, Figure};
use crate::record::run::Run;
use serde::Serialize;

/// What is too little to be marked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tolerance {
    /// 0.25 is 25 %.
    pub share: f64,
    /// Latencies that differ by less are equal, in milliseconds.
    pub min_delta_ms: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self::new(0.25, 0.0)
    }
}

impl Tolerance {
    /// A share, and milliseconds below which latencies are equal.
    pub fn new(share: f64, min_delta_ms: f64) -> Self {
        Self { share, min_delta_ms }
    }

    /// Whether the difference is large enough to be heeded at all.
    fn heeds(self, direction: Direction, previous: f64, current: f64) -> bool {
        direction != Direction::LowerIsBetter || (current - previous).abs() >= self.min_delta_ms
    }
}

impl From<f64> for Tolerance {
    fn from(share: f64) -> Self {
        Self::new(share, 0.0)
    }
}

/// One figure of a scenario, or of the calls that share an RPC or a tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Cell {
    pub column: Column,
    /// Too few samples for this percentile, now or in the baseline: shown with `~`, not judged.
    pub few_samples: bool,
    /// `None` without a baseline, or where either figure is missing.
    pub change: Option<Change>,
    /// How many comparable runs have this figure; from 5 on there is a noise band.
    pub runs: usize,
    pub band: Option<Band>,
    /// `None` where it was not judged against a band.
    pub standing: Option<Standing>,
    /// Worse than the noise band explains (⚠).
    pub outside: bool,
    /// So it was already in the previous comparable run.
    pub again: bool,
    pub drift: Option<Drift>,
    /// The previous comparable run had this figure, or half of the last 12, and this one lacks it.
    pub lacking: bool,
}

/// A figure against that of the previous comparable run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    pub previous: f64,
    /// The figure now divided by the previous one; infinite after 0.
    pub ratio: f64,
    /// Worse by more than the tolerance, and judged at all.
    pub worse: bool,
    /// Better by more than the tolerance, and judged at all.
    pub better: bool,
}

/// A figure that got worse over many runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// The median of the last 4 runs divided by that of the first 8.
    pub ratio: f64,
    /// When the first of them started.
    pub since: String,
}

/// A figure of this run and of the comparable ones before it, newest first.
pub(crate) struct Series<'a> {
    pub(crate) column: Column,
    /// `None` also where this run measured something else than the server.
    pub(crate) current: Option<Figure>,
    /// Whether this run measured the server.
    pub(crate) measured: bool,
    pub(crate) runs: Vec<(&'a Run, Option<Figure>)>,
    /// How many of them belong to the time since the level was last accepted.
    pub(crate) era: usize,
    /// That of the run before, where it is none of them because too many of its calls failed.
    pub(crate) failing: Option<Figure>,
}

impl Cell {
    /// Judges a figure by a band that is so many standard deviations wide.
    pub(crate) fn of(series: &Series<'_>, tolerance: Tolerance, sigmas: f64) -> Self {
        let Series { column, current, runs, .. } = series;
        let direction = column.direction();
        // What is known nearly is not held against what is known exactly.
        let alike = |it: &Figure| current.is_none_or(|now| now.approximate == it.approximate);
        let previous = runs.first().and_then(|it| it.1).filter(alike);
        let judged = |it: &(&Run, Option<Figure>)| it.1.filter(alike)?.judged(direction);
        let history: Vec<f64> = runs.iter().rev().filter_map(judged).collect();
        let era = &runs[..series.era];
        let of_era: Vec<f64> = era.iter().rev().filter_map(judged).collect();
        let first = era.iter().rev().find(|it| judged(it).is_some()).map(|it| it.0);

        let few_samples = current.is_some_and(|it| it.few || previous.is_some_and(|it| it.few));
        let band = |history: &[f64]| Band::as_wide(history, direction, tolerance.share, sigmas);
        let is_outside = |band: Option<Band>, it: Figure| {
            band.is_some_and(|band| {
                band.is_outside(it.value) && heeded(direction, band.center, it, tolerance)
            })
        };
        let now = current.filter(|it| series.measured && it.judged(direction).is_some());
        let outside = now.is_some_and(|it| is_outside(band(&history), it));
        let standing = now.zip(band(&history)).map(|(it, band)| match band.standing(it.value) {
            Standing::Outside if !outside => Standing::Tolerated,
            it => it,
        });
        let again = outside && was_outside(series, &history, |rest, it| is_outside(band(rest), it));
        let drift = now
            .and_then(|it| band::drift(&of_era, it.value, direction, tolerance.share))
            .and_then(|ratio| Some(Drift { ratio, since: first?.started.clone() }));
        let recent = &runs[..runs.len().min(RUNS)];
        let had = recent.iter().filter(|it| judged(it).is_some()).count();
        let had_last = recent.first().is_some_and(|it| judged(it).is_some());
        Self {
            column: *column,
            few_samples,
            change: current
                .filter(|_| series.measured)
                .zip(previous)
                .and_then(|(now, before)| change(direction, before, now, tolerance, few_samples)),
            runs: history.len(),
            band: band(&history),
            standing,
            outside,
            again,
            drift,
            lacking: series.measured
                && current.is_none()
                && (had_last || had > 0 && 2 * had >= recent.len()),
        }
    }

    /// Whether it was held against anything: a figure before it, on enough samples.
    pub(crate) fn is_judged(&self) -> bool {
        self.change.is_some() && !self.few_samples
    }

    /// Whether it is better than its noise explains; while that is not known, than the tolerance.
    pub(crate) fn is_better(&self) -> bool {
        match self.standing {
            Some(it) => it == Standing::Better,
            None => self.change.is_some_and(|it| it.better),
        }
    }
}

/// Whether the run before this one was outside: itself, not the last one that happens to have the figure.
fn was_outside(
    series: &Series<'_>,
    history: &[f64],
    is_outside: impl Fn(&[f64], Figure) -> bool,
) -> bool {
    if let Some(it) = series.failing {
        return is_outside(history, it);
    }
    let before = series.runs.first().and_then(|it| it.1);
    let before = before.filter(|it| it.judged(series.column.direction()).is_some());
    before.zip(history.split_last()).is_some_and(|(it, (_, rest))| is_outside(rest, it))
}

fn change(
    direction: Direction,
    before: Figure,
    now: Figure,
    tolerance: Tolerance,
    few_samples: bool,
) -> Option<Change> {
    let (previous, current) = (before.value, now.value);
    if !direction.is_figure(previous) || !current.is_finite() {
        return None;
    }
    let is_heeded = !few_samples && heeded(direction, previous, now, tolerance);
    let ratio = if current == previous { 1.0 } else { current / previous };
    Some(Change {
        previous,
        ratio,
        worse: is_heeded && direction.is_worse(previous, current, tolerance.share),
        better: is_heeded && direction.is_better(previous, current, tolerance.share),
    })
}

/// Whether a difference is large enough to be heeded, and of failures more than chance.
fn heeded(direction: Direction, usual: f64, now: Figure, tolerance: Tolerance) -> bool {
    let is_chance = direction == Direction::RarerIsBetter && is_chance(usual, now);
    !is_chance && tolerance.heeds(direction, usual, now.value)
}

/// Whether so many more failures may well be met among so few calls, though nothing changed.
fn is_chance(usual: f64, now: Figure) -> bool {
    let calls = now.calls as f64;
    let expected = (usual * calls + 1.0) / (calls + 2.0);
    (now.value - usual).abs() <= SIGMAS * (expected * (1.0 - expected) / calls).sqrt()
}
