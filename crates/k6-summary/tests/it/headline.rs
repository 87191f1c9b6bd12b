//! The first line says what was judged, and nothing else.

use crate::rule::{USUAL, run, scenario};
use crate::terminal_and_markdown::{WIDE, terminal};
use k6_summary::comparison::Standing;
use k6_summary::run::{Breakdown, Skipped};
use k6_summary::{Comparison, Run, Scenario, Verdict, compare};
use std::collections::BTreeMap;

const CALM: &str = "no change beyond the usual noise";

fn headline(run: &Run, comparison: &Comparison) -> String {
    let text = terminal(run, comparison, WIDE);
    text.lines().next().unwrap().strip_prefix("load test: ").unwrap().to_owned()
}

/// As many weeks of the same figures, then this one.
fn after(weeks: usize, now: Scenario) -> String {
    let history: Vec<Run> = (0..weeks).map(|it| run(it, vec![scenario("mix", USUAL)])).collect();
    let now = run(20, vec![now]);
    headline(&now, &compare(&now, &history, 0.25))
}

#[track_caller]
fn check(now: Scenario, expected: &str) {
    assert_eq!(after(12, now), format!("passed, 1 scenario; {expected}"));
}

#[test]
fn noise_tolerance_and_improvement_are_told_apart() {
    let [p50, p95, p99, throughput] = USUAL;
    let slower =
        |factor: f64| scenario("mix", [p50 * factor, p95 * factor, p99 * factor, throughput]);
    check(slower(1.0), CALM);
    check(slower(1.05), CALM);
    let tolerated = "beyond the usual noise, within the tolerance of 25 %";
    check(slower(1.2), &format!("3 figures are {tolerated}"));
    check(slower(0.9), &format!("3 figures are {tolerated}"));
    check(slower(0.5), "3 figures are better than the usual noise");
    check(
        slower(1.5),
        "alert: `mix` is worse than its usual noise; 3 figures are more than 25 % worse",
    );
    check(
        scenario("mix", [p50, p95, p99, 2.0 * throughput]),
        "1 figure is better than the usual noise",
    );
    assert_eq!(after(2, slower(0.5)), "passed, 1 scenario; 3 figures are more than 25 % better");
    assert_eq!(after(2, slower(1.1)), "passed, 1 scenario", "nobody knows what is usual yet");
}

#[test]
fn no_change_is_said_of_what_was_judged() {
    let mut few = scenario("mix", USUAL);
    few.calls = Some(500);
    check(few, &format!("{CALM} in 4 of 5 figures"));
    let mut invalid = scenario("mix", USUAL);
    invalid.verdict = Verdict::Invalid;
    assert!(!after(12, invalid.clone()).contains(CALM));

    let two = |week, other: &Scenario| {
        let mut b = other.clone();
        b.name = "b".to_owned();
        run(week, vec![scenario("a", USUAL), b])
    };
    let history: Vec<Run> = (0..12).map(|it| two(it, &scenario("b", USUAL))).collect();
    let now = two(20, &invalid);
    let found = headline(&now, &compare(&now, &history, 0.25));
    assert_eq!(
        found,
        format!("invalid, `b` did not measure the server; {CALM} in 5 of 10 figures")
    );
}

#[test]
fn what_the_run_before_had_and_this_one_lacks_is_named() {
    let mut now = scenario("mix", USUAL);
    now.latency_ms.p99 = None;
    check(now.clone(), &format!("1 figure of earlier runs missing; {CALM} in 4 of 5 figures"));
    let history: Vec<Run> = (0..6).map(|it| run(it, vec![scenario("mix", USUAL)])).collect();
    let again: Vec<Run> = (6..12).map(|it| run(it, vec![now.clone()])).collect();
    let now = run(20, vec![now]);
    let lacking = |history: &[Run]| compare(&now, history, 0.25).scenarios[0].cells[2].lacking;
    assert!(lacking(&[history.clone(), again.clone()].concat()), "half of them had it");
    assert!(!lacking(&[&history[1..], &again].concat()) && !lacking(&again));
    let text = terminal(&now, &compare(&now, &history, 0.25), WIDE);
    assert!(text.contains("`mix`: P99: not measured, though earlier runs had it"), "{text}");
}

#[test]
fn a_name_is_read_as_no_other_words() {
    let odd = "x did not run; passed, 3 scenarios, `y`";
    let mut it = scenario(odd, USUAL);
    it.verdict = Verdict::Invalid;
    it.reasons.push("slow".to_owned());
    let mut now = run(20, vec![it, scenario("dirty", USUAL)]);
    now.verdict = Verdict::Invalid;
    now.dirty.push("busy".to_owned());
    now.skipped.push(Skipped::new("passed".to_owned(), "no such tool".to_owned()));
    let text = terminal(&now, &compare(&now, &[], 0.25), WIDE);
    let quoted = "`x did not run; passed, 3 scenarios, 'y'`";
    let expected = format!(
        "load test: invalid, {quoted} did not measure the server; dirty, so it is no baseline; skipped: `passed`\n"
    );
    assert!(text.starts_with(&expected), "{text}");
    assert!(text.contains(&format!("\n{quoted}: slow\n")), "{text}");
}

/// Weeks in which these scenarios ran.
fn ran(week: usize, names: &[&str]) -> Run {
    run(week, names.iter().map(|it| scenario(it, USUAL)).collect())
}

#[test]
fn a_scenario_that_is_gone_is_missed_until_that_is_usual() {
    let missing =
        |history: &[Run], now: &[&str]| compare(&ran(30, now), history, 0.25).missing().to_vec();
    let both: Vec<Run> = (0..12).map(|it| ran(it, &["a", "b"])).collect();
    assert_eq!(missing(&both, &["a"]), ["b"]);
    assert_eq!(missing(&both, &["a", "b", "c"]), [""; 0]);
    assert_eq!(missing(&both, &["c"]), [""; 0], "another suite, with nothing in common");
    for (weeks, expected) in [(1, vec!["b"]), (6, vec!["b"]), (7, vec![])] {
        let since = (12..12 + weeks).map(|it| ran(it, &["a"]));
        let history: Vec<Run> = both.iter().cloned().chain(since).collect();
        assert_eq!(missing(&history, &["a"]), expected, "gone for {weeks} weeks");
    }
    for change in [
        |it: &mut Run| it.environment = Some("elsewhere".to_owned()),
        |it: &mut Run| it.suite = Some("oauth".to_owned()),
        |it: &mut Run| it.profile = Some("full".to_owned()),
        |it: &mut Run| it.scenarios[1].verdict = Verdict::DidNotRun,
    ] {
        let mut others = both.clone();
        others.iter_mut().for_each(change);
        assert_eq!(missing(&others, &["a"]), [""; 0]);
    }
    let mut accepted = both.clone();
    accepted.push(ran(12, &["a"]));
    accepted[12].baseline_reset = Some("b is no more".to_owned());
    assert_eq!(missing(&accepted, &["a"]), [""; 0]);

    let now = ran(30, &["a"]);
    let found = headline(&now, &compare(&now, &both, 0.25));
    assert_eq!(found, format!("passed, 1 scenario; missing: `b`; {CALM}"));
}

#[test]
fn more_errors_are_marked_once_they_are_more_than_chance() {
    let now = |calls: u64, failed: u64| {
        let mut it = scenario("mix", USUAL);
        it.calls = Some(calls);
        it.failures = BTreeMap::from([("http_5xx".to_owned(), failed)]);
        it.error_rate = Some(failed as f64 / calls as f64);
        it
    };
    for (calls, failed, marked) in
        [(5000, 225, true), (5000, 50, true), (5000, 49, false), (100, 2, false), (100, 5, true)]
    {
        let text = after(12, now(calls, failed));
        assert_eq!(text.contains("more errors in `mix`"), marked, "{failed} of {calls}: {text}");
    }
    let history: Vec<Run> = (0..12).map(|it| run(it, vec![scenario("mix", USUAL)])).collect();
    let first = run(20, vec![now(5000, 225)]);
    let comparison = compare(&first, &history, 0.25);
    let errors = &comparison.scenarios[0].cells[4];
    assert_eq!((errors.standing, errors.outside), (Some(Standing::Outside), true));
    assert_eq!(comparison.worse(), 1);
    assert_eq!(comparison.alerts().count(), 0, "for the first time");
    let text = terminal(&first, &comparison, WIDE);
    assert!(text.contains("**4.5 % (was 0 %) ⚠**"), "{text}");
    // So many errors make no baseline, and the second time it is an alert all the same.
    let second = run(21, vec![now(5000, 200)]);
    let comparison = compare(&second, &[history, vec![first]].concat(), 0.25);
    assert_eq!(comparison.alerts().count(), 1);
}

#[test]
fn a_tool_that_became_slower_alone_is_marked_and_a_single_percentile_is_not() {
    let with = |week, [p50, p95]: [f64; 2]| {
        let tags = BTreeMap::from([("tool".to_owned(), "search".to_owned())]);
        let mut part = Breakdown::new(tags);
        part.calls = Some(500);
        (part.latency_ms.p50, part.latency_ms.p95) = (Some(p50), Some(p95));
        let mut it = scenario("mix", USUAL);
        it.by.push(part);
        run(week, vec![it])
    };
    let history: Vec<Run> = (0..12).map(|it| with(it, [10.0, 20.0])).collect();
    for (figures, marked) in [([10.0, 20.0], false), ([10.0, 60.0], false), ([30.0, 60.0], true)] {
        let now = with(20, figures);
        let comparison = compare(&now, &history, 0.25);
        let found = headline(&now, &comparison);
        assert_eq!(found.contains("outside the usual noise: `search`"), marked, "{found}");
        assert_eq!(comparison.worse(), 0, "parts are in no count of scenarios' figures");
        let page = crate::terminal_and_markdown::markdown(&now, &comparison);
        let change = if marked { "30.0 (+200 %) ⚠" } else { "10.0 (±0 %)" };
        assert!(page.contains(change), "{page}");
    }
}

#[test]
fn what_is_known_nearly_is_not_held_against_what_is_known_exactly() {
    let nearly = |week, throughput| {
        let mut it = scenario("mix", [10.0, 20.0, 30.0, throughput]);
        it.approximate_rates = true;
        run(week, vec![it])
    };
    let exact: Vec<Run> = (0..6).map(|it| run(it, vec![scenario("mix", USUAL)])).collect();
    let now = nearly(20, 20.0);
    let cell = compare(&now, &exact, 0.25).scenarios[0].cells[3].clone();
    assert_eq!((cell.change, cell.standing, cell.lacking), (None, None, false));
    let both = [exact, vec![nearly(10, 40.0)]].concat();
    let cell = compare(&now, &both, 0.25).scenarios[0].cells[3].clone();
    assert_eq!((cell.runs, cell.change.map(|it| it.worse)), (1, Some(true)));
}

#[test]
fn what_was_skipped_is_counted_in_the_first_words() {
    let mut run = run(1, vec![scenario("cold-start", USUAL)]);
    run.skipped.push(Skipped::new("mix".to_owned(), "no tool".to_owned()));
    run.skipped.push(Skipped::new("sessions".to_owned(), "no tool".to_owned()));
    run.skipped.push(Skipped::new("cold-start: echo".to_owned(), "no tool".to_owned()));
    let first = headline(&run, &compare(&run, &[], 0.25));
    assert!(first.contains("passed 1 of 3, 2 skipped"), "{first}");
}
