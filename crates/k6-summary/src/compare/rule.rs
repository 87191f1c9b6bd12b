//! The rule: what is bold, what is outside the noise band, what alerts, what drifted.
//!
//! | level | when | needs |
//! |---|---|---|
//! | bold | worse than the previous comparable run by more than the tolerance | 1 run |
//! | ⚠ | worse than the median of the last 12 by more than the tolerance and than 3 standard deviations | 5 runs |
//! | alert | ⚠ in two cells of a scenario, or in the same cell as in the previous comparable run | 5 runs |
//! | ⚠ of a part | two of its percentiles so, by 4 standard deviations | 5 runs |
//! | drift | the last 4 runs worse than the first 8 by more than the tolerance | 12 runs |

use crate::compare::band::{self, SIGMAS, Standing};
use crate::compare::baseline::{self, Baseline, was_measured};
use crate::compare::cell::{Cell, Series, Tolerance};
use crate::compare::column::Column;
use crate::record::run::{Breakdown, Run, Scenario};
use serde::Serialize;
use std::collections::BTreeMap;

/// So many standard deviations are noise in a part of a scenario's calls.
pub(crate) const PART_SIGMAS: f64 = 4.0;

/// Each scenario of a run beside its previous comparable runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    pub tolerance: Tolerance,
    /// In the order of the run's scenarios.
    pub scenarios: Vec<Compared>,
    pub(crate) missing: Vec<String>,
    /// How the P50 of all scenarios together moved against their medians: now divided by usual.
    ///
    /// `None` with fewer than two noise bands, or where not all moved the same way. It is shown and
    /// never judged: where all of them move alike, the environment is the likelier cause.
    pub common_shift: Option<f64>,
}

/// A scenario beside its previous comparable runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Compared {
    pub name: String,
    pub baseline: Baseline,
    /// In the order of [`Column::ALL`].
    pub cells: [Cell; 5],
    /// The calls that share an RPC, a tool or a scenario of k6's, in the order of the record.
    pub parts: Vec<ComparedPart>,
}

/// A part of a scenario's calls beside the same part in previous comparable runs.
///
/// There are many of them, so that each is marked on more evidence than a scenario is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ComparedPart {
    pub tags: BTreeMap<String, String>,
    /// P50, P95 and P99.
    pub cells: [Cell; 3],
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
    let missing = baseline::missing(current, &earlier);
    Comparison { tolerance, scenarios, missing, common_shift }
}

fn compare_scenario(
    run: &Run,
    it: &Scenario,
    newest_first: &[&Run],
    tolerance: Tolerance,
) -> Compared {
    let comparable = baseline::find(run, it, newest_first);
    let (measured, era) = (was_measured(it), comparable.era);
    let cells = Column::ALL.map(|column| {
        let runs = comparable.runs.iter().map(|it| (it.0, column.figure(it.1))).collect();
        let failing = comparable.failing.filter(|_| column == Column::Errors);
        let failing = failing.and_then(|it| column.figure(it));
        let current = column.figure(it);
        let series = Series { column, current, measured, runs, era, failing };
        Cell::of(&series, tolerance, SIGMAS)
    });
    let part = |part: &Breakdown| {
        let cells = Column::OF_PARTS.map(|column| {
            let same = |it: &Scenario| {
                it.by.iter().find(|it| it.tags == part.tags).and_then(|it| column.of_part(it))
            };
            let runs = comparable.runs.iter().map(|it| (it.0, same(it.1))).collect();
            let current = column.of_part(part);
            let series = Series { column, current, measured, runs, era, failing: None };
            Cell::of(&series, tolerance, PART_SIGMAS)
        });
        ComparedPart { tags: part.tags.clone(), cells: marked_together(cells) }
    };
    let parts = it.by.iter().map(part).collect();
    Compared { name: it.name.clone(), baseline: comparable.baseline, cells, parts }
}

/// Percentiles of a part are marked where two of them are outside, and none is marked alone.
fn marked_together(mut cells: [Cell; 3]) -> [Cell; 3] {
    let marked = is_marked(cells.iter().map(|it| it.outside));
    for it in &mut cells {
        if it.outside && !marked {
            it.standing = Some(Standing::Tolerated);
        }
        it.outside &= marked;
        it.again &= marked;
        if let Some(change) = &mut it.change {
            // The plain rule would find something in every other week.
            change.worse &= it.outside;
        }
    }
    cells
}

/// Whether a part is marked whose percentiles are outside or not.
pub(crate) fn is_marked(outside: impl Iterator<Item = bool>) -> bool {
    outside.filter(|it| *it).count() >= 2
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

impl Comparison {
    /// How many cells are worse than the tolerance allows.
    pub fn worse(&self) -> usize {
        self.cells().filter(|it| it.change.is_some_and(|it| it.worse)).count()
    }

    /// The scenarios that are worse than their noise explains.
    pub fn alerts(&self) -> impl Iterator<Item = &Compared> {
        self.scenarios.iter().filter(|it| it.alert())
    }

    /// The scenarios that earlier runs of the same kind had and this one lacks.
    ///
    /// The same kind is the same environment, server, suite and profile, and a scenario in common; had is had by the
    /// newest of these, or by half of the last 12 since somebody last accepted a baseline.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The calls that are worse than their noise explains, with the scenario they are of.
    pub(crate) fn marked_parts(&self) -> impl Iterator<Item = (&Compared, &ComparedPart)> {
        let parts =
            self.scenarios.iter().flat_map(|it| it.parts.iter().map(move |part| (it, part)));
        parts.filter(|it| it.1.cells.iter().any(|it| it.outside))
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
