//! Where people read a run: the terminal, its folder, the job summary, the tracking issue.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use k6_summary::{
    Comparison, Run, Style, Verdict, compare, html, markdown, read_history, terminal,
};

use crate::console::actions::{annotate, job_summary, not_compared, not_posted};
use crate::console::section::say;
use crate::interrupt::{Interrupt, Interrupted};
use crate::project;
use crate::report::tracking::Tracking;
use crate::scenario::points;

/// The plain rule: more than 25 % worse than the previous run is bold.
const TOLERANCE: f64 = 0.25;

/// Columns where stdout is no terminal.
const WIDTH: u16 = 120;

/// What the report says where the comparison lacks what it should have.
const UNREAD: &str = "Earlier runs on the tracking issue could not be read: this run is compared with those in its folder alone.";

const HISTORY: &str = "history.ndjson";

/// The folder of one run, among those of all runs.
#[derive(Debug)]
pub(crate) struct Folder {
    all: PathBuf,
    id: String,
    started: Timestamp,
}

impl Folder {
    /// Makes the folder before anything long begins, so that a place where nothing can be written shows at once.
    pub(crate) fn create(out: Option<&Path>, root: &Path) -> anyhow::Result<Self> {
        let all = out.map_or_else(|| project::target_dir(root).join("loadtest"), Path::to_owned);
        let started = Timestamp::now();
        let time = started.strftime("%Y%m%dT%H%M%SZ");
        let it = Self { id: format!("{time}-{:04x}", rand::random::<u16>()), all, started };
        let made = std::fs::create_dir_all(it.path());
        made.with_context(|| {
            format!(
                "failed to create `{}`; name a folder that can be written with --out",
                it.path().display()
            )
        })?;
        Ok(it)
    }

    /// Takes a folder away in which nothing was kept.
    pub(crate) fn remove_if_empty(&self) {
        let _only_if_empty = std::fs::remove_dir(self.path());
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.all.join(&self.id)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn started(&self) -> String {
        self.started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

/// Compares a finished run with earlier ones and puts it everywhere it is read.
///
/// The record comes first, and no place keeps the run from the next one: the first error is returned at the end.
/// A history that cannot be read is one where the comparison decides, since nothing could be worse than nothing.
pub(crate) async fn publish(
    run: &Run,
    folder: &Folder,
    tracking: Option<&Tracking<'_>>,
    interrupt: &Interrupt,
    comparison_decides: bool,
) -> (Comparison, anyhow::Result<()>) {
    let path = folder.path();
    let record = serde_json::to_string_pretty(run).context("failed to write the record");
    let mut done = vec![record.and_then(|it| write(&path.join("run.json"), &it))];
    let (mut history, mut unread) = (earlier(&folder.all), false);
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
    let mut body = markdown(run, &comparison);
    if unread {
        body = with_notice(&body, UNREAD);
    }
    let name = format!("{}_report.md", run.id);
    done.push(write(&path.join(&name), &body));
    let timelines = points::timelines(&path, run);
    done.push(write(&path.join("report.html"), &html(run, &comparison, &history, &timelines)));
    done.push(append(&folder.all.join(HISTORY), run));
    if run.scenarios.iter().any(|it| it.verdict != Verdict::DidNotRun) {
        done.push(print(run, &comparison));
    }
    done.push(job_summary(&body, &name));
    if let Err(error) = link_latest(folder) {
        say("report", format_args!("{error:#}"));
    }
    say("report", path.display());
    annotate(run, &comparison);
    if let Some(tracking) = tracking {
        let posted = interrupt.or(tracking.post(run, &body)).await;
        done.push(posted.inspect_err(not_posted).map(|address| say("issue", address)));
    }
    (comparison, done.into_iter().collect())
}

/// The notice stands under the headline, where nothing is left out.
fn with_notice(body: &str, notice: &str) -> String {
    match body.split_once("\n\n") {
        Some((headline, rest)) => format!("{headline}\n\n{notice}\n\n{rest}"),
        None => format!("{body}\n\n{notice}\n"),
    }
}

/// Prints the table; a reader that has seen enough of it is fine.
fn print(run: &Run, comparison: &Comparison) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    let columns = rustix::termios::tcgetwinsize(&stdout).map(|it| it.ws_col);
    let width = columns.ok().filter(|it| *it > 0).unwrap_or(WIDTH);
    let style = Style { ansi: stdout.is_terminal(), width };
    let table = terminal(run, comparison, style);
    // Names and reasons in it are of others, and the log of a job has its commands anywhere in a line.
    let table = table.replace("##[", "## [");
    match writeln!(stdout, "{}", table.trim_end()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("failed to print the table")
        }
        _ => Ok(()),
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = std::fs::write(path, text).inspect_err(|_| {
        // Half a file is worse than none.
        let _gone = std::fs::remove_file(path);
    });
    written.with_context(|| format!("failed to write `{}`", path.display()))
}

/// The records of earlier runs in the same place; what cannot be read is named and passed over.
fn earlier(all: &Path) -> Vec<Run> {
    let path = all.join(HISTORY);
    let bytes = match std::fs::read(&path) {
        Ok(it) => it,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            say("history", format_args!("failed to read `{}`: {error}", path.display()));
            return Vec::new();
        }
    };
    let (runs, notices) = read_history(&String::from_utf8_lossy(&bytes));
    for it in notices {
        say("history", it);
    }
    runs
}

/// Adds a line; one that an earlier run left unfinished stays a line of its own.
fn append(path: &Path, run: &Run) -> anyhow::Result<()> {
    let record = serde_json::to_string(run).context("failed to write the record")?;
    let unfinished = std::fs::read(path).is_ok_and(|it| it.last().is_some_and(|it| *it != b'\n'));
    let line = if unfinished { format!("\n{record}\n") } else { format!("{record}\n") };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut it| it.write_all(line.as_bytes()))
        .with_context(|| format!("failed to add to `{}`", path.display()))
}

fn link_latest(folder: &Folder) -> anyhow::Result<()> {
    let latest = folder.all.join("latest");
    let scratch = folder.all.join(format!(".latest-{}", folder.id));
    std::os::unix::fs::symlink(&folder.id, &scratch)
        .and_then(|()| std::fs::rename(&scratch, &latest))
        .with_context(|| format!("failed to link `{}`", latest.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_stands_right_under_the_headline() {
        let body = with_notice("### passed\n\nabout\n\n| table |\n", UNREAD);
        assert_eq!(body, format!("### passed\n\n{UNREAD}\n\nabout\n\n| table |\n"));
    }
}
