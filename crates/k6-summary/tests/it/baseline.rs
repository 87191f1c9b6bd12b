//! The earlier run that a scenario is compared with.

use k6_summary::comparison::{Baseline, Column};
use k6_summary::run::Server;
use k6_summary::{Comparison, Run, Verdict, compare};

/// A run on `day` of a month whose only scenario took `p50` milliseconds.
fn run(day: u8, p50: f64) -> Run {
    let scenario = serde_json::json!({
        "name": "mix", "verdict": "passed", "fingerprint": "f", "calls": 2000, "error_rate": 0,
        "latency_ms": { "p50": p50 },
    });
    let scenario = serde_json::from_value(scenario).unwrap();
    Run::new(format!("run {day}"), format!("2026-11-{day:02}T00:00:00Z"), vec![scenario])
}

fn previous(comparison: &Comparison) -> Option<f64> {
    comparison.scenarios[0].cells[0].change.map(|it| it.previous)
}

#[test]
fn the_newest_earlier_run_is_the_baseline_in_whatever_order_they_come() {
    let mut history = [run(1, 1.0), run(21, 21.0), run(14, 14.0), run(28, 28.0)];
    for _ in 0..2 {
        let comparison = compare(&run(21, 20.0), &history, 0.25);
        assert_eq!(previous(&comparison), Some(14.0));
        assert_eq!(comparison.worse(), 1);
        history.reverse();
    }
}

#[test]
fn only_a_comparable_run_is_a_baseline() {
    #[track_caller]
    fn check(change: fn(&mut Run), expected: Option<&'static str>) {
        let mut earlier = run(14, 14.0);
        change(&mut earlier);
        let comparison = compare(&run(21, 20.0), &[run(7, 7.0), earlier.clone()], 0.25);
        let passed_over = expected.is_some();
        assert_eq!(previous(&comparison), Some(if passed_over { 7.0 } else { 14.0 }));
        let comparison = compare(&run(21, 20.0), &[earlier], 0.25);
        let baseline = &comparison.scenarios[0].baseline;
        match expected {
            Some(why) => assert_eq!(baseline, &Baseline::NoneComparable(vec![(1, why)])),
            None => assert!(matches!(baseline, Baseline::Run { .. })),
        }
    }
    let too_many_errors = Some("with more than 1 % of the calls failed");
    check(|_| {}, None);
    check(|it| it.scenarios[0].verdict = Verdict::Failed, None);
    check(|it| it.scenarios[0].error_rate = Some(0.01), None);
    check(|it| it.scenarios[0].error_rate = Some(0.0101), too_many_errors);
    check(|it| it.scenarios[0].error_rate = None, too_many_errors);
    check(|it| it.scenarios[0].verdict = Verdict::Invalid, Some("invalid or not run"));
    check(|it| it.dirty.push("busy".to_owned()), Some("on a busy machine"));
    check(|it| it.environment = Some("staging".to_owned()), Some("in another environment"));
    check(|it| it.scenarios[0].fingerprint.clear(), Some("with another script or load"));
}

#[test]
fn a_scenario_of_another_name_is_no_earlier_run() {
    let mut earlier = run(14, 14.0);
    earlier.scenarios[0].name = "cold-start".to_owned();
    let comparison = compare(&run(21, 20.0), &[earlier], 0.25);
    assert_eq!(comparison.scenarios[0].baseline, Baseline::NoEarlierRun);
}

#[test]
fn a_baseline_of_few_samples_shows_the_change_and_does_not_judge_it() {
    let mut earlier = run(14, 14.0);
    earlier.scenarios[0].calls = Some(19);
    let comparison = compare(&run(21, 20.0), &[earlier], 0.25);
    let cell = &comparison.scenarios[0].cells[0];
    assert_eq!(cell.column, Column::P50);
    assert!(cell.few_samples);
    assert!(cell.change.is_some_and(|it| !it.worse && it.ratio > 1.4));
}

#[test]
fn an_invalid_run_is_compared_with_nothing() {
    let mut current = run(21, 20.0);
    current.scenarios[0].verdict = Verdict::Invalid;
    assert_eq!(previous(&compare(&current, &[run(14, 14.0)], 0.25)), None);
}

/// The second attempt of a job is to confirm a regression or to refute it, and not to be compared with the first.
#[test]
fn a_run_of_the_same_ci_run_is_no_baseline() {
    let of = |day: u8, p50: f64, url: &str| {
        let mut run = run(day, p50);
        run.url = Some(format!("https://github.com/acme/api/actions/runs/{url}"));
        run
    };
    let week_before = of(14, 10.0, "41/attempts/1");
    let regressed = of(20, 20.0, "42/attempts/1");
    let again = of(21, 20.0, "42/attempts/2");
    let history = [week_before, regressed];
    assert_eq!(previous(&compare(&again, &history, 0.25)), Some(10.0));
}

#[test]
fn a_server_of_another_name_is_another_environment() {
    let of = |day: u8, server: Option<&str>| {
        let mut run = run(day, f64::from(day));
        run.server = server.map(|it| Server::new(it.to_owned(), None));
        run
    };
    let history = [of(7, None), of(14, Some("shop"))];
    assert_eq!(previous(&compare(&of(21, Some("search")), &history, 0.25)), Some(7.0));
    assert_eq!(previous(&compare(&of(21, Some("shop")), &history, 0.25)), Some(14.0));
    assert_eq!(previous(&compare(&of(21, None), &history, 0.25)), Some(14.0));
}
