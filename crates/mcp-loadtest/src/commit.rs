//! The commit that is tested.

use std::process::Stdio;

use crate::environment;
use crate::tools::child;
use crate::tools::install::GIT;

/// What Actions says, else the commit of the checkout that this runs in.
pub(crate) async fn commit() -> Option<String> {
    if let Some(sha) = environment::readable("GITHUB_SHA") {
        return Some(sha);
    }
    let mut git = child::configured("git", GIT);
    git.args(["rev-parse", "HEAD"]).kill_on_drop(true);
    git.stdout(Stdio::piped()).stderr(Stdio::null());
    let output = git.output().await.ok()?;
    let sha = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !sha.is_empty()).then_some(sha)
}
