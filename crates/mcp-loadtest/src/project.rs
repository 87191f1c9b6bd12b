//! The checkout in which this runs.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;

use crate::environment;
use crate::tools::child;
use crate::tools::install::GIT;

/// The folder of the workspace, in which `Cargo.lock` is.
///
/// # Errors
/// Where there is none above this crate, or above the one that cargo runs.
pub fn root() -> anyhow::Result<PathBuf> {
    let manifest = environment::manifest_dir();
    let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let root = manifest.ancestors().find(|it| it.join("Cargo.lock").is_file());
    let root = root.with_context(|| format!("`{}` lies in no workspace", manifest.display()))?;
    Ok(root.to_owned())
}

/// Cargo's target directory: the one that is named, else the one that this program was built in.
pub fn target_dir(root: &Path) -> PathBuf {
    environment::target_dir(root).unwrap_or_else(|| {
        let program = environment::this_program().ok();
        let built_in = program.as_deref().and_then(|it| it.ancestors().nth(2));
        // A program that was installed lies elsewhere.
        let built_in = built_in.filter(|it| it.join(".rustc_info.json").is_file());
        built_in.map_or_else(|| root.join("target"), Path::to_owned)
    })
}

/// The commit that is tested: what Actions says, else the checkout's.
pub(crate) async fn commit(root: &Path) -> Option<String> {
    if let Some(sha) = environment::readable("GITHUB_SHA") {
        return Some(sha);
    }
    let mut git = child::configured("git", GIT);
    git.args(["rev-parse", "HEAD"]).current_dir(root).kill_on_drop(true);
    git.stdout(Stdio::piped()).stderr(Stdio::null());
    let output = git.output().await.ok()?;
    let sha = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !sha.is_empty()).then_some(sha)
}
