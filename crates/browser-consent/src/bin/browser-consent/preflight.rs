//! Whether what is to be written at the end can be written, asked while nothing has begun.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tool_edge::private_file;

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
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
    is_there(parent.unwrap_or(Path::new(".")))?;
    private_file::prepare(path).with_context(|| path.display().to_string())
}

/// The folder itself is made when there is something to put into it.
fn folder(path: &Path) -> anyhow::Result<()> {
    let parent = path.ancestors().find(|it| it.exists()).unwrap_or(Path::new("."));
    is_there(parent)?;
    // Only the attempt tells, as permissions say nothing about a file system that is read-only, nor to root.
    let failed = || format!("nothing can be put into {}", parent.display());
    tempfile::tempfile_in(parent).map(drop).with_context(failed)
}

fn is_there(folder: &Path) -> anyhow::Result<()> {
    ensure!(folder.exists(), "there is no folder {}; make it first", folder.display());
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    Ok(())
}
