//! Where people read a run: the terminal, its folder, the job summary, the tracking issue.

use anyhow::Context as _;
use k6_summary::{Comparison, Report, Run, Verdict, compare, html, markdown};

use serde_json::Value;

use crate::console::actions::{annotate, job_summary, not_compared, not_posted, outputs};
use crate::console::section::say;
use crate::console::stdout;
use crate::interrupt::{Interrupt, Interrupted};
use crate::report::folder::Folder;
use crate::report::tracking::Tracking;
use crate::scenario::points;

/// The plain rule: more than 25 % worse than the previous run is bold.
const TOLERANCE: f64 = 0.25;

/// What the report says where the comparison lacks what it should have.
const UNREAD: &str = "Earlier runs on the tracking issue could not be read: this run is compared with those in its folder alone.";

/// Compares a finished run with earlier ones and puts it everywhere it is read.
///
/// The record comes first, and no place keeps the run from the next one: the first error is returned at the end.
/// A history that cannot be read is one where the comparison decides, since nothing could be worse than nothing.
pub(crate) async fn publish(
    run: &Run,
    keyed: &Value,
    folder: &Folder,
    tracking: Option<&Tracking<'_>>,
    interrupt: &Interrupt,
    comparison_decides: bool,
) -> (Comparison, anyhow::Result<()>) {
    let record = serde_json::to_string_pretty(run).context("failed to write the record");
    let mut done = vec![record.and_then(|it| folder.write("run.json", &it))];
    let (mut history, mut unread) = (folder.earlier(), false);
    if let Some(tracking) = tracking {
        match interrupt.or(tracking.earlier()).await {
            Ok(it) => history.extend(it),
            Err(error) if error.is::<Interrupted>() => {}
            Err(error) => {
                not_compared(&format!("earlier runs could not be read: {error:#}"));
                unread = true;
                if comparison_decides {
                    let what = "without the earlier runs nobody knows whether this one is worse";
                    done.push(Err(error.context(what)));
                }
            }
        }
    }
    history.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
    history.dedup_by(|a, b| a.id == b.id);
    let comparison = compare(run, &history, TOLERANCE);
    let timelines = points::timelines(&folder.path(), run);
    let mut report = Report::new(run, &comparison, &history, &timelines);
    report = report.in_its_folder(folder.pages(&comparison));
    if unread {
        report = report.notice(UNREAD);
    }
    let body = markdown(&report);
    let name = format!("{}_report.md", run.id);
    done.push(folder.write(&name, &body));
    done.push(folder.write("report.html", &html(&report)));
    done.push(folder.append(run));
    done.push(folder.write_history());
    if run.scenarios.iter().any(|it| it.verdict != Verdict::DidNotRun) {
        done.push(stdout::print(&report));
    }
    done.push(job_summary(&body, &name));
    if let Err(error) = folder.link_latest() {
        say("report", format_args!("{error:#}"));
    }
    say("report", folder.path().display());
    annotate(run, &comparison);
    let report = folder.path().join(&name);
    // As the record spells it, for a step that compares.
    let verdict = serde_json::to_value(run.verdict).unwrap_or_default();
    let verdict = verdict.as_str().unwrap_or_default();
    let report = report.display().to_string();
    done.push(outputs(&[("verdict", verdict), ("run-id", &run.id), ("report", &report)]));
    if let Some(tracking) = tracking {
        let replaces = measured_nothing(run) && (unread || was_measured(run, &history));
        let posted = interrupt.or(tracking.post(run, keyed, replaces, &body)).await;
        done.push(posted.inspect_err(not_posted).and_then(|address| {
            say("issue", &address);
            outputs(&[("comment", address.as_str())])
        }));
    }
    (comparison, done.into_iter().collect())
}

/// Whether another attempt of the same CI run measured something.
fn was_measured(run: &Run, history: &[Run]) -> bool {
    let is_of_the_same = |it: &&Run| it.ci_run().is_some() && it.ci_run() == run.ci_run();
    history.iter().filter(is_of_the_same).any(|it| !measured_nothing(it))
}

fn measured_nothing(run: &Run) -> bool {
    run.scenarios.iter().all(|it| it.calls.unwrap_or(0) == 0)
}
