//! One figure of a scenario over its comparable runs, with the noise band behind it.

use crate::compare::band::Band;
use crate::compare::cell::{Cell, Tolerance};
use crate::compare::column::Column;
use crate::record::run::{Run, Scenario};
use crate::report::chart::{Chart, NARROW, Shape};
use crate::text::kind::Tone;
use crate::text::number::{OUTSIDE, change, percent, rounded, time};

/// Older runs than these are not shown.
const SHOWN: usize = 24;

/// The charts of all figures that were measured now and before.
pub(crate) fn over_runs(
    (run, scenario): (&Run, &Scenario),
    cells: &[Cell; 5],
    comparable: &[(&Run, &Scenario)],
    tolerance: Tolerance,
) -> Vec<Chart> {
    let charted = |cell: &Cell| {
        let figure = |it: &Scenario| cell.column.of(it).filter(|it| it.is_finite() && *it >= 0.0);
        let past = comparable.iter().rev();
        let past = past.filter_map(|(run, it)| {
            Some(Past { run, figure: figure(it)?, judged: cell.column.judged(it).is_some() })
        });
        let past: Vec<Past<'_>> = past.collect();
        let now = figure(scenario).filter(|_| !past.is_empty())?;
        if cell.column == Column::Errors && now == 0.0 && past.iter().all(|it| it.figure == 0.0) {
            return None;
        }
        let targets = targets(cell.column, scenario);
        Some(chart(cell, (run, now), &past, (tolerance, &targets)))
    };
    cells.iter().filter_map(charted).collect()
}

struct Past<'a> {
    run: &'a Run,
    figure: f64,
    judged: bool,
}

/// The limits that the calls of a scenario as a whole are held against.
fn targets(column: Column, scenario: &Scenario) -> Vec<f64> {
    let percentile = column.name().to_lowercase();
    let of_all = |name: &str| {
        let (what, of) = name.rsplit_once(' ').unwrap_or_default();
        let is_all = matches!(
            what,
            "calls" | "http_req_duration" | "http_req_duration{expected_response:true}"
        );
        is_all && (of == percentile || of == "med" && column == Column::P50)
    };
    let all = scenario.targets.iter().filter(|it| of_all(&it.name) && it.op.starts_with('<'));
    all.map(|it| it.limit).filter(|it| it.is_finite() && *it > 0.0).collect()
}

/// So much more than the largest figure is shown of what lies above it.
const ABOVE: f64 = 1.5;

fn chart(
    cell: &Cell,
    now: (&Run, f64),
    past: &[Past<'_>],
    (tolerance, targets): (Tolerance, &[f64]),
) -> Chart {
    let direction = cell.column.direction();
    let band = |runs: usize| {
        let judged = past[..runs].iter().filter(|it| it.judged);
        Band::of(&judged.map(|it| it.figure).collect::<Vec<_>>(), direction, tolerance.share)
    };
    let first = past.len().saturating_sub(SHOWN);
    // Each run stands before the band that it was judged by.
    let mut bands: Vec<(f64, Band)> =
        (first..=past.len()).filter_map(|it| Some((it as f64, band(it)?))).collect();
    let draw = |it: f64| drawn(cell.column, it);
    if let [(at, only)] = bands[..] {
        // The very first band would have no width.
        bands.insert(0, (at - 1.0, only));
    }
    let upper = bands.iter().map(|(x, it)| (*x, draw(it.limit.max(it.other_limit()))));
    let lower = bands.iter().rev().map(|(x, it)| (*x, draw(it.limit.min(it.other_limit()))));
    let edges: Vec<(f64, f64)> = upper.chain(lower).collect();
    let figures = past.iter().map(|it| it.figure).chain([now.1]).map(draw);
    let line: Vec<(f64, f64)> =
        figures.enumerate().skip(first).map(|(index, it)| (index as f64, it)).collect();
    let figures = line.iter().map(|it| it.1).fold(0.0, f64::max);
    let near: Vec<f64> = targets.iter().copied().filter(|it| *it <= ABOVE * figures).collect();
    let edge = edges.iter().map(|it| it.1).fold(figures, f64::max).min(ABOVE * figures);
    let most = near.iter().copied().fold(edge, f64::max);
    let center: Vec<(f64, f64)> = bands.iter().map(|(x, it)| (*x, draw(it.center))).collect();
    let words =
        |run: &Run, figure: f64| format!("{}: {}", time(&run.started), shown(cell.column, figure));
    let dots = line.iter().zip(&past[first..]);
    let dots = dots.map(|(at, it)| Shape::Dot("past", *at, 2.5, words(it.run, it.figure)));
    let dots: Vec<Shape> = dots.collect();
    let x = (first as f64, past.len() as f64);
    let mut shapes = vec![
        Shape::Area("band", edges),
        Shape::Polyline("center", center),
        Shape::Polyline("past", line),
    ];
    shapes.extend(near.iter().map(|it| Shape::Polyline("target", vec![(x.0, *it), (x.1, *it)])));
    shapes.extend(dots);
    let class = if cell.outside { "now bad" } else { "now" };
    shapes.push(Shape::Dot(class, (x.1, draw(now.1)), 5.0, words(now.0, now.1)));
    if let Some(it) = past.get(first) {
        let (from, to) = (&it.run.started, &now.0.started);
        let short = if date(from) == date(to) { hour } else { date };
        shapes.push(Shape::Label(x.0, "start", short(from).to_owned()));
        shapes.push(Shape::Label(x.1, "end", short(to).to_owned()));
    }
    let mut caption = caption(cell, now.1);
    let mut words = words_of(cell, now.1, past.len());
    for it in targets {
        let target = format!("target {}", shown(cell.column, *it));
        words += &format!(", {target}");
        caption.push((Tone::Soft, target));
    }
    Chart { width: NARROW, x, most, caption, words, shapes }
}

fn date(started: &str) -> &str {
    started.get(..10).unwrap_or(started)
}

fn hour(started: &str) -> &str {
    started.get(11..16).unwrap_or(started)
}

/// A figure with its unit.
fn shown(column: Column, it: f64) -> String {
    match column {
        Column::P50 | Column::P95 | Column::P99 => rounded(it) + " ms",
        Column::Throughput => rounded(it),
        Column::Errors => percent(it),
    }
}

/// A share is drawn in hundredths.
fn drawn(column: Column, it: f64) -> f64 {
    if column == Column::Errors { it * 100.0 } else { it }
}

fn caption(cell: &Cell, now: f64) -> Vec<(Tone, String)> {
    let few = if cell.few_samples { "~" } else { "" };
    let value = format!("{few}{}", shown(cell.column, now));
    let mut caption = vec![(Tone::Plain, cell.column.name().to_owned()), (Tone::Strong, value)];
    caption.extend(cell.change.map(|it| {
        let tone = match (cell.outside, it.worse) {
            (true, _) => Tone::Bad,
            (false, true) => Tone::Strong,
            (false, false) => Tone::Soft,
        };
        let words = match cell.column {
            Column::Errors => format!("was {}", percent(it.previous)),
            _ => change(it.ratio),
        };
        (tone, words)
    }));
    if cell.outside {
        caption.push((Tone::Bad, format!("{OUTSIDE} outside the band")));
    }
    let drift = cell.drift.as_ref();
    caption.extend(drift.map(|it| (Tone::Strong, format!("drifted {}", change(it.ratio)))));
    caption
}

fn words_of(cell: &Cell, now: f64, runs: usize) -> String {
    let mut words = format!("{} is {}", cell.column.name(), shown(cell.column, now));
    if runs > 0 {
        words += &format!(", after {runs} comparable runs");
    }
    if let Some(band) = cell.band {
        let [center, limit] = [band.center, band.limit].map(|it| shown(cell.column, it));
        words += &format!(", usually {center}, outside beyond {limit}");
    }
    words
}
