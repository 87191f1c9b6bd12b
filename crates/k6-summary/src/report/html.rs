//! A run as one page that needs nothing else: no script, no font, no network.

use crate::compare::baseline::{self, Baseline};
use crate::compare::column::Column;
use crate::compare::rule::{Compared, Comparison};
use crate::points::timeline::Timeline;
use crate::record::run::{Run, Scenario, Verdict};
use crate::report::curve;
use crate::report::over_runs::trends;
use crate::report::sentence::{capital, drifts, headline, legend, target, title};
use crate::report::terminal::{HEADER, counts, figures, part};
use crate::text::escape::{anchor, html as code, markup};
use crate::text::number::{OUTSIDE, count, or_none, rounded, time};

const STYLE: &str = include_str!("report.css");

/// The verdict, the table, and a chart of every figure of every scenario over its earlier runs.
///
/// `history` is what the run was compared with. `timelines` may be empty: they take the points of
/// the run, which are not always kept.
pub fn html(run: &Run, comparison: &Comparison, history: &[Run], timelines: &[Timeline]) -> String {
    let (title, headline) = (markup(&title(run)), markup(&capital(&headline(run, comparison))));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}: {headline}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    page += &format!("<p class=\"soft\">{}</p>\n", capital(&title));
    let alert = comparison.alerts().next().is_some() && run.verdict == Verdict::Passed;
    let class = if alert { "bad" } else { class(run.verdict) };
    page += &format!("<h1 class=\"{class}\">{headline}</h1>\n");
    page += &format!("<p class=\"about\">{}</p>\n", about(run));
    page += &table(run, comparison);
    let words: Vec<String> = legend(comparison).iter().map(|it| markup(it) + ".").collect();
    page += &format!("<p class=\"legend\">{}</p>\n", words.join(" "));
    page += &list(&remarks(run, comparison));
    let earlier = baseline::earlier(run, history);
    for (scenario, compared) in run.scenarios.iter().zip(&comparison.scenarios) {
        let timeline = timelines.iter().find(|it| it.scenario == scenario.name);
        page += &section(run, scenario, compared, comparison, &earlier, timeline);
    }
    page + "</main>\n</body>\n</html>\n"
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Invalid => "invalid",
        Verdict::DidNotRun => "did-not-run",
    }
}

fn about(run: &Run) -> String {
    let mut about = vec![markup(&time(&run.started))];
    about.extend(run.commit.as_deref().map(|it| code(it.get(..7).unwrap_or(it))));
    about.extend(run.target.as_deref().map(code));
    about.extend(run.k6.as_deref().map(|it| format!("k6 {}", markup(it))));
    about.extend(run.protocol.as_deref().map(|it| format!("MCP {}", markup(it))));
    about.extend(run.url.as_deref().and_then(|it| anchor("run", it)));
    about.push(format!("record {}", code(&run.id)));
    about.join(" · ")
}

fn table(run: &Run, comparison: &Comparison) -> String {
    let mut rows = String::new();
    for scenario in &run.scenarios {
        let [calls, errors] = counts(scenario);
        let verdict = scenario.verdict;
        let verdict = format!("<span class=\"verdict {}\">{verdict}</span>", class(verdict));
        let mut cells = vec![(code(&scenario.name), "text"), (verdict, "text")];
        cells.extend([(calls, ""), (errors, "")]);
        cells.extend(figures(scenario, comparison).map(|it| {
            let change = it.change.map(|it| format!(" <span class=\"change\">{it}</span>"));
            let mark = if it.outside { format!(" {OUTSIDE}") } else { String::new() };
            let cell = format!("<span>{}{mark}{}</span>", it.value, change.unwrap_or_default());
            (cell, if it.worse || it.outside { "bad" } else { "" })
        }));
        let cells = cells.into_iter().zip(HEADER).map(|((cell, class), label)| {
            format!("<td class=\"{class}\" data-label=\"{label}\">{cell}</td>")
        });
        rows += &format!("<tr>{}</tr>\n", cells.collect::<String>());
    }
    let head: String = HEADER.map(|it| format!("<th>{it}</th>")).concat();
    format!(
        "<table class=\"cards\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
    )
}

/// Why a verdict is bad, what crept, what was skipped, what else ran on the machine.
fn remarks(run: &Run, comparison: &Comparison) -> Vec<String> {
    let mut remarks = Vec::new();
    for it in &run.scenarios {
        let name = code(&it.name);
        remarks.extend(it.reasons.iter().map(|it| format!("{name}: {}", markup(it))));
    }
    let drifts = drifts(comparison);
    remarks.extend(drifts.map(|(name, drift)| format!("{}: {}", code(name), markup(&drift))));
    let skipped = run.skipped.iter();
    remarks.extend(skipped.map(|it| format!("skipped {}: {}", code(&it.name), markup(&it.reason))));
    remarks.extend(run.dirty.iter().map(|it| format!("dirty: {}", markup(it))));
    let accepted = run.baseline_reset.iter();
    remarks.extend(accepted.map(|it| format!("a new baseline was accepted: {}", markup(it))));
    remarks
}

fn list(items: &[String]) -> String {
    let items: String = items.iter().map(|it| format!("<li>{it}</li>\n")).collect();
    if items.is_empty() { items } else { format!("<ul class=\"remarks\">\n{items}</ul>\n") }
}

fn section(
    run: &Run,
    scenario: &Scenario,
    compared: &Compared,
    comparison: &Comparison,
    earlier: &[&Run],
    timeline: Option<&Timeline>,
) -> String {
    let verdict = scenario.verdict;
    let mut section = format!(
        "<section>\n<h2>{} <span class=\"verdict {}\">{verdict}</span></h2>\n",
        code(&scenario.name),
        class(verdict)
    );
    let comparable = baseline::find(run, scenario, earlier).runs;
    if let Baseline::Run { id, started, url, .. } = &compared.baseline {
        let id = url.as_deref().and_then(|it| anchor(id, it)).unwrap_or_else(|| code(id));
        let (started, runs) = (markup(&time(started)), count(comparable.len() as u64));
        let noun = if comparable.len() == 1 { "run" } else { "runs" };
        section += &format!(
            "<p class=\"about\">{runs} comparable {noun} before, the last {id} of {started}</p>\n"
        );
    }
    let trends = trends(run, scenario, &compared.cells, &comparable, comparison.tolerance);
    section += &charts("charts", &trends);
    let previous = comparable.first().map(|it| it.1);
    let curve = curve::percentiles(scenario, previous, timeline).unwrap_or_default();
    let over_time = timeline.and_then(curve::over_time).unwrap_or_default();
    section += &charts("charts pair", &(curve + &over_time));
    section + &details(scenario) + "</section>\n"
}

fn charts(class: &str, charts: &str) -> String {
    if charts.is_empty() {
        return String::new();
    }
    format!("<div class=\"{class}\">\n{charts}</div>\n")
}

/// The calls by RPC and tool, the failures by class, the targets.
fn details(scenario: &Scenario) -> String {
    let mut details = String::new();
    if !scenario.by.is_empty() {
        let rows = scenario.by.iter().map(|it| {
            let tags: Vec<&str> = it.tags.values().map(String::as_str).collect();
            let calls = it.calls.map_or_else(|| or_none(None), count);
            let latency = [Column::P50, Column::P95, Column::P99].map(|column| part(column, it));
            let cells: String =
                [calls].into_iter().chain(latency).map(|it| format!("<td>{it}</td>")).collect();
            format!("<tr><td>{}</td>{cells}</tr>\n", code(&tags.join(" ")))
        });
        let head: String = ["calls to", "calls", "P50 ms", "P95 ms", "P99 ms"]
            .map(|it| format!("<th>{it}</th>"))
            .concat();
        let rows: String = rows.collect();
        details +=
            &format!("<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n");
    }
    let mut items: Vec<String> = Vec::new();
    let failures = scenario.failures.iter();
    items.extend(
        failures.map(|(class, it)| format!("{} calls failed: {}", count(*it), code(class))),
    );
    items.extend(scenario.offered.map(|it| format!("{} calls/s were offered", rounded(it))));
    items.extend(scenario.targets.iter().map(|it| {
        let class = if it.met == Some(false) { "bad" } else { "" };
        format!("<span class=\"{class}\">{}</span>", markup(&target(it)))
    }));
    details += &list(&items);
    if details.is_empty() {
        return details;
    }
    format!("<details><summary>calls, failures, targets</summary>\n{details}</details>\n")
}
