//! The files of the command line, opened.

use crate::output::say;
use anyhow::{Context as _, anyhow, ensure};
use k6_summary::samples::PointStream;
use k6_summary::{Error, Points, Run, Source, Summary, open as source};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Whether the path means standard input.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Opens a file, or standard input, whatever its format.
pub(crate) fn open(file: &Path) -> anyhow::Result<Source<'static>> {
    source(reader(file)?).with_context(|| file.display().to_string())
}

/// A file, or standard input, to be read.
pub(crate) fn reader(file: &Path) -> anyhow::Result<Box<dyn Read + Send>> {
    if is_stdin(file) {
        return Ok(Box::new(io::stdin()));
    }
    ensure!(
        !file.is_dir(),
        "{} is a directory; pass the summary inside it, such as {}",
        file.display(),
        file.join("summary.json").display()
    );
    let opened = File::open(file).with_context(|| format!("failed to read {}", file.display()))?;
    Ok(Box::new(opened))
}

/// Counts the samples of a file with those before, and says what was passed over.
pub(crate) fn count(
    points: &mut Points,
    stream: PointStream<'_>,
    file: &Path,
) -> anyhow::Result<()> {
    let notices = points.read(stream)?;
    for it in notices {
        say(&format!("notice: {}: {}", file.display(), it.reason));
    }
    Ok(())
}

/// Counts the samples of all files together.
pub(crate) fn count_all(points: &mut Points, files: &[PathBuf]) -> anyhow::Result<()> {
    for file in files {
        match open(file)? {
            Source::Points(stream) => {
                count(points, stream, file).with_context(|| file.display().to_string())?;
            }
            Source::Document(text) => {
                return Err(without_samples(&text).context(file.display().to_string()));
            }
        }
    }
    Ok(())
}

/// Why a document is not what samples are asked of.
fn without_samples(text: &str) -> anyhow::Error {
    match (text.parse::<Summary>(), text.parse::<Run>()) {
        (Err(Error::NotASummary), Ok(_)) | (Ok(_), _) => anyhow!(
            "summaries and records have no samples, and percentiles of percentiles are wrong; \
             pass points, which k6 writes with `--out json=FILE`"
        ),
        (Err(error), _) => error.into(),
    }
}

/// When k6 wrote the file, at the end of the run.
pub(crate) fn written(file: &Path) -> anyhow::Result<SystemTime> {
    if is_stdin(file) {
        return Ok(SystemTime::now());
    }
    fs::metadata(file)
        .and_then(|it| it.modified())
        .with_context(|| format!("failed to read the date of {}", file.display()))
}

/// `results/cold-start/summary.json` and `results/cold-start.json` are both `cold-start`; so are
/// `results/cold-start/points.ndjson.zst` and `results/cold-start.ndjson.gz`.
pub(crate) fn scenario_name(file: &Path) -> anyhow::Result<String> {
    if is_stdin(file) {
        return Ok("stdin".to_owned());
    }
    let own = file.file_name().map(|it| it.to_string_lossy().into_owned());
    let own =
        own.with_context(|| format!("{} has no name to call the scenario", file.display()))?;
    let packed = [".gz", ".zst"].iter().find_map(|it| own.strip_suffix(it));
    let stem = Path::new(packed.unwrap_or(&own)).file_stem().map(|it| it.to_string_lossy());
    match stem.as_deref() {
        Some("summary" | "points") => {
            let file = fs::canonicalize(file)
                .with_context(|| format!("failed to find the folder of {}", file.display()))?;
            let folder = file.parent().and_then(Path::file_name);
            let folder = folder
                .with_context(|| format!("{} has no name to call the scenario", file.display()))?;
            Ok(folder.to_string_lossy().into_owned())
        }
        Some(stem) => Ok(stem.to_owned()),
        None => Ok(own),
    }
}
