//! Weeks in which nothing changed but the weather, drawn at random.

use crate::compare::column::Column;

/// How much figures scatter from run to run, as standard deviations of their logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    pub name: &'static str,
    /// Shared by all figures of a run.
    pub run: f64,
    /// Of P50, P95, P99 and throughput each.
    pub cells: [f64; 4],
    /// Failed calls of all calls, usually.
    pub errors: f64,
}

/// A dedicated machine, a shared one, and a busy one.
pub const PROFILES: [Profile; 3] = [
    Profile { name: "quiet", run: 0.03, cells: [0.02, 0.04, 0.07, 0.02], errors: 0.0002 },
    Profile { name: "typical", run: 0.06, cells: [0.04, 0.08, 0.14, 0.04], errors: 0.001 },
    Profile { name: "noisy", run: 0.12, cells: [0.08, 0.15, 0.25, 0.08], errors: 0.004 },
];

pub(crate) const SCENARIOS: usize = 3;
/// Of the calls of each scenario.
pub(crate) const PARTS: usize = 4;
/// A part has fewer calls than its scenario, so that its own figures scatter by so much more.
const OF_A_PART: f64 = 1.5;
const CALLS: f64 = 5000.0;
pub(crate) const HISTORY: usize = 13;
const BAD_WEEKS: f64 = 0.04;
const WORST_WEEK: f64 = 1.5;
/// A week that is worse by a half has five times the errors.
const BAD_ERRORS: f64 = 4.0;
/// How an error rate scatters, as the standard deviation of its logarithm, beside what counting adds.
const ERRORS: f64 = 0.5;
/// A run with more is no baseline.
const MOST_ERRORS: f64 = 0.01;

/// The figures of one cell, oldest first, and the one that is judged.
pub(crate) type Cell = ([f64; HISTORY], f64);

/// Of one scenario, in the order of [`Column::ALL`].
pub(crate) type Cells = [Cell; 5];

/// All cells of all scenarios; the first scenario is the one that became slower.
pub(crate) fn draw(
    profile: &Profile,
    step: f64,
    random: &mut Random,
    of_errors: &mut Random,
) -> [Cells; SCENARIOS] {
    let mut scenarios = [[([0.0; HISTORY], 0.0); 5]; SCENARIOS];
    for run in 0..=HISTORY {
        let (bad, figures) = week(profile, random);
        for (scenario, (cells, figures)) in scenarios.iter_mut().zip(figures).enumerate() {
            let errors = failed(profile, bad, of_errors);
            let figures = figures.into_iter().chain([errors]);
            for (index, (cell, figure)) in cells.iter_mut().zip(figures).enumerate() {
                match cell.0.get_mut(run) {
                    Some(it) if index == 4 => *it = figure.min(MOST_ERRORS),
                    Some(it) => *it = figure,
                    None if scenario == 0 && index < 3 => cell.1 = step * figure,
                    None => cell.1 = figure,
                }
            }
        }
    }
    scenarios
}

/// The parts of all scenarios, one scenario after the other; the first of the second scenario became slower alone.
///
/// What moved a scenario's P50 from run to run moved that of its parts.
pub(crate) fn draw_parts(
    profile: &Profile,
    step: f64,
    random: &mut Random,
    scenarios: &[Cells; SCENARIOS],
) -> Vec<[Cell; 3]> {
    let mut all = Vec::new();
    for number in 0..SCENARIOS * PARTS {
        let (before, now) = &scenarios[number / PARTS][0];
        let moved = before.iter().chain([now]);
        let mut cells = [([0.0; HISTORY], 0.0); 3];
        for (run, moved) in moved.enumerate() {
            for (index, cell) in cells.iter_mut().enumerate() {
                let own = OF_A_PART * profile.cells[index] * random.normal();
                // The first scenario is slower as a whole, and its parts are not looked at.
                let figure = moved * own.exp();
                match cell.0.get_mut(run) {
                    Some(it) => *it = figure,
                    None if number == PARTS => cell.1 = step * figure,
                    None => cell.1 = figure,
                }
            }
        }
        all.push(cells);
    }
    all
}

/// The error rate of one scenario in one run in which nothing changed.
fn failed(profile: &Profile, bad: f64, random: &mut Random) -> f64 {
    let rate = profile.errors * (BAD_ERRORS * bad + ERRORS * random.normal()).exp();
    // As many as come before their time is up, which is by Poisson.
    let (mut failed, mut time) = (0.0, -random.uniform().ln());
    while time < rate * CALLS {
        failed += 1.0;
        time -= random.uniform().ln();
    }
    f64::min(failed / CALLS, 1.0)
}

/// The figures of one run in which nothing changed.
///
/// With how bad a week it was, as a logarithm.
pub(crate) fn week(profile: &Profile, random: &mut Random) -> (f64, [[f64; 4]; SCENARIOS]) {
    let bad = if random.uniform() < BAD_WEEKS {
        (1.0 + (WORST_WEEK - 1.0) * random.uniform()).ln()
    } else {
        0.0
    };
    let shared = bad + profile.run * random.normal();
    let figures = std::array::from_fn(|_| {
        std::array::from_fn(|index| {
            let badness = shared + profile.cells[index] * random.normal();
            100.0 * Column::ALL[index].direction().figure(badness)
        })
    });
    (bad, figures)
}

/// [SplitMix64](https://doi.org/10.1145/2660193.2660195): small, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

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
