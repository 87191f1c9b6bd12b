//! Where runs and their history are kept.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use k6_summary::comparison::Baseline;
use k6_summary::{Comparison, Run, history_html, read_history};

use crate::console::section::say;

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
    pub(crate) fn create(all: &Path) -> anyhow::Result<Self> {
        let all = all.to_owned();
        let started = Timestamp::now();
        let time = started.strftime("%Y%m%dT%H%M%SZ");
        let it = Self { id: format!("{time}-{:04x}", rand::random::<u16>()), all, started };
        if it.path().to_str().is_none() {
            bail!(
                "k6 takes no path that is not UTF-8, such as `{}`; name another with --out",
                it.path().display()
            );
        }
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

    /// Keeps a file of this run.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path().join(name);
        let written = std::fs::write(&path, text).inspect_err(|_| {
            // Half a file is worse than none.
            let _gone = std::fs::remove_file(&path);
        });
        written.with_context(|| format!("failed to write `{}`", path.display()))
    }

    /// The records of earlier runs in the same place.
    pub(crate) fn earlier(&self) -> Vec<Run> {
        earlier(&self.all)
    }

    /// Adds a line to the history; one that an earlier run left unfinished stays a line of its own.
    pub(crate) fn append(&self, run: &Run) -> anyhow::Result<()> {
        let path = self.all.join(HISTORY);
        let record = serde_json::to_string(run).context("failed to write the record")?;
        let unfinished =
            std::fs::read(&path).is_ok_and(|it| it.last().is_some_and(|it| *it != b'\n'));
        let line = if unfinished { format!("\n{record}\n") } else { format!("{record}\n") };
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut it| it.write_all(line.as_bytes()))
            .with_context(|| format!("failed to add to `{}`", path.display()))
    }

    /// The runs that a run is compared with and that have a page here, each once.
    pub(crate) fn pages(&self, comparison: &Comparison) -> Vec<String> {
        let mut pages = BTreeSet::new();
        for it in &comparison.scenarios {
            if let Baseline::Run { id, .. } = &it.baseline
                && self.all.join(id).join("report.html").is_file()
            {
                pages.insert(id.clone());
            }
        }
        pages.into_iter().collect()
    }

    /// Writes the page over all runs that are on record here.
    pub(crate) fn write_history(&self) -> anyhow::Result<()> {
        let page_of = |it: &Run| {
            let page = format!("{}/report.html", it.id);
            // An id from elsewhere is no place here.
            let is_plain = it.id.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
            (is_plain && self.all.join(&page).is_file()).then_some(page)
        };
        let path = self.all.join("history.html");
        std::fs::write(&path, history_html(&self.earlier(), page_of))
            .with_context(|| format!("failed to write `{}`", path.display()))
    }

    /// Makes `latest` the name of this run.
    pub(crate) fn link_latest(&self) -> anyhow::Result<()> {
        let latest = self.all.join("latest");
        let scratch = self.all.join(format!(".latest-{}", self.id));
        std::os::unix::fs::symlink(&self.id, &scratch)
            .and_then(|()| std::fs::rename(&scratch, &latest))
            .with_context(|| format!("failed to link `{}`", latest.display()))
    }
}

/// The records of the runs that are kept in a folder; what cannot be read is named and passed over.
pub(crate) fn earlier(all: &Path) -> Vec<Run> {
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
