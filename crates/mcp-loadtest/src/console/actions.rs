//! What GitHub Actions reads of a run: hidden values, annotations, the page of the job.
//!
//! The commands are lines on stderr, [escaped as the runner unescapes
//! them](https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands).

use std::fmt::Display;
use std::io::Write as _;

use anyhow::Context as _;
use gh_comment::fitting;
use k6_summary::{Comparison, Run, Scenario, Verdict};
use oauth_loopback::TokenResponse;
use tool_edge::printable;

use crate::console::section::{brief, say};
use crate::environment;

/// GitHub shows ten annotations of one kind of a step, and drops the others without a word; the tenth is for what
/// happens on the way to the tracking issue.
const SHOWN: usize = 9;

/// Beyond this many bytes GitHub shows nothing at all of what a step wrote.
const ROOM: usize = 1 << 20;

const TITLE: &str = "load test";

#[derive(Debug, Clone, Copy)]
enum Kind {
    Error,
    Warning,
}

/// Hides a secret in every later line of the log, as it is and as it stands in an address.
pub(crate) fn mask(secret: &str) {
    if !environment::in_actions() || secret.is_empty() {
        return;
    }
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let other = Some(encoded.as_str()).filter(|it| *it != secret);
    for it in [Some(secret), other].into_iter().flatten() {
        command(format_args!("::add-mask::{}", data(it)));
    }
}

/// Hides both tokens before anything else is done with them.
pub(crate) fn mask_response(response: &TokenResponse) {
    mask(response.access_token.reveal());
    if let Some(it) = &response.refresh_token {
        mask(it.reveal());
    }
}

/// Gives the later steps of a job what a run came to: `verdict`, `run-id`, `report` and, once it is posted, `comment`.
pub(crate) fn outputs(values: &[(&str, &str)]) -> anyhow::Result<()> {
    let Some(path) = environment::path("GITHUB_OUTPUT") else { return Ok(()) };
    let lines: String =
        values.iter().map(|(name, it)| format!("{name}={}\n", printable(it))).collect();
    let file = std::fs::File::options().append(true).create(true).open(&path);
    file.and_then(|mut it| it.write_all(lines.as_bytes()))
        .with_context(|| format!("failed to write `{}`", path.display()))
}

/// Says what somebody should look at: on the page of the run in Actions, on stderr everywhere.
///
/// One line a scenario, the worst first: first what is wrong, then what is worse than usual.
pub(crate) fn annotate(run: &Run, comparison: &Comparison) {
    let mut bad: Vec<&Scenario> =
        run.scenarios.iter().filter(|it| it.verdict != Verdict::Passed).collect();
    bad.sort_by_key(|it| std::cmp::Reverse(it.verdict));
    let bad = bad.iter().map(|it| {
        let reasons: Vec<String> = it.reasons.iter().map(|it| brief(it)).collect();
        format!("{} {}: {}", brief(&it.name), it.verdict, reasons.join("; "))
    });
    annotations(Kind::Error, &bad.collect::<Vec<_>>());
    let worse = comparison.alerts();
    let worse: Vec<String> =
        worse.map(|it| format!("{} is worse than its usual noise", brief(&it.name))).collect();
    for it in &worse {
        say(TITLE, it);
    }
    annotations(Kind::Warning, &worse);
}

/// Says that the report did not get to where it should stand.
pub(crate) fn not_posted(error: &anyhow::Error) {
    annotations(Kind::Error, &[printable(&format!("{error:#}"))]);
}

/// Says that nobody knows whether this run is worse than those before it.
pub(crate) fn not_compared(what: &str) {
    say("issue", what);
    annotations(Kind::Warning, &[printable(what)]);
}

fn annotations(kind: Kind, lines: &[String]) {
    if !environment::in_actions() {
        return;
    }
    for it in shown(lines) {
        command(annotation(kind, TITLE, &it));
    }
}

/// As many as are shown; the last place says how many others there are.
fn shown(lines: &[String]) -> Vec<String> {
    if lines.len() <= SHOWN {
        return lines.to_vec();
    }
    let mut shown = lines[..SHOWN - 1].to_vec();
    shown.push(format!("and {} more", lines.len() - shown.len()));
    shown
}

fn annotation(kind: Kind, title: &str, what: &str) -> String {
    let kind = match kind {
        Kind::Error => "error",
        Kind::Warning => "warning",
    };
    let title = data(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{kind} title={title}::{}", data(what))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A runner that does not listen any more is no reason to stop.
fn command(line: impl Display) {
    let _unheard = writeln!(std::io::stderr(), "{line}");
}

/// Adds the report to the page of the job, where there is one; `name` is the file that has it whole.
pub(crate) fn job_summary(body: &str, name: &str) -> anyhow::Result<()> {
    let Some(path) = environment::path("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let there = path.metadata().map_or(0, |it| it.len());
    let room = ROOM.saturating_sub(usize::try_from(there).unwrap_or(ROOM));
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    file.and_then(|mut it| it.write_all(page(body, name, room).as_bytes()))
        .with_context(|| format!("failed to add to the job summary `{}`", path.display()))
}

/// The report for a page with so much room: whole, with fewer sections, or by its name.
fn page(body: &str, name: &str, room: usize) -> String {
    let short = || {
        let verdict = body.lines().next().unwrap_or_default();
        format!("{verdict}\n\nThe report is too long for this page: see `{name}`.")
    };
    // The line end takes a byte too.
    let fits = |it: &str| it.len() < room;
    let text = fitting(body, fits).or_else(|| Some(short()).filter(|it| fits(it)));
    text.map_or_else(String::new, |it| it + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_is_one_line_and_one_command() {
        let it = annotation(Kind::Error, "a: b, c", "50 %\r\n::error::x");
        assert_eq!(it, "::error title=a%3A b%2C c::50 %25%0D%0A::error::x");
    }

    #[test]
    fn no_more_is_annotated_than_is_shown() {
        let lines = |n: usize| (0..n).map(|it| it.to_string()).collect::<Vec<_>>();
        assert_eq!(shown(&lines(9)), lines(9));
        let many = shown(&lines(25));
        assert_eq!(many.len(), 9, "one more may come");
        assert_eq!(many[7..], ["7", "and 17 more"]);
    }

    #[test]
    fn a_page_has_as_much_as_fits() {
        let section =
            format!("<details><summary>a</summary>\n\n{}\n\n</details>\n", "x".repeat(200));
        let body = format!("### failed\n\ntable\n\n{section}");
        assert_eq!(page(&body, "r.md", 1000), format!("{body}\n"));
        let shorter = page(&body, "r.md", 100);
        assert!(shorter.starts_with("### failed\n\ntable\n\n_1 section left out"), "{shorter}");
        let long = format!("### failed\n\n{}", "x".repeat(1000));
        let short = page(&long, "r.md", 100);
        assert_eq!(short, "### failed\n\nThe report is too long for this page: see `r.md`.\n");
        assert_eq!(page(&long, "r.md", 10), "");
    }
}
