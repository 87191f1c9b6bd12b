//! Whether what is to be written at the end can be written, asked while nothing has begun.

use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::arguments::Arguments;

/// Checks the files and the folder that the arguments name.
///
/// # Errors
///
/// The first that cannot be written, with its option.
pub(crate) fn check(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(it) = &arguments.trace {
        file(it).context("--trace cannot be written")?;
    }
    if let Some(it) = &arguments.storage_state {
        file(it).context("--storage-state cannot be written")?;
    }
    if let Some(it) = &arguments.evidence {
        folder(it).context("--evidence cannot be written")?;
    }
    Ok(())
}

fn file(path: &Path) -> anyhow::Result<()> {
    let is_other = path.metadata().is_ok_and(|it| !it.is_file());
    ensure!(!is_other, "{} is no regular file", path.display());
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
    probe(parent.unwrap_or(Path::new(".")))
}

/// The folder itself is made when there is something to put into it.
fn folder(path: &Path) -> anyhow::Result<()> {
    probe(path.ancestors().find(|it| it.exists()).unwrap_or(Path::new(".")))
}

/// Only the attempt tells, as permissions say nothing about a file system that is read-only, nor to root.
fn probe(folder: &Path) -> anyhow::Result<()> {
    ensure!(folder.exists(), "there is no folder {}; make it first", folder.display());
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    let failed = || format!("nothing can be put into {}", folder.display());
    tempfile::tempfile_in(folder).map(drop).with_context(failed)
}
