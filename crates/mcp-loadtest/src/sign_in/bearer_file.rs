//! The file in which other tools find the bearer.

use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;
use tool_edge::private_file;

use crate::console::section::say;
use crate::sign_in::bearer::Bearer;
use crate::tools::child;
use crate::tools::install::GIT;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    bearer: &'a str,
    workspace_id: Option<&'a str>,
    issuer: Option<&'a str>,
    audience: &'a [String],
    scope: Option<&'a str>,
    expires_at: Option<String>,
}

/// Whether the file can be put there, asked before there is a bearer.
pub(crate) fn prepare(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let prepared = std::fs::create_dir_all(folder).and_then(|()| private_file::prepare(path));
    prepared.with_context(|| failed(path))
}

/// Writes it: mode 0600 from the first byte, in place of an older one at once.
pub(crate) fn write(path: &Path, bearer: &Bearer) -> anyhow::Result<()> {
    let text = text(bearer).with_context(|| failed(path))?;
    private_file::write(path, format!("{text}\n").as_bytes()).with_context(|| failed(path))
}

/// What the file holds.
pub(crate) fn text(bearer: &Bearer) -> anyhow::Result<String> {
    let expires_at = bearer.expires_at.and_then(|it| Timestamp::try_from(it).ok());
    let file = File {
        bearer: bearer.token.reveal(),
        workspace_id: bearer.workspace.as_deref(),
        issuer: bearer.issuer.as_deref(),
        audience: &bearer.audience,
        scope: bearer.scope.as_deref(),
        expires_at: expires_at.map(|it| it.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    };
    Ok(serde_json::to_string_pretty(&file)?)
}

fn failed(path: &Path) -> String {
    let path = path.display();
    format!("failed to write the bearer file `{path}`; name another with --bearer-file")
}

/// A file that git would take has to be named to whoever commits.
pub(crate) async fn warn_if_committable(file: &Path) {
    let mut git = child::configured("git", GIT);
    let ignored = git.args(["check-ignore", "--quiet", "--no-index"]).arg(file).kill_on_drop(true);
    let ignored = ignored.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // 0: ignored, 1: not ignored, 128: no repository or outside of it.
    if ignored.status().await.is_ok_and(|it| it.code() == Some(1)) {
        say(
            "token",
            format_args!("{} is not ignored by git: add it to .gitignore", file.display()),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    use oauth_loopback::AccessToken;

    use super::*;
    use crate::sign_in::bearer::Wanted;

    #[test]
    fn the_bearer_file_is_private_and_replaces_an_open_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e2e/.load-test-bearer.json");
        std::fs::create_dir(folder.path().join("e2e")).unwrap();
        std::fs::write(&path, "older, and readable by everybody").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();

        let wanted = Wanted {
            issuer: None,
            audience: None,
            scope: &[],
            lifetime: Duration::ZERO,
            workspace_claim: None,
        };
        let bearer = Bearer::given(AccessToken::new("opaque-token".to_owned()), &wanted).unwrap();
        prepare(&path).unwrap();
        write(&path, &bearer).unwrap();

        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let file: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(file["bearer"], "opaque-token");
        assert_eq!(file["workspaceId"], serde_json::Value::Null);
        assert_eq!(std::fs::read_dir(folder.path().join("e2e")).unwrap().count(), 1);
    }
}
