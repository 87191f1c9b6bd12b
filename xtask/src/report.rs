//! Where people read a run: the terminal, its folder, the job summary, the tracking issue.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use k6_summary::{Comparison, Run, Style, Verdict, compare, markdown, read_history, terminal};

use crate::project::{self, variable};
use crate::section::say;
use crate::tracking::Tracking;

/// The plain rule: more than 25 % worse than the previous run is bold.
const TOLERANCE: f64 = 0.25;

/// Columns where stdout is no terminal.
const WIDTH: u16 = 120;

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
/// The files come first, so that nothing is lost when GitHub cannot be reached.
pub(crate) async fn publish(
    run: &Run,
    folder: &Folder,
    tracking: Option<&Tracking<'_>>,
) -> anyhow::Result<()> {
    let path = folder.path();
    let record = serde_json::to_string_pretty(run).context("failed to write the record")?;
    write(&path.join("run.json"), &record)?;
    let mut history = earlier(&folder.all)?;
    let posted = match tracking {
        Some(it) => it.earlier().await,
        None => Ok(Vec::new()),
    };
    let posted_error = posted.as_ref().err().map(|it| format!("{it:#}"));
    history.extend(posted.unwrap_or_default());
    history.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
    history.dedup_by(|a, b| a.id == b.id);
    let comparison = compare(run, &history, TOLERANCE);
    let body = markdown(run, &comparison);
    write(&path.join(format!("{}_report.md", run.id)), &body)?;
    append(&folder.all.join(HISTORY), run)?;
    link_latest(folder)?;
    if run.scenarios.iter().any(|it| it.verdict != Verdict::DidNotRun) {
        print(run, &comparison)?;
    }
    say("report", path.display());
    job_summary(&body)?;
    if let Some(error) = posted_error {
        say("issue", format_args!("earlier runs could not be read: {error}"));
    }
    if let Some(tracking) = tracking {
        let address = tracking.post(run, &body).await?;
        say("issue", address);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what this program is run for")]
fn print(run: &Run, comparison: &Comparison) -> anyhow::Result<()> {
    let stdout = std::io::stdout();
    let columns = rustix::termios::tcgetwinsize(&stdout).map(|it| it.ws_col);
    let width = columns.ok().filter(|it| *it > 0).unwrap_or(WIDTH);
    let style = Style { ansi: stdout.is_terminal(), width };
    println!("{}", terminal(run, comparison, style).trim_end());
    std::io::stdout().flush().context("failed to print the table")
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}

/// The records of earlier runs in the same place; lines that are none are named and passed over.
fn earlier(all: &Path) -> anyhow::Result<Vec<Run>> {
    let path = all.join(HISTORY);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        it => it.with_context(|| format!("failed to read `{}`", path.display()))?,
    };
    let (runs, notices) = read_history(&text);
    for it in notices {
        say("history", it);
    }
    Ok(runs)
}

fn append(path: &Path, run: &Run) -> anyhow::Result<()> {
    let mut line = serde_json::to_string(run).context("failed to write the record")?;
    line.push('\n');
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

/// Adds the report to the page of the Actions job, where there is one.
fn job_summary(body: &str) -> anyhow::Result<()> {
    let Some(path) = variable("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    file.and_then(|mut it| writeln!(it, "{body}"))
        .with_context(|| format!("failed to add to the job summary `{path}`"))
}
