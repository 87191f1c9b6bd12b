//! The checkout, the CI run around it, and the HTTP client.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    let manifest =
        manifest.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = manifest.parent().context("xtask lies in no workspace")?;
    Ok(root.to_owned())
}

/// Cargo's target directory, as the one that runs us found it.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|it| !it.is_empty()) {
        Some(it) => root.join(it),
        None => root.join("target"),
    }
}

/// A client that follows no redirect by itself and uses no proxy for this machine.
pub(crate) fn http_client(proxied: bool) -> anyhow::Result<reqwest::Client> {
    let client = oauth_loopback::http_client()
        .user_agent(concat!("mcp-loadtest/", env!("CARGO_PKG_VERSION")));
    let client = if proxied { client } else { client.no_proxy() };
    client.build().context("failed to set up HTTP")
}

/// The commit that is tested: what Actions says, else the checkout's.
pub(crate) async fn commit(root: &Path) -> Option<String> {
    if let Some(sha) = variable("GITHUB_SHA") {
        return Some(sha);
    }
    let mut git = Command::new("git");
    let output = git.args(["rev-parse", "HEAD"]).current_dir(root).output().await.ok()?;
    let sha = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !sha.is_empty()).then_some(sha)
}

/// Address of the Actions run that we are part of.
pub(crate) fn actions_run() -> Option<String> {
    let server = variable("GITHUB_SERVER_URL")?;
    let (repository, run) = (variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
    let attempt = variable("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".to_owned());
    Some(format!("{server}/{repository}/actions/runs/{run}/attempts/{attempt}"))
}

pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}
