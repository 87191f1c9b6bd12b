//! How a scenario's latency is distributed, and how it went while the run lasted.

use crate::points::timeline::Timeline;
use crate::record::run::Scenario;
use crate::report::chart::{Chart, Shape, WIDE};
use crate::text::kind::Tone;
use crate::text::number::{percent, rounded};

/// More dots than these are a line.
const MOST_DOTS: usize = 12;

/// The latency at each percentile, of this run and, paler, of the one before.
pub(crate) fn percentiles(
    scenario: &Scenario,
    previous: Option<&Scenario>,
    timeline: Option<&Timeline>,
) -> Option<Chart> {
    let now = match timeline {
        Some(it) if it.curve.len() > 2 => placed(&it.curve),
        _ => of_record(scenario),
    };
    let before = previous.map(of_record).unwrap_or_default();
    let most = now.iter().chain(&before).map(|it| it.1).fold(0.0, f64::max);
    let last = now.last().filter(|_| now.len() > 2)?.0;
    let before: Vec<(f64, f64)> = before.into_iter().filter(|it| it.0 <= last).collect();
    let beside = if before.len() > 1 { ", paler the run before" } else { "" };
    let few = if now.len() > MOST_DOTS { &[][..] } else { &now };
    let dots = few.iter().map(|(x, y)| {
        let words = format!("{} of the calls within {} ms", percent(share(*x)), rounded(*y));
        Shape::Dot("now", (*x, *y), 2.5, words)
    });
    let dots: Vec<Shape> = dots.collect();
    let mut chart = Chart {
        width: WIDE,
        x: (0.0, last),
        most,
        caption: vec![(Tone::Plain, format!("latency by percentile, ms{beside}"))],
        words: in_words(scenario),
        shapes: vec![Shape::Polyline("before", before), Shape::Polyline("line", now)],
    };
    chart.shapes.extend(dots);
    let mut labelled = f64::NEG_INFINITY;
    for tick in [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999] {
        let (at, label) = (place(tick), format!("{tick} %"));
        if at <= last && chart.letters(labelled, at) > label.len() as f64 {
            let near_the_end = chart.letters(at, last) < label.len() as f64 / 2.0;
            let anchor = match tick {
                0.0 => "start",
                _ if near_the_end => "end",
                _ => "middle",
            };
            chart.shapes.push(Shape::Label(at, anchor, label));
            labelled = at;
        }
    }
    Some(chart)
}

/// For those who cannot see it.
fn in_words(scenario: &Scenario) -> String {
    let it = &scenario.latency_ms;
    let known = [("P50", it.p50), ("P90", it.p90), ("P95", it.p95), ("P99", it.p99)];
    let known = known.into_iter().filter_map(|(name, it)| Some((name, it?)));
    let known: Vec<String> = known.map(|(name, it)| format!("{name} {} ms", rounded(it))).collect();
    format!("latency by percentile: {}", known.join(", "))
}

/// P50 and P95 of each window of the run.
pub(crate) fn over_time(timeline: &Timeline) -> Option<Chart> {
    let finite = |it: &&(f64, f64, f64)| it.0.is_finite() && it.1.is_finite() && it.2.is_finite();
    let windows: Vec<&(f64, f64, f64)> = timeline.windows.iter().filter(finite).collect();
    let (first, last) = (windows.first()?.0, windows.last().filter(|_| windows.len() > 2)?.0);
    let most = windows.iter().map(|it| it.1.max(it.2)).fold(0.0, f64::max);
    let line = |of: fn(&(f64, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        windows.iter().map(|it| (it.0, of(it))).collect()
    };
    let seconds = |it: f64| format!("{} s", rounded(it));
    Some(Chart {
        width: WIDE,
        x: (first, last),
        most,
        caption: vec![(Tone::Plain, "latency over the run, ms: P95, paler P50".to_owned())],
        words: format!(
            "P50 and P95 over the run: P95 was {} ms at first, {} ms at the end and {} ms at most",
            rounded(windows[0].2),
            rounded(windows[windows.len() - 1].2),
            rounded(windows.iter().map(|it| it.2).fold(0.0, f64::max))
        ),
        shapes: vec![
            Shape::Polyline("before", line(|it| it.1)),
            Shape::Polyline("line", line(|it| it.2)),
            Shape::Label(first, "start", seconds(first)),
            Shape::Label(last, "end", seconds(last)),
        ],
    })
}

/// Calls served a second in each window of the run and, paler, those that failed.
pub(crate) fn rates_over_time(timeline: &Timeline) -> Option<Chart> {
    let all = &timeline.rates;
    let (first, last) = (all.first()?.0, all.last().filter(|_| all.len() > 2)?.0);
    let line = |of: fn(&(f64, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        all.iter().map(|it| (it.0, of(it))).collect()
    };
    let most = |of: fn(&(f64, f64, f64)) -> f64| all.iter().map(of).fold(0.0, f64::max);
    let (served, failed) = (most(|it| it.1), most(|it| it.2));
    let seconds = |it: f64| format!("{} s", rounded(it));
    Some(Chart {
        width: WIDE,
        x: (first, last),
        most: served.max(failed),
        caption: vec![(Tone::Plain, "calls/s over the run: served, paler failed".to_owned())],
        words: format!(
            "calls a second over the run: {} served at most, {} failed at most",
            rounded(served),
            rounded(failed)
        ),
        shapes: vec![
            Shape::Polyline("before", line(|it| it.2)),
            Shape::Polyline("line", line(|it| it.1)),
            Shape::Label(first, "start", seconds(first)),
            Shape::Label(last, "end", seconds(last)),
        ],
    })
}

/// The share of the checks that held, in percent, in each window of the run.
pub(crate) fn checks_over_time(timeline: &Timeline) -> Option<Chart> {
    let all: Vec<(f64, f64)> = timeline.checks.iter().map(|it| (it.0, it.1 * 100.0)).collect();
    let (first, last) = (all.first()?.0, all.last().filter(|_| all.len() > 2)?.0);
    let least = all.iter().map(|it| it.1).fold(100.0, f64::min);
    let seconds = |it: f64| format!("{} s", rounded(it));
    Some(Chart {
        width: WIDE,
        x: (first, last),
        most: 100.0,
        caption: vec![(Tone::Plain, "checks that held over the run, %".to_owned())],
        words: format!("checks that held over the run: {} % at least", rounded(least)),
        shapes: vec![
            Shape::Polyline("line", all),
            Shape::Label(first, "start", seconds(first)),
            Shape::Label(last, "end", seconds(last)),
        ],
    })
}

/// What the record has of the distribution.
fn of_record(scenario: &Scenario) -> Vec<(f64, f64)> {
    let it = &scenario.latency_ms;
    // The slowest of n calls lies where one of n is above.
    let calls = scenario.successes().filter(|it| *it > 100);
    let slowest = calls.map(|it| 100.0 - 100.0 / it as f64);
    let known = [
        (Some(0.0), it.min),
        (Some(50.0), it.p50),
        (Some(90.0), it.p90),
        (Some(95.0), it.p95),
        (Some(99.0), it.p99),
        (slowest, it.max),
    ];
    let known: Vec<(f64, f64)> = known.into_iter().filter_map(|it| Some((it.0?, it.1?))).collect();
    placed(&known)
}

fn placed(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let known = curve.iter().filter(|(p, y)| (0.0..100.0).contains(p) && y.is_finite());
    let mut placed: Vec<(f64, f64)> = known.map(|(p, y)| (place(*p), *y)).collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    placed
}

/// Each nine takes as much room as the one before it.
fn place(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).log10()
}

fn share(place: f64) -> f64 {
    1.0 - 10.0_f64.powf(-place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_nine_takes_the_same_room() {
        for (percentile, at) in [(0.0, 0.0), (90.0, 1.0), (99.0, 2.0), (99.9, 3.0)] {
            assert!((place(percentile) - at).abs() < 1e-9);
            assert!((share(at) - percentile / 100.0).abs() < 1e-9);
        }
    }
}
