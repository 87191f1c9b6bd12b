//! The checkout in which this runs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mcp_loadtest::environment;
use mcp_loadtest::tools::child;
use tokio::process::Command;

/// The folder of the workspace, in which `Cargo.lock` is.
///
/// # Errors
/// Where there is none above this crate, or above the one that cargo runs.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let manifest = environment::manifest_dir();
    let manifest = manifest.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let root = manifest.ancestors().find(|it| it.join("Cargo.lock").is_file());
    let root = root.with_context(|| format!("`{}` lies in no workspace", manifest.display()))?;
    Ok(root.to_owned())
}

/// Cargo, without what the one that runs this says of this crate: build scripts that read it would run anew, and half of all
/// crates would be compiled again after them.
pub(crate) fn cargo() -> Command {
    let mut cargo = child::without_secrets(environment::cargo());
    let is_of_this_crate =
        |it: &str| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of| it.starts_with(of));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_this_crate) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Cargo's target directory: the one that is named, else the one that this program was built in.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    environment::target_dir(root).unwrap_or_else(|| {
        let program = environment::this_program().ok();
        let built_in = program.as_deref().and_then(|it| it.ancestors().nth(2));
        // A program that was installed lies elsewhere.
        let built_in = built_in.filter(|it| it.join(".rustc_info.json").is_file());
        built_in.map_or_else(|| root.join("target"), Path::to_owned)
    })
}

/// Where runs are kept in this repository.
pub(crate) fn results() -> anyhow::Result<PathBuf> {
    Ok(target_dir(&root()?).join("loadtest"))
}
