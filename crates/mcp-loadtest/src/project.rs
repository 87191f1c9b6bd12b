//! The checkout, the CI run around it, and the HTTP client.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

/// The folder of the workspace, in which `Cargo.lock` is.
///
/// # Errors
/// Where there is none above this crate, or above the one that cargo runs.
pub fn root() -> anyhow::Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    let manifest =
        manifest.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = manifest.ancestors().find(|it| it.join("Cargo.lock").is_file());
    let root = root.with_context(|| format!("`{}` lies in no workspace", manifest.display()))?;
    Ok(root.to_owned())
}

/// Cargo's target directory: the one that is named, else the one that this program was built in.
pub fn target_dir(root: &Path) -> PathBuf {
    let named = variable("CARGO_TARGET_DIR").or_else(|| variable("CARGO_BUILD_TARGET_DIR"));
    let program = std::env::current_exe().ok();
    let built_in = program.as_deref().and_then(|it| it.ancestors().nth(2));
    match (named, built_in) {
        (Some(it), _) => root.join(it),
        (None, Some(it)) => it.to_owned(),
        (None, None) => root.join("target"),
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
    git.args(["rev-parse", "HEAD"]).current_dir(root).kill_on_drop(true);
    let output = git.output().await.ok()?;
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

/// Whether this runs in GitHub Actions.
pub(crate) fn in_actions() -> bool {
    variable("GITHUB_ACTIONS").as_deref() == Some("true")
}

/// An environment variable, where it is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

/// A stranger's text, made safe for a terminal and a log: one line, no control or direction characters, at most 200 characters.
pub(crate) fn printable(text: &str) -> String {
    plain(text).chars().take(200).collect()
}

/// A text on one line, in which no terminal and no runner of GitHub Actions finds a command.
pub(crate) fn plain(text: &str) -> String {
    let hidden = |it: &char| {
        it.is_control()
            || matches!(it, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text: String = text.chars().filter(|it| !hidden(it)).collect();
    // The older form of a command counts wherever it stands in a line, and one of them ends all masks.
    text.replace("##[", "## [")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_cannot_forge_a_line_of_the_log() {
        assert_eq!(printable("2025\n::error::x\x1b[31m\u{202e}"), "2025::error::x[31m");
        assert_eq!(printable("x ##\0[stop-commands]y"), "x ## [stop-commands]y");
        assert_eq!(printable(&"é".repeat(300)).chars().count(), 200);
    }
}
