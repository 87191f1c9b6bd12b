//! What is printed, and the exit code.

use anyhow::Context as _;
use clap::ValueEnum;
use k6_summary::{
    Comparison, Report, Run, Style, Timeline, Verdict, history_csv, html, markdown, terminal,
};
use serde::Serialize;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use tool_edge::{printable_within, variable};

/// What is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A table for the terminal
    Table,
    /// A comment or report for GitHub
    Markdown,
    /// The record of the run, on one line, with `comparison` beside it where there are earlier runs
    Json,
    /// The history and the run for a spreadsheet, one line a scenario of a run
    Csv,
    /// One self-contained page with charts
    Html,
}

/// What ends with exit code 3.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FailOn {
    /// Any verdict but passed
    Threshold,
    /// That, or a scenario worse than its noise explains, or one that earlier runs had and this one lacks
    Alert,
    /// That, or a figure worse than the tolerance allows
    Worse,
    /// Nothing
    Never,
}

/// Prints a run that was compared with `history`.
pub(crate) fn show(
    run: &Run,
    comparison: &Comparison,
    history: &[Run],
    timelines: &[Timeline],
    (format, fail_on): (Format, FailOn),
    notices: &[&str],
) -> anyhow::Result<ExitCode> {
    let report = Report::new(run, comparison, history, timelines);
    let report = notices.iter().fold(report, |it, notice| it.notice(notice));
    print(&match format {
        Format::Table => terminal(&report, style()),
        Format::Markdown => markdown(&report),
        Format::Csv => history_csv(&with(run, history)),
        Format::Html => html(&report),
        Format::Json => json(run, (!history.is_empty()).then_some(comparison))?,
    })?;
    Ok(exit_code(run, comparison, fail_on))
}

/// The run among its history, once.
fn with(run: &Run, history: &[Run]) -> Vec<Run> {
    let earlier = history.iter().filter(|it| it.id != run.id);
    earlier.chain([run]).cloned().collect()
}

/// The record; where there was something to compare with, what came of it is a field beside.
fn json(run: &Run, comparison: Option<&Comparison>) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Record<'a> {
        #[serde(flatten)]
        run: &'a Run,
        #[serde(skip_serializing_if = "Option::is_none")]
        comparison: Option<&'a Comparison>,
    }
    let record = serde_json::to_string(&Record { run, comparison });
    Ok(record.context("failed to write the record")? + "\n")
}

fn exit_code(run: &Run, comparison: &Comparison, fail_on: FailOn) -> ExitCode {
    if run.scenarios.iter().all(|it| it.verdict == Verdict::DidNotRun) {
        say("error: no scenario ran");
        return ExitCode::FAILURE;
    }
    // A record may say anything of itself.
    let verdict = Verdict::worst(&run.scenarios).max(run.verdict);
    let alert = comparison.alerts().next().is_some() || !comparison.missing().is_empty();
    let bad = match fail_on {
        FailOn::Threshold => verdict != Verdict::Passed,
        FailOn::Alert => verdict != Verdict::Passed || alert,
        FailOn::Worse => verdict != Verdict::Passed || alert || comparison.worse() > 0,
        FailOn::Never => false,
    };
    if bad { ExitCode::from(3) } else { ExitCode::SUCCESS }
}

/// As wide as the terminal; a pipe gets one line a scenario.
pub(crate) fn style() -> Style {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return Style::plain(u16::MAX);
    }
    let ansi = matches!(variable("NO_COLOR"), Ok(None));
    let width = comfy_table::Table::new().width().unwrap_or(80);
    if ansi { Style::ansi(width) } else { Style::plain(width) }
}

/// A reader that has seen enough is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("failed to write to stdout")
        }
        _ => Ok(()),
    }
}

/// More characters than these of a message help nobody.
const MAX_CHARS: usize = 2000;

/// Says something on one line, in which words of strangers command no terminal and no workflow.
#[expect(clippy::print_stderr, reason = "talk goes to stderr")]
pub(crate) fn say(text: &str) {
    eprintln!("{}", printable_within(text, MAX_CHARS));
}
