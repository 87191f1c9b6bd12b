//! The rule of comparison, from records to marks.

use k6_summary::comparison::{Cell, Tolerance};
use k6_summary::{Comparison, Run, Scenario, compare};
use proptest::prelude::*;

/// P50, P95, P99 in milliseconds and calls per second.
pub(crate) type Figures = [f64; 4];

pub(crate) const USUAL: Figures = [10.0, 20.0, 30.0, 50.0];

pub(crate) fn scenario(name: &str, [p50, p95, p99, throughput]: Figures) -> Scenario {
    let it = serde_json::json!({ "name": name, "verdict": "passed", "fingerprint": "f",
        "calls": 2000, "error_rate": 0.0, "throughput": throughput,
        "latency_ms": { "p50": p50, "p95": p95, "p99": p99 } });
    serde_json::from_value(it).unwrap()
}

/// A run in the `week`th week of a year.
pub(crate) fn run(week: usize, scenarios: Vec<Scenario>) -> Run {
    let started = format!("2026-{:02}-{:02}T03:37:00Z", 1 + week / 4, 1 + week % 4 * 7);
    Run::new(format!("week {week}"), started, scenarios)
}

fn of(week: usize, figures: Figures) -> Run {
    run(week, vec![scenario("mix", figures)])
}

/// As many quiet weeks, each a little different from the one before.
fn weeks(count: usize) -> Vec<Run> {
    let factor = |week: usize| if week.is_multiple_of(2) { 1.0 } else { 1.02 };
    (0..count).map(|week| of(week, USUAL.map(|it| it * factor(week)))).collect()
}

fn cells(comparison: &Comparison) -> &[Cell; 5] {
    &comparison.scenarios[0].cells
}

/// Of the latencies and the throughput.
fn outside(comparison: &Comparison) -> [bool; 4] {
    std::array::from_fn(|index| cells(comparison)[index].outside)
}

#[test]
fn a_figure_is_outside_from_the_sixth_run_on() {
    let slow = [10.0, 30.0, 30.0, 50.0];
    for runs in [4, 5] {
        let comparison = compare(&of(20, slow), &weeks(runs), 0.25);
        assert_eq!(cells(&comparison)[1].runs, runs);
        assert_eq!(outside(&comparison), [false, runs == 5, false, false]);
        assert_eq!(comparison.worse(), 1, "bold needs one run only");
        assert_eq!(comparison.alerts().count(), 0, "one cell, for the first time");
    }
}

#[test]
fn two_cells_of_a_scenario_alert() {
    let comparison = compare(&of(20, [10.0, 30.0, 45.0, 50.0]), &weeks(12), 0.25);
    assert_eq!(outside(&comparison), [false, true, true, false]);
    assert_eq!(comparison.alerts().count(), 1);
    // One cell each in two scenarios is no alert.
    let weeks: Vec<Run> =
        (0..12).map(|it| run(it, vec![scenario("a", USUAL), scenario("b", USUAL)])).collect();
    let slow = [10.0, 30.0, 30.0, 50.0];
    let now = run(20, vec![scenario("a", slow), scenario("b", slow)]);
    let comparison = compare(&now, &weeks, 0.25);
    assert!(comparison.scenarios.iter().all(|it| it.cells[1].outside && !it.alert()));
}

#[test]
fn the_same_cell_for_the_second_time_alerts_and_is_no_longer_bold() {
    let slow = [10.0, 30.0, 30.0, 50.0];
    let mut history = weeks(12);
    history.push(of(12, slow));
    let comparison = compare(&of(13, slow), &history, 0.25);
    assert!(cells(&comparison)[1].outside && cells(&comparison)[1].again);
    assert_eq!(comparison.worse(), 0);
    assert_eq!(comparison.alerts().count(), 1);
    // Where the run before has no such figure, it is the first time again.
    let mut between = of(13, slow);
    between.scenarios[0].latency_ms.p95 = None;
    let comparison = compare(&of(14, slow), &[history.clone(), vec![between]].concat(), 0.25);
    assert!(cells(&comparison)[1].outside && !cells(&comparison)[1].again);
    // Another cell is the first time again.
    let comparison = compare(&of(13, [10.0, 20.0, 45.0, 50.0]), &history, 0.25);
    assert_eq!(
        (outside(&comparison), comparison.alerts().count()),
        ([false, false, true, false], 0)
    );
}

#[test]
fn a_run_that_is_twice_in_the_history_counts_once() {
    let mut history = weeks(4);
    let mut again = history[0].clone();
    again.started = "2026-02-28T03:37:00Z".to_owned();
    history.push(again);
    assert_eq!(cells(&compare(&of(20, USUAL), &history, 0.25))[1].runs, 4);
}

#[test]
fn fewer_calls_per_second_are_outside_and_more_are_not() {
    for (throughput, expected) in [(37.0, true), (38.5, false), (500.0, false)] {
        let comparison = compare(&of(20, [10.0, 20.0, 30.0, throughput]), &weeks(12), 0.25);
        assert_eq!(outside(&comparison)[3], expected, "{throughput}");
    }
}

#[test]
fn a_creep_is_told_since_its_beginning_until_somebody_accepts_it() {
    let creep = |week: usize| USUAL.map(|it| it * 1.04_f64.powi(i32::try_from(week).unwrap()));
    let mut history: Vec<Run> = (0..12).map(|week| of(week, creep(week))).collect();
    let now = of(12, creep(12));
    let comparison = compare(&now, &history, 0.25);
    let drift = cells(&comparison)[1].drift.as_ref().unwrap();
    assert!((drift.ratio - 1.04_f64.powi(7)).abs() < 0.01, "{}", drift.ratio);
    assert_eq!(drift.since, "2026-01-01T03:37:00Z");
    assert_eq!(cells(&comparison)[3].drift, None, "throughput rose");

    history[3].baseline_reset = Some("a new server".to_owned());
    assert_eq!(cells(&compare(&now, &history, 0.25))[1].drift, None);
    history[3].baseline_reset = None;
    history[3].scenarios[0].fingerprint = "another load".to_owned();
    assert_eq!(cells(&compare(&now, &history, 0.25))[1].drift, None);
}

#[test]
fn what_moves_with_everything_else_is_told_and_not_judged() {
    let three = |week, factor: f64| {
        let all = ["a", "b", "c"].map(|it| scenario(it, USUAL.map(|it| it * factor)));
        run(week, all.to_vec())
    };
    let history: Vec<Run> = (0..6).map(|week| three(week, 1.0)).collect();
    let shift = compare(&three(7, 1.18), &history, 0.25).common_shift.unwrap();
    assert!((shift - 1.18).abs() < 1e-9);
    let mut now = three(7, 1.18);
    now.scenarios[2].latency_ms.p50 = Some(9.0);
    assert_eq!(compare(&now, &history, 0.25).common_shift, None, "one moved the other way");
    let one = compare(&of(20, USUAL), &weeks(12), 0.25);
    assert_eq!(one.common_shift, None, "one scenario is not all of them");
}

#[test]
fn a_difference_too_small_to_be_felt_can_be_left_unmarked() {
    let slow = [14.0, 28.0, 42.0, 30.0];
    let tolerance = Tolerance::new(0.25, 10.0);
    let comparison = compare(&of(20, slow), &weeks(12), tolerance);
    let worse = cells(&comparison).each_ref().map(|it| it.change.is_some_and(|it| it.worse));
    assert_eq!(worse, [false, false, true, true, false]);
    assert_eq!(outside(&comparison), [false, false, true, true]);
}

fn figure() -> impl Strategy<Value = f64> {
    0.01..10_000.0
}

fn figures() -> impl Strategy<Value = Figures> {
    [figure(), figure(), figure(), figure()]
}

/// Anything that a record may hold for a figure.
fn anything() -> impl Strategy<Value = Option<f64>> {
    let odd = [f64::NAN, f64::INFINITY, 0.0, -1.0, f64::MIN_POSITIVE, f64::MAX];
    prop_oneof![
        Just(None),
        figure().prop_map(Some),
        prop::sample::select(odd.to_vec()).prop_map(Some)
    ]
}

fn history(figures: &[Figures]) -> Vec<Run> {
    figures.iter().enumerate().map(|(week, it)| of(week, *it)).collect()
}

/// Everything that is marked, without the figures themselves.
fn marks(comparison: &Comparison) -> Vec<Vec<(bool, bool, bool, bool)>> {
    let cell = |it: &Cell| {
        (it.change.is_some_and(|it| it.worse), it.outside, it.again, it.drift.is_some())
    };
    comparison.scenarios.iter().map(|it| it.cells.iter().map(cell).collect()).collect()
}

proptest! {
    #[test]
    fn bold_is_the_literal_formula(previous in figures(), current in figures()) {
        let comparison = compare(&of(20, current), &[of(1, previous)], 0.25);
        for index in 0..4 {
            let (before, now) = (previous[index], current[index]);
            let literal = if index < 3 {
                (now - before) / before > 0.25
            } else {
                (before - now) / before > 0.25
            };
            let change = cells(&comparison)[index].change.unwrap();
            prop_assert_eq!(change.worse, literal);
            prop_assert_eq!(change.ratio, now / before);
        }
    }

    #[test]
    fn the_unit_does_not_matter(
        past in prop::collection::vec(figures(), 0..15),
        current in figures(),
        power in -10_i32..10,
    ) {
        // Powers of two scale without rounding.
        let scale = 2.0_f64.powi(power);
        let scaled: Vec<Figures> = past.iter().map(|it| it.map(|it| it * scale)).collect();
        let here = compare(&of(20, current), &history(&past), 0.25);
        let there = compare(&of(20, current.map(|it| it * scale)), &history(&scaled), 0.25);
        prop_assert_eq!(marks(&here), marks(&there));
    }

    #[test]
    fn a_slower_run_is_never_marked_less(
        past in prop::collection::vec(figures(), 1..15),
        current in figures(),
        factor in 1.0..10.0,
    ) {
        let [p50, p95, p99, throughput] = current;
        let slower = [p50 * factor, p95 * factor, p99 * factor, throughput / factor];
        let fast = compare(&of(20, current), &history(&past), 0.25);
        let slow = compare(&of(20, slower), &history(&past), 0.25);
        for (fast, slow) in cells(&fast).iter().zip(cells(&slow)) {
            prop_assert!(fast.change.unwrap().worse <= slow.change.unwrap().worse);
            prop_assert!(fast.outside <= slow.outside && fast.again <= slow.again);
        }
    }

    #[test]
    fn the_order_of_scenarios_and_runs_does_not_matter(
        past in prop::collection::vec((figures(), figures()), 0..15),
        current in (figures(), figures()),
    ) {
        let two = |week, (a, b): (Figures, Figures), swapped: bool| {
            let mut both = vec![scenario("a", a), scenario("b", b)];
            if swapped {
                both.reverse();
            }
            run(week, both)
        };
        let all = |swapped| past.iter().enumerate().map(move |(week, it)| two(week, *it, swapped));
        let here = compare(&two(20, current, false), &all(false).collect::<Vec<_>>(), 0.25);
        let there = compare(&two(20, current, true), &all(true).rev().collect::<Vec<_>>(), 0.25);
        let (mut here, there) = (marks(&here), marks(&there));
        here.reverse();
        prop_assert_eq!(here, there);
    }

    #[test]
    fn no_figure_makes_it_panic_or_mark_what_is_not_there(
        past in prop::collection::vec([anything(), anything(), anything(), anything()], 0..15),
        current in [anything(), anything(), anything(), anything()],
        tolerance in prop_oneof![0.0..2.0, Just(f64::NAN), Just(f64::INFINITY)],
    ) {
        let of = |week, [p50, p95, p99, throughput]: [Option<f64>; 4]| {
            let mut it = scenario("mix", USUAL);
            (it.latency_ms.p50, it.latency_ms.p95) = (p50, p95);
            (it.latency_ms.p99, it.throughput) = (p99, throughput);
            run(week, vec![it])
        };
        let past: Vec<Run> = past.iter().enumerate().map(|(week, it)| of(week, *it)).collect();
        let comparison = compare(&of(20, current), &past, tolerance);
        for (cell, figure) in cells(&comparison).iter().zip(current) {
            if !figure.is_some_and(|it| it > 0.0 && it.is_finite()) {
                prop_assert!(!cell.outside && !cell.again && cell.drift.is_none());
            }
            if !figure.is_some_and(f64::is_finite) {
                prop_assert_eq!(cell.change, None);
            }
        }
    }
}
