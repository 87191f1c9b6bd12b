//! A run as a comment or a report.

use crate::compare::band::Band;
use crate::compare::baseline::Baseline;
use crate::compare::column::Column;
use crate::compare::rule::Comparison;
use crate::record::run::{Run, Scenario};
use crate::report::sentence::{drifts, headline, legend, target, title};
use crate::report::terminal::{HEADER, counts, figures, part};
use crate::text::escape::{code, code_cell, html, link, text};
use crate::text::number::{OUTSIDE, count, or_none, rounded, time};

/// The verdict, the table and the details, for GitHub.
///
/// Names are escaped: they mention nobody, link nowhere and break no table.
pub fn markdown(run: &Run, comparison: &Comparison) -> String {
    let alert = if comparison.alerts().next().is_some() { "⚠ " } else { "" };
    let mut blocks = vec![
        format!("### {alert}{}: {}", text(&title(run)), text(&headline(run, comparison))),
        about(run),
        table(run, comparison),
    ];
    let mut words: Vec<String> = legend(comparison).iter().map(|it| text(it) + ".").collect();
    words.extend(earlier(run, comparison));
    blocks.push(words.join(" "));
    blocks.push(remarks(run, comparison));
    let details = |it| details(it, comparison);
    blocks.extend(run.scenarios.iter().filter_map(details));
    blocks.retain(|it| !it.is_empty());
    blocks.join("\n\n") + "\n"
}

fn about(run: &Run) -> String {
    let mut about = vec![text(&time(&run.started))];
    about.extend(run.commit.as_deref().filter(|it| is_sha(it)).map(|it| code(&it[..7])));
    about.extend(run.target.as_deref().map(code));
    about.extend(run.k6.as_deref().map(|it| format!("k6 {}", text(it))));
    about.extend(run.url.as_deref().and_then(|it| link("run", it)));
    about.join(" · ")
}

/// Links to the runs that this one is compared with, each once.
///
/// A record of before may be anybody's, so that only runs of the same repository are linked.
fn earlier(run: &Run, comparison: &Comparison) -> Vec<String> {
    let Some(runs) = run.url.as_deref().and_then(runs_of) else { return Vec::new() };
    let mut links = Vec::new();
    for it in &comparison.scenarios {
        if let Baseline::Run { url: Some(url), .. } = &it.baseline
            && runs_of(url) == Some(runs)
            && let Some(link) = link("earlier run", url)
            && !links.contains(&link)
        {
            links.push(link);
        }
    }
    links
}

/// What the addresses of all runs of a repository begin with: `https://HOST/OWNER/REPO/actions/runs/`.
fn runs_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let [host, owner, repo, "actions", "runs", run, ..] = rest.split('/').collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let dots = |it: &str| it.is_empty() || it.starts_with('.');
    let attempt = &rest[[host, owner, repo, "actions/runs/"].join("/").len()..];
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let plain = attempt == run
        || attempt.split_once("/attempts/").is_some_and(|it| it.0 == run && digits(it.1));
    let is_run = digits(run) && plain && ![host, owner, repo].iter().any(|it| dots(it));
    is_run.then(|| &url[..url.len() - attempt.len()])
}

fn is_sha(commit: &str) -> bool {
    (7..=64).contains(&commit.len()) && commit.bytes().all(|it| it.is_ascii_hexdigit())
}

fn table(run: &Run, comparison: &Comparison) -> String {
    let mut lines =
        vec![row(HEADER.map(str::to_owned)), "|---|---|--:|--:|--:|--:|--:|--:|".to_owned()];
    for scenario in &run.scenarios {
        let [calls, errors] = counts(scenario);
        let mut cells =
            vec![code_cell(&scenario.name), scenario.verdict.to_string(), calls, errors];
        cells.extend(figures(scenario, comparison).map(|it| {
            // A lone tilde is text, but two in a row would be struck through.
            let value = it.value.replace('~', "\\~");
            let mut cell = it.change.map_or(value.clone(), |change| format!("{value} {change}"));
            if it.outside {
                cell = format!("{cell} {OUTSIDE}");
            }
            if it.worse { format!("**{cell}**") } else { cell }
        }));
        lines.push(row(cells));
    }
    lines.join("\n")
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |", cells.join(" | "))
}

/// Why a verdict is bad, what was skipped, what else ran on the machine.
fn remarks(run: &Run, comparison: &Comparison) -> String {
    let mut remarks = Vec::new();
    for scenario in &run.scenarios {
        let reasons = scenario.reasons.iter().map(|it| (code(&scenario.name), it));
        remarks.extend(reasons.map(|(name, reason)| format!("- {name}: {}", text(reason))));
    }
    let drifts = drifts(comparison);
    remarks.extend(drifts.map(|(name, drift)| format!("- {}: {}", code(name), text(&drift))));
    let skipped = run.skipped.iter();
    remarks.extend(skipped.map(|it| format!("- skipped {}: {}", code(&it.name), text(&it.reason))));
    remarks.extend(run.dirty.iter().map(|it| format!("- dirty: {}", text(it))));
    remarks.join("\n")
}

/// The calls by RPC and tool, the failures by class, the targets, the noise bands.
fn details(scenario: &Scenario, comparison: &Comparison) -> Option<String> {
    let mut blocks = Vec::new();
    if !scenario.by.is_empty() {
        let header = ["calls to", "calls", "P50 ms", "P95 ms", "P99 ms"].map(str::to_owned);
        let mut lines = vec![row(header), "|---|--:|--:|--:|--:|".to_owned()];
        for it in &scenario.by {
            let tags: Vec<&str> = it.tags.values().map(String::as_str).collect();
            lines.push(row([
                code_cell(&tags.join(" ")),
                it.calls.map_or_else(|| or_none(None), count),
                part(Column::P50, it).replace('~', "\\~"),
                part(Column::P95, it).replace('~', "\\~"),
                part(Column::P99, it).replace('~', "\\~"),
            ]));
        }
        blocks.push(lines.join("\n"));
    }
    if !scenario.failures.is_empty() {
        let failures = scenario.failures.iter();
        let failures: Vec<String> =
            failures.map(|(class, it)| format!("{} {}", count(*it), code(class))).collect();
        blocks.push(format!("Failed calls: {}.", failures.join(", ")));
    }
    let targets: Vec<String> =
        scenario.targets.iter().map(|it| format!("- {}", text(&target(it)))).collect();
    if !targets.is_empty() {
        blocks.push(format!("Targets:\n\n{}", targets.join("\n")));
    }
    blocks.extend(bands(scenario, comparison));
    let summary = format!("<details><summary>{}</summary>", html(&scenario.name));
    (!blocks.is_empty()).then(|| format!("{summary}\n\n{}\n\n</details>", blocks.join("\n\n")))
}

/// Where each figure usually lies and beyond what it is marked.
fn bands(scenario: &Scenario, comparison: &Comparison) -> Option<String> {
    let compared = comparison.scenarios.iter().find(|it| it.name == scenario.name)?;
    let mut lines = Vec::new();
    for cell in &compared.cells {
        if let Some(Band { center, limit, runs, .. }) = cell.band {
            let (name, now) = (cell.column.name(), or_none(cell.column.of(scenario)));
            let (center, limit) = (rounded(center), rounded(limit));
            lines.push(row([name.to_owned(), now, center, limit, runs.to_string()]));
        }
    }
    let header = ["noise band", "now", "median", "⚠ beyond", "runs"].map(str::to_owned);
    let head = [row(header), "|---|--:|--:|--:|--:|".to_owned()];
    (!lines.is_empty()).then(|| head.into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(runs_of(url), expected, "{url}");
    }

    #[test]
    fn only_runs_of_one_repository_have_the_same_beginning() {
        let runs = "https://github.com/acme/api/actions/runs/";
        check("https://github.com/acme/api/actions/runs/412", Some(runs));
        check("https://github.com/acme/api/actions/runs/412/attempts/2", Some(runs));
        for url in [
            "https://github.com.evil.example/x",
            "https://github.com/acme/api/actions/runs/../../../../mallory/x",
            "https://github.com/acme/api/actions/runs/412/../../../../mallory",
            "https://github.com/acme/api/actions/runs/412?x#y",
            "https://github.com/../api/actions/runs/412",
            "javascript://github.com/acme/api/actions/runs/412",
        ] {
            check(url, None);
        }
        let other = "https://github.com/mallory/api/actions/runs/412";
        assert_ne!(runs_of(other), Some(runs));
    }
}
