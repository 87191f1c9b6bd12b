//! How often the rule of comparison is wrong, and how often it sees what is there.
//!
//! Weeks are drawn in which nothing changed but the weather: the logarithm of a figure is the sum
//! of an effect that all figures of a run share and of one of its own, and now and then a whole
//! week is bad. Three scenarios are measured, thirteen weeks and then the one that is judged.
//! In it, one scenario may have become slower.

use crate::compare::band::{Noise, drift};
use crate::compare::column::Column;
use crate::compare::rule::alert;

/// How much figures scatter from run to run, as standard deviations of their logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    pub name: &'static str,
    /// Shared by all figures of a run.
    pub run: f64,
    /// Of P50, P95, P99 and throughput each.
    pub cells: [f64; 4],
}

/// A dedicated machine, a shared one, and a busy one.
pub const PROFILES: [Profile; 3] = [
    Profile { name: "quiet", run: 0.03, cells: [0.02, 0.04, 0.07, 0.02] },
    Profile { name: "typical", run: 0.06, cells: [0.04, 0.08, 0.14, 0.04] },
    Profile { name: "noisy", run: 0.12, cells: [0.08, 0.15, 0.25, 0.08] },
];

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
}

const SCENARIOS: usize = 3;
const HISTORY: usize = 13;
const STEADY: usize = 12;
const CREEPING: usize = 12;
const TOLERANCE: f64 = 0.25;
const BAD_WEEKS: f64 = 0.04;
const WORST_WEEK: f64 = 1.5;

/// The figures of one cell, oldest first, and the one that is judged.
type Cell = ([f64; HISTORY], f64);

/// Judges `weeks` weeks, once for every width of the noise band in `sigmas`.
///
/// In each, the latencies of one scenario are `step` times what they were before; throughput
/// stays, as it does where the load is paced.
pub fn rates(profile: &Profile, step: f64, sigmas: &[f64], weeks: u32, seed: u64) -> Vec<Rates> {
    let mut random = Random(seed);
    let mut counts = vec![[0_u32; 3]; sigmas.len()];
    for _ in 0..weeks {
        let scenarios = draw(profile, step, &mut random);
        let looked_at = if step == 1.0 { &scenarios[..] } else { &scenarios[..1] };
        let bold = looked_at.iter().any(|cells| {
            cells_of(cells, step).any(|(column, (history, current))| {
                column.direction().is_worse(history[HISTORY - 1], *current, TOLERANCE)
            })
        });
        let noises: Vec<[Both; 4]> = looked_at.iter().map(both).collect();
        for (counts, sigmas) in counts.iter_mut().zip(sigmas) {
            let outside = noises.iter().any(|it| {
                let cells = if step == 1.0 { &it[..] } else { &it[..3] };
                cells.iter().any(|it| it.marks(*sigmas).0)
            });
            let alerts = noises.iter().any(|it| alert(it.iter().map(|it| it.marks(*sigmas))));
            for (count, holds) in counts.iter_mut().zip([bold, outside, alerts]) {
                *count += u32::from(holds);
            }
        }
    }
    let share = |count| f64::from(count) / f64::from(weeks);
    let rates = |[bold, outside, alert]: [u32; 3]| Rates {
        bold: share(bold),
        outside: share(outside),
        alert: share(alert),
    };
    counts.into_iter().map(rates).collect()
}

fn cells_of(cells: &[Cell; 4], step: f64) -> impl Iterator<Item = (Column, &Cell)> {
    let latencies_only = step != 1.0;
    let all = Column::ALL.into_iter().zip(cells);
    all.filter(move |(column, _)| !latencies_only || *column != Column::Throughput)
}

/// The noise around the judged week and around the one before it.
struct Both {
    now: (Noise, f64),
    before: (Noise, f64),
}

fn both(cells: &[Cell; 4]) -> [Both; 4] {
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
            let figures = week(profile, &mut random);
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

/// All cells of all scenarios; the first scenario is the one that became slower.
fn draw(profile: &Profile, step: f64, random: &mut Random) -> [[Cell; 4]; SCENARIOS] {
    let mut scenarios = [[([0.0; HISTORY], 0.0); 4]; SCENARIOS];
    for run in 0..=HISTORY {
        let figures = week(profile, random);
        for (scenario, (cells, figures)) in scenarios.iter_mut().zip(figures).enumerate() {
            for (index, (cell, figure)) in cells.iter_mut().zip(figures).enumerate() {
                match cell.0.get_mut(run) {
                    Some(it) => *it = figure,
                    None if scenario == 0 && index < 3 => cell.1 = step * figure,
                    None => cell.1 = figure,
                }
            }
        }
    }
    scenarios
}

/// The figures of one run in which nothing changed.
fn week(profile: &Profile, random: &mut Random) -> [[f64; 4]; SCENARIOS] {
    let bad = if random.uniform() < BAD_WEEKS {
        (1.0 + (WORST_WEEK - 1.0) * random.uniform()).ln()
    } else {
        0.0
    };
    let shared = bad + profile.run * random.normal();
    std::array::from_fn(|_| {
        std::array::from_fn(|index| {
            let badness = shared + profile.cells[index] * random.normal();
            100.0 * Column::ALL[index].direction().figure(badness)
        })
    })
}

/// [SplitMix64](https://doi.org/10.1145/2660193.2660195): small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// Above 0, up to 1.
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// By the method of Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::band::SIGMAS;
    use crate::compare::rule::compare;
    use crate::record::run::Run;

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
    fn record(scenarios: &[[Cell; 4]; SCENARIOS], week: usize) -> Run {
        let scenario = |(index, cells): (usize, &[Cell; 4])| {
            let figure = |it: &Cell| it.0.get(week).copied().unwrap_or(it.1);
            let [p50, p95, p99, throughput] = cells.each_ref().map(figure);
            let it = serde_json::json!({ "name": index.to_string(), "verdict": "passed",
                "calls": 5000, "error_rate": 0.0, "throughput": throughput,
                "latency_ms": { "p50": p50, "p95": p95, "p99": p99 } });
            serde_json::from_value(it).unwrap()
        };
        let scenarios = scenarios.iter().enumerate().map(scenario).collect();
        Run::new(format!("{week}"), format!("2026-01-{:02}T00:00:00Z", week + 1), scenarios)
    }

    #[test]
    fn what_is_simulated_is_the_rule_itself() {
        let mut random = Random(3);
        let mut marked = 0;
        for _ in 0..300 {
            let drawn = draw(&PROFILES[2], 1.5, &mut random);
            let history: Vec<Run> = (0..HISTORY).map(|week| record(&drawn, week)).collect();
            let comparison = compare(&record(&drawn, HISTORY), &history, TOLERANCE);
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
    }

    #[test]
    fn a_seed_gives_the_same_weeks_again() {
        let again = |seed| rates(&PROFILES[2], 1.0, &[2.0, 3.0], 50, seed);
        assert_eq!(again(7), again(7));
        assert_ne!(again(7), again(8));
    }
}
