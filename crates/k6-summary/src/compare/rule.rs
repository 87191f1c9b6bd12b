//! The rule: what is bold, what is outside the noise band, what alerts, what drifted.
//!
//! | level | when | needs |
//! |---|---|---|
//! | bold | worse than the previous comparable run by more than the tolerance | 1 run |
//! | ⚠ | worse than the median of the last 12 by more than the tolerance and than 3 standard deviations | 5 runs |
//! | alert | ⚠ in two cells of a scenario, or in the same cell as in the previous comparable run | 5 runs |
//! | drift | the last 4 runs worse than the first 8 by more than the tolerance | 12 runs |

use crate::compare::band::{self, Band};
use crate::compare::baseline::{self, Baseline, Comparable, was_measured};
use crate::compare::column::{Column, Direction};
use crate::record::run::{Run, Scenario};
use serde::Serialize;

/// Each scenario of a run beside its previous comparable runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    pub tolerance: Tolerance,
    /// In the order of the run's scenarios.
    pub scenarios: Vec<Compared>,
    /// How the P50 of all scenarios together moved against their medians: now divided by usual.
    ///
    /// `None` with fewer than two noise bands, or where not all moved the same way. It is shown and
    /// never judged: where all of them move alike, the environment is the likelier cause.
    pub common_shift: Option<f64>,
}

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
}

impl From<f64> for Tolerance {
    fn from(share: f64) -> Self {
        Self::new(share, 0.0)
    }
}

/// A scenario beside its previous comparable runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Compared {
    pub name: String,
    pub baseline: Baseline,
    /// In the order of [`Column::ALL`].
    pub cells: [Cell; 4],
}

/// One figure of a scenario.
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
    /// Worse than the noise band explains (⚠).
    pub outside: bool,
    /// So it was already in the previous comparable run.
    pub again: bool,
    pub drift: Option<Drift>,
}

/// A figure against that of the previous comparable run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    pub previous: f64,
    /// The figure now divided by the previous one.
    pub ratio: f64,
    /// Worse by more than the tolerance, and judged at all.
    pub worse: bool,
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

/// Compares each scenario of `current` with its comparable runs in `history`.
///
/// `tolerance` is a share: with 0.25, a latency of 126 ms after 100 ms is worse. The history may
/// be in any order and may hold `current` itself.
pub fn compare(current: &Run, history: &[Run], tolerance: impl Into<Tolerance>) -> Comparison {
    let tolerance = tolerance.into();
    let earlier = baseline::earlier(current, history);
    let compared = |it| compare_scenario(current, it, &earlier, tolerance);
    let scenarios: Vec<Compared> = current.scenarios.iter().map(compared).collect();
    let common_shift = common_shift(current, &scenarios);
    Comparison { tolerance, scenarios, common_shift }
}

fn compare_scenario(
    run: &Run,
    it: &Scenario,
    newest_first: &[&Run],
    tolerance: Tolerance,
) -> Compared {
    let comparable = baseline::find(run, it, newest_first);
    let cells = Column::ALL.map(|column| cell(column, it, &comparable, tolerance));
    Compared { name: it.name.clone(), baseline: comparable.baseline, cells }
}

fn cell(column: Column, it: &Scenario, comparable: &Comparable<'_>, tolerance: Tolerance) -> Cell {
    let previous = comparable.runs.first().map(|it| it.1);
    let few = |it: &Scenario| column.few_samples(it.successes().unwrap_or(0));
    let few_samples = column.of(it).is_some() && (few(it) || previous.is_some_and(few));
    let change = previous
        .filter(|_| was_measured(it))
        .and_then(|previous| change(column, previous, it, tolerance))
        .map(|change| Change { worse: change.worse && !few_samples, ..change });

    let direction = column.direction();
    let history = oldest_first(column, &comparable.runs);
    let (first, of_era) = (comparable.first_with(column), oldest_first(column, &comparable.era));
    let band = |history: &[f64]| Band::of(history, direction, tolerance.share);
    let is_outside = |band: Option<Band>, figure: f64| {
        band.is_some_and(|it| {
            it.is_outside(figure) && tolerance.heeds(direction, it.center, figure)
        })
    };
    let current = column.judged(it).filter(|_| was_measured(it));
    let outside = current.is_some_and(|it| is_outside(band(&history), it));
    // The run before itself, not the last one that happens to have the figure.
    let before = previous.and_then(|it| column.judged(it)).and(history.split_last());
    let again = outside && before.is_some_and(|(last, rest)| is_outside(band(rest), *last));
    let drift = current
        .and_then(|it| band::drift(&of_era, it, direction, tolerance.share))
        .and_then(|ratio| Some(Drift { ratio, since: first?.started.clone() }));
    let runs = history.len();
    Cell { column, few_samples, change, runs, band: band(&history), outside, again, drift }
}

fn oldest_first(column: Column, newest_first: &[(&Run, &Scenario)]) -> Vec<f64> {
    newest_first.iter().rev().filter_map(|(_, it)| column.judged(it)).collect()
}

fn change(
    column: Column,
    previous: &Scenario,
    current: &Scenario,
    tolerance: Tolerance,
) -> Option<Change> {
    let (previous, current) = (column.of(previous)?, column.of(current)?);
    let direction = column.direction();
    let worse = direction.is_worse(previous, current, tolerance.share)
        && tolerance.heeds(direction, previous, current);
    (previous > 0.0 && previous.is_finite() && current.is_finite()).then(|| Change {
        previous,
        ratio: current / previous,
        worse,
    })
}

fn common_shift(run: &Run, compared: &[Compared]) -> Option<f64> {
    let shift = |(scenario, compared): (&Scenario, &Compared)| {
        let band = compared.cells[0].band.filter(|_| was_measured(scenario))?;
        Some((Column::P50.judged(scenario)? / band.center).ln())
    };
    let shifts: Vec<f64> = run.scenarios.iter().zip(compared).filter_map(shift).collect();
    let alike = shifts.iter().all(|it| *it > 0.0) || shifts.iter().all(|it| *it < 0.0);
    (shifts.len() > 1 && alike).then(|| band::median(shifts).exp())
}

impl Tolerance {
    /// Whether the difference is large enough to be heeded at all.
    fn heeds(self, direction: Direction, previous: f64, current: f64) -> bool {
        direction == Direction::HigherIsBetter || (current - previous).abs() >= self.min_delta_ms
    }
}

impl Comparison {
    /// How many cells are worse than the tolerance allows.
    pub fn worse(&self) -> usize {
        self.cells().filter(|it| it.change.is_some_and(|it| it.worse)).count()
    }

    /// The scenarios that are worse than their noise explains.
    pub fn alerts(&self) -> impl Iterator<Item = &Compared> {
        self.scenarios.iter().filter(|it| it.alert())
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.scenarios.iter().flat_map(|it| &it.cells)
    }
}

impl Compared {
    /// Whether two of its cells are outside their noise bands, or one is for the second time.
    pub fn alert(&self) -> bool {
        alert(self.cells.iter().map(|it| (it.outside, it.again)))
    }
}

/// Whether cells make an alert, each of them outside or not, and again or not.
pub(crate) fn alert(mut cells: impl Iterator<Item = (bool, bool)> + Clone) -> bool {
    cells.clone().filter(|it| it.0).count() >= 2 || cells.any(|it| it.1)
}
