//! What the environment says, read here and nowhere else.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tool_edge::NotUnicode;

/// A variable, where it is set to something.
pub(crate) fn variable(name: &str) -> Result<Option<String>, NotUnicode> {
    tool_edge::variable(name)
}

/// The same for who takes what cannot be read for what is not there.
pub(crate) fn readable(name: &str) -> Option<String> {
    variable(name).ok().flatten()
}

/// The same for a path, which need not be text.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from)
}

/// All variables.
pub(crate) fn all() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os()
}

/// The folders in which programs are looked for.
pub fn search_path() -> OsString {
    env::var_os("PATH").unwrap_or_default()
}

/// The file of the program that runs.
pub fn this_program() -> std::io::Result<PathBuf> {
    env::current_exe()
}

/// The cargo that runs this, or the one that a shell would.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The folder of the crate that cargo runs.
pub fn manifest_dir() -> Option<PathBuf> {
    path("CARGO_MANIFEST_DIR")
}

/// Cargo's target directory, where one is named, from the workspace's folder `root`.
pub fn target_dir(root: &Path) -> Option<PathBuf> {
    let named = path("CARGO_TARGET_DIR").or_else(|| path("CARGO_BUILD_TARGET_DIR"))?;
    Some(root.join(named))
}

/// What may be lost and can be had again.
pub(crate) fn cache_home() -> Option<PathBuf> {
    path("XDG_CACHE_HOME").or_else(|| Some(env::home_dir()?.join(".cache")))
}

/// What is worth keeping from one run to the next.
pub(crate) fn state_home() -> Option<PathBuf> {
    let named = path("XDG_STATE_HOME").filter(|it| it.is_absolute());
    named.or_else(|| Some(env::home_dir()?.join(".local/state")))
}

/// Whether this runs in GitHub Actions.
pub(crate) fn in_actions() -> bool {
    readable("GITHUB_ACTIONS").as_deref() == Some("true")
}

/// Address of the Actions run that we are part of.
pub(crate) fn actions_run() -> Option<String> {
    let server = readable("GITHUB_SERVER_URL")?;
    let (repository, run) = (readable("GITHUB_REPOSITORY")?, readable("GITHUB_RUN_ID")?);
    let attempt = readable("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".to_owned());
    Some(format!("{server}/{repository}/actions/runs/{run}/attempts/{attempt}"))
}
