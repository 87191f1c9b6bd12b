//! How often the rule of comparison is wrong, and how often it sees what is there.
//!
//! Weeks are drawn in which nothing changed but the weather: the logarithm of a figure is the sum
//! of an effect that all figures of a run share and of one of its own, and now and then a whole
//! week is bad. Three scenarios of four parts each are measured, thirteen weeks and then the one that is judged.
//! In it, one scenario may have become slower.

use crate::compare::band::{Noise, drift};
use crate::compare::column::Column;
use crate::compare::rule::{PART_SIGMAS, alert, is_marked};
use crate::compare::weeks::{
    Cell, Cells, HISTORY, PARTS, Profile, Random, SCENARIOS, draw, draw_parts, week,
};

const STEADY: usize = 12;
const CREEPING: usize = 12;
const TOLERANCE: f64 = 0.25;

/// In what share of the weeks each level of the rule spoke up, 0 to 1.
///
/// Without a step any cell of any scenario counts, so these are false alarms. With one it is any
/// latency of the scenario that became slower.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Worse than the previous run by more than the tolerance.
    pub bold: f64,
    /// Outside the noise band.
    pub outside: f64,
    pub alert: f64,
    /// The errors of a scenario outside their band.
    pub errors: f64,
    /// A part of a scenario's calls marked; with a step, the part that became slower.
    pub parts: f64,
    /// Outside the noise band, or a part marked.
    pub any: f64,
}

/// Judges `weeks` weeks, once for every width of the noise band in `sigmas`.
///
/// In each, the latencies of one scenario are `step` times what they were before, and so are those of one part of
/// another; throughput stays, as it does where the load is paced. The width of the parts' bands is that of the rule.
pub fn rates(profile: &Profile, step: f64, sigmas: &[f64], weeks: u32, seed: u64) -> Vec<Rates> {
    let mut random = Random(seed);
    // Its own, so that the figures of scenarios do not depend on how many parts there are.
    let mut of_parts = Random(!seed);
    let mut counts = vec![[0_u32; 6]; sigmas.len()];
    for _ in 0..weeks {
        let scenarios = draw(profile, step, &mut random, &mut of_parts);
        let parts = draw_parts(profile, step, &mut of_parts, &scenarios);
        let looked_at = if step == 1.0 { &scenarios[..] } else { &scenarios[..1] };
        let bold = looked_at.iter().any(|cells| {
            cells_of(cells, step).any(|(column, (history, current))| {
                column.direction().is_worse(history[HISTORY - 1], *current, TOLERANCE)
            })
        });
        let noises: Vec<[Both; 5]> = looked_at.iter().map(both).collect();
        let parts = if step == 1.0 { &parts[..] } else { &parts[PARTS..=PARTS] };
        let parts = parts.iter().any(|cells| is_marked(part_marks(cells).into_iter()));
        for (counts, sigmas) in counts.iter_mut().zip(sigmas) {
            let outside = noises.iter().any(|it| {
                let cells = if step == 1.0 { &it[..] } else { &it[..3] };
                cells.iter().any(|it| it.marks(*sigmas).0)
            });
            let errors = noises.iter().any(|it| it[4].marks(*sigmas).0);
            let alerts = noises.iter().any(|it| alert(it.iter().map(|it| it.marks(*sigmas))));
            let holds = [bold, outside, alerts, errors, parts, outside || parts];
            for (count, holds) in counts.iter_mut().zip(holds) {
                *count += u32::from(holds);
            }
        }
    }
    let share = |count| f64::from(count) / f64::from(weeks);
    let rates = |counts: [u32; 6]| {
        let [bold, outside, alert, errors, parts, any] = counts.map(share);
        Rates { bold, outside, alert, errors, parts, any }
    };
    counts.into_iter().map(rates).collect()
}

fn cells_of(cells: &Cells, step: f64) -> impl Iterator<Item = (Column, &Cell)> {
    let latencies_only = step != 1.0;
    let all = Column::ALL.into_iter().zip(cells);
    all.filter(move |(column, _)| !latencies_only || Column::OF_PARTS.contains(column))
}

/// The noise around the judged week and around the one before it.
struct Both {
    now: (Noise, f64),
    before: (Noise, f64),
}

fn both(cells: &Cells) -> [Both; 5] {
    std::array::from_fn(|index| {
        let direction = Column::ALL[index].direction();
        let (history, current) = &cells[index];
        let noise = |it: &[f64]| Noise::of(it, direction).expect("there are twelve weeks or more");
        let (last, rest) = history.split_last().expect("there are thirteen weeks");
        Both { now: (noise(history), *current), before: (noise(rest), *last) }
    })
}

impl Both {
    /// Whether the cell is outside, and whether it is so for the second time.
    fn marks(&self, sigmas: f64) -> (bool, bool) {
        let is_outside = |(noise, figure): &(Noise, f64)| {
            noise.excess(*figure) > noise.margin(TOLERANCE, sigmas)
        };
        let outside = is_outside(&self.now);
        (outside, outside && is_outside(&self.before))
    }
}

/// Which percentiles of a part are outside.
fn part_marks(cells: &[Cell; 3]) -> [bool; 3] {
    std::array::from_fn(|index| {
        let (history, current) = &cells[index];
        let direction = Column::OF_PARTS[index].direction();
        let noise = Noise::of(history, direction).expect("there are thirteen weeks");
        noise.excess(*current) > noise.margin(TOLERANCE, PART_SIGMAS)
    })
}

/// In what share of `times` histories of 24 runs the drift of a figure is told, 0 to 1.
///
/// Of these, twelve are steady, and in each of the twelve after them the latencies of one scenario
/// are `creep` times those of the run before. Where that is 1, any cell of any scenario counts,
/// else any latency of that scenario.
pub fn drifts(profile: &Profile, creep: f64, times: u32, seed: u64) -> f64 {
    let mut random = Random(seed);
    let mut told = 0_u32;
    for _ in 0..times {
        let mut scenarios = [[[0.0; STEADY + CREEPING]; 4]; SCENARIOS];
        let mut crept = 1.0;
        for run in 0..STEADY + CREEPING {
            crept *= if run < STEADY { 1.0 } else { creep };
            let (_, figures) = week(profile, &mut random);
            for (scenario, (cells, figures)) in scenarios.iter_mut().zip(figures).enumerate() {
                for (index, (cell, figure)) in cells.iter_mut().zip(figures).enumerate() {
                    cell[run] = if scenario == 0 && index < 3 { crept * figure } else { figure };
                }
            }
        }
        let is_told = |(column, cell): (Column, &[f64; STEADY + CREEPING])| {
            let (last, rest) = cell.split_last().expect("there are two dozen runs");
            drift(rest, *last, column.direction(), TOLERANCE).is_some()
        };
        let (of, columns) = if creep == 1.0 { (SCENARIOS, 4) } else { (1, 3) };
        let looked_at = scenarios[..of].iter();
        let mut looked_at =
            looked_at.flat_map(|cells| Column::ALL.into_iter().zip(cells).take(columns));
        told += u32::from(looked_at.any(is_told));
    }
    f64::from(told) / f64::from(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::band::SIGMAS;
    use crate::compare::rule::compare;
    use crate::compare::weeks::PROFILES;
    use crate::record::run::Run;

    /// Four parts in each scenario add few false alarms to those of the scenarios.
    #[test]
    fn more_cells_make_no_more_noise() {
        for (profile, growth) in [(0, 0.001), (1, 0.003), (2, 0.003)] {
            let it = judged(profile, 1.0);
            assert!(it.parts > 0.0 && it.any - it.outside <= growth, "{it:?}");
        }
        let errors = [0, 1, 2].map(|it| judged(it, 1.0).errors);
        assert!(errors[0] <= 0.001 && errors[1] <= 0.002 && errors[2] <= 0.012, "{errors:?}");
    }

    #[test]
    fn a_tool_that_became_slower_alone_is_seen() {
        let [quiet, typical, noisy] = [0, 1, 2].map(|it| judged(it, 2.0).parts);
        assert!(quiet >= 0.98 && typical >= 0.60 && noisy >= 0.05, "{quiet} {typical} {noisy}");
    }

    fn judged(profile: usize, step: f64) -> Rates {
        rates(&PROFILES[profile], step, &[SIGMAS], 4000, 1)[0]
    }

    #[test]
    fn false_alarms_stay_in_their_bands() {
        let [quiet, typical, noisy] = [0, 1, 2].map(|it| judged(it, 1.0));
        assert!((0.35..=0.52).contains(&typical.bold), "{typical:?}");
        assert!(typical.outside <= 0.11, "{typical:?}");
        assert!(typical.alert <= 0.05, "{typical:?}");
        assert!(quiet.outside <= 0.04 && quiet.alert <= 0.03, "{quiet:?}");
        assert!(noisy.outside <= 0.16 && noisy.alert <= 0.07, "{noisy:?}");
    }

    #[test]
    fn what_became_slower_is_seen() {
        let [half, double] = [1.5, 2.0].map(|it| judged(1, it));
        assert!(half.outside >= 0.90 && double.outside >= 0.98, "{half:?} {double:?}");
        assert!(half.alert >= 0.70 && double.alert >= 0.98, "{half:?} {double:?}");
    }

    #[test]
    fn a_creep_is_told_and_noise_seldom_is() {
        let [quiet, typical, noisy] = [0, 1, 2].map(|it| drifts(&PROFILES[it], 1.0, 2000, 1));
        let crept = [0, 1, 2].map(|it| drifts(&PROFILES[it], 1.03, 2000, 1));
        // Beyond what may end a job, so it is a line and no alert.
        assert!(quiet <= 0.02 && typical <= 0.10 && noisy <= 0.45, "{quiet} {typical} {noisy}");
        assert!(crept[0] >= 0.99 && crept[1] >= 0.97 && crept[2] >= 0.90, "{crept:?}");
    }

    /// The `week`th of the drawn weeks as a record.
    fn record(scenarios: &[Cells; SCENARIOS], parts: &[[Cell; 3]], week: usize) -> Run {
        let figure = |it: &Cell| it.0.get(week).copied().unwrap_or(it.1);
        let part = |(index, cells): (usize, &[Cell; 3])| {
            let [p50, p95, p99] = cells.each_ref().map(figure);
            serde_json::json!({ "tags": { "tool": index.to_string() }, "calls": 5000,
                "latency_ms": { "p50": p50, "p95": p95, "p99": p99 } })
        };
        let scenario = |(index, cells): (usize, &Cells)| {
            let [p50, p95, p99, throughput, errors] = cells.each_ref().map(figure);
            let parts = parts[index * PARTS..][..PARTS].iter().enumerate().map(part);
            let it = serde_json::json!({ "name": index.to_string(), "verdict": "passed",
                "calls": 5000, "samples": 5000, "error_rate": errors, "throughput": throughput,
                "by": parts.collect::<Vec<_>>(),
                "latency_ms": { "p50": p50, "p95": p95, "p99": p99 } });
            serde_json::from_value(it).unwrap()
        };
        let scenarios = scenarios.iter().enumerate().map(scenario).collect();
        Run::new(format!("{week}"), format!("2026-01-{:02}T00:00:00Z", week + 1), scenarios)
    }

    #[test]
    fn what_is_simulated_is_the_rule_itself() {
        let (mut random, mut other) = (Random(3), Random(4));
        let (mut marked, mut marked_parts) = (0, 0);
        for _ in 0..300 {
            let drawn = draw(&PROFILES[2], 1.5, &mut random, &mut other);
            let parts = draw_parts(&PROFILES[2], 2.0, &mut other, &drawn);
            let history: Vec<Run> = (0..HISTORY).map(|week| record(&drawn, &parts, week)).collect();
            let comparison = compare(&record(&drawn, &parts, HISTORY), &history, TOLERANCE);
            let compared = comparison.scenarios.iter().flat_map(|it| &it.parts);
            for (cells, compared) in parts.iter().zip(compared) {
                let marks = part_marks(cells);
                let marks = marks.map(|it| it && is_marked(marks.into_iter()));
                assert_eq!(compared.cells.each_ref().map(|it| it.outside), marks);
                marked_parts += usize::from(marks.contains(&true));
            }
            for (cells, compared) in drawn.iter().zip(&comparison.scenarios) {
                let marks = both(cells).map(|it| it.marks(SIGMAS));
                let found = compared.cells.each_ref().map(|it| (it.outside, it.again));
                assert_eq!(found, marks);
                assert_eq!(compared.alert(), alert(marks.into_iter()));
                for (cell, (history, current)) in compared.cells.iter().zip(cells) {
                    let change = cell.change.unwrap();
                    assert_eq!(change.previous, history[HISTORY - 1]);
                    let direction = cell.column.direction();
                    let bold = direction.is_worse(change.previous, *current, TOLERANCE);
                    assert_eq!(change.worse, bold);
                }
                marked += marks.iter().filter(|it| it.0).count();
            }
        }
        assert!(marked > 100, "{marked} marks are too few to say anything");
        assert!(marked_parts > 30, "{marked_parts} marks are too few to say anything");
    }

    #[test]
    fn a_seed_gives_the_same_weeks_again() {
        let again = |seed| rates(&PROFILES[2], 1.0, &[2.0, 3.0], 50, seed);
        assert_eq!(again(7), again(7));
        assert_ne!(again(7), again(8));
    }
}
