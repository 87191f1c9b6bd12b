//! How many users at once a server bears: latency by the steps of a ladder.

use crate::record::run::{Breakdown, Scenario, Target};
use crate::report::chart::{Chart, Shape, WIDE};
use crate::text::kind::Tone;
use crate::text::number::{count, limit, rounded};

/// A step with a latency: users, P50 and P95 in milliseconds.
fn steps(scenario: &Scenario) -> Vec<(f64, f64, f64)> {
    let step = |it: &Breakdown| {
        let users = it.tags.get("step")?.parse().ok()?;
        Some((users, it.latency_ms.p50?, it.latency_ms.p95?))
    };
    scenario.by.iter().filter_map(step).collect()
}

/// Up to which step the target for P95 was held, counted from the first step on.
pub(crate) fn held(scenario: &Scenario) -> Option<String> {
    let steps = steps(scenario);
    let target = scenario.targets.iter().find(|it| is_for_all_calls(it, scenario))?;
    let holds = |it: &&(f64, f64, f64)| it.2 < target.limit;
    let words = format!("{} {} {} ms", target.name, target.op, limit(target.limit));
    let last = steps.iter().take_while(holds).last();
    (!steps.is_empty()).then(|| match last {
        Some((users, ..)) => format!("{words} was held up to {}", users_at_once(*users)),
        None => format!("{words} was held by no step"),
    })
}

/// A limit of P95 that is for no tool alone.
fn is_for_all_calls(it: &Target, scenario: &Scenario) -> bool {
    let of_tool = |tool: &String| it.name.starts_with(&format!("{tool} "));
    let is_of_one = scenario.by.iter().filter_map(|it| it.tags.get("tool")).any(of_tool);
    it.name.ends_with(" p95") && it.unit.as_deref() == Some("ms") && !is_of_one
}

fn users_at_once(users: f64) -> String {
    match users as u64 {
        1 => "1 user".to_owned(),
        users => format!("{} users", count(users)),
    }
}

/// P50 and P95 over the steps.
pub(crate) fn over_users(scenario: &Scenario) -> Option<Chart> {
    let steps = steps(scenario);
    let (first, last) = (steps.first()?.0, steps.last().filter(|_| steps.len() > 1)?.0);
    let most = steps.iter().map(|it| it.1.max(it.2)).fold(0.0, f64::max);
    let line = |of: fn(&(f64, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        steps.iter().map(|it| (it.0, of(it))).collect()
    };
    let each = steps.iter().map(|it| {
        let (users, p50, p95) = (users_at_once(it.0), rounded(it.1), rounded(it.2));
        (format!("{users}: P50 {p50} ms, P95 {p95} ms"), it)
    });
    let mut chart = Chart {
        width: WIDE,
        x: (first, last),
        most,
        caption: vec![(Tone::Plain, "latency by users at once, ms: P95, paler P50".to_owned())],
        words: each.clone().map(|it| it.0).collect::<Vec<_>>().join("; "),
        shapes: vec![
            Shape::Polyline("before", line(|it| it.1)),
            Shape::Polyline("line", line(|it| it.2)),
        ],
    };
    chart.shapes.extend(each.map(|(words, it)| Shape::Dot("now", (it.0, it.2), 2.5, words)));
    let ends = [(first, "start"), (last, "end")];
    chart.shapes.extend(ends.map(|(users, at)| Shape::Label(users, at, users_at_once(users))));
    Some(chart)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ladder(p95: [f64; 3]) -> Scenario {
        let step = |users: &str, p95: f64| json!({"tags": {"step": users}, "calls": 100, "latency_ms": {"p50": 1, "p95": p95}});
        let scenario = json!({"name": "sessions", "verdict": "passed",
            "by": [step("1", p95[0]), step("10", p95[1]), step("50", p95[2])],
            "targets": [{"name": "tools/call p95", "limit": 500, "unit": "ms"}]});
        serde_json::from_value(scenario).unwrap()
    }

    #[test]
    fn the_last_step_that_holds_counts_from_the_first_on() {
        for (p95, expect) in [
            ([1.0, 2.0, 3.0], "tools/call p95 < 500 ms was held up to 50 users"),
            ([1.0, 2.0, 900.0], "tools/call p95 < 500 ms was held up to 10 users"),
            ([1.0, 900.0, 3.0], "tools/call p95 < 500 ms was held up to 1 user"),
            ([900.0, 2.0, 3.0], "tools/call p95 < 500 ms was held by no step"),
        ] {
            assert_eq!(held(&ladder(p95)).as_deref(), Some(expect));
        }
        let chart = over_users(&ladder([1.0, 2.0, 900.0])).unwrap();
        assert_eq!((chart.x, chart.most), ((1.0, 50.0), 900.0));
        assert!(chart.words.ends_with("50 users: P50 1.00 ms, P95 900 ms"), "{}", chart.words);
    }
}
