//! GitHub's own command line as another client of the fake: what we write it reads, and the other way round.

use std::process::Stdio;

use gh_comment::Author;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::github::{GitHub, body, issue, marker, run, token};

struct Gh {
    folder: TempDir,
}

impl Gh {
    /// `gh` in an environment of its own, which speaks with this GitHub alone.
    async fn of(github: &GitHub) -> Self {
        let it = Self { folder: tempfile::tempdir().unwrap() };
        let socket = github.socket();
        it.run(&["config", "set", "http_unix_socket", socket.to_str().unwrap()]).await;
        it
    }

    async fn run(&self, args: &[&str]) -> String {
        let mut gh = Command::new("gh");
        gh.args(args).stdin(Stdio::null()).env_clear();
        gh.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        gh.env("HOME", self.folder.path()).env("GH_CONFIG_DIR", self.folder.path());
        gh.env("GH_TOKEN", token("octo")).env("GH_NO_UPDATE_NOTIFIER", "1");
        let output = gh.output().await.unwrap();
        let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        assert!(output.status.success(), "{args:?}: {}", err.unwrap());
        out.unwrap()
    }

    async fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.run(args).await).unwrap()
    }
}

const COMMENTS: &str = "repos/acme/api/issues/12/comments?per_page=100&page=1";

#[tokio::test]
#[ignore = "needs gh"]
async fn the_github_cli_reads_what_we_post_and_writes_what_we_read() {
    let github = GitHub::start().await;
    let gh = Gh::of(&github).await;
    let client = github.client("octo");
    let address = client.post(&issue(), &run("from us", "k")).await.unwrap();
    let read = gh.json(&["api", COMMENTS]).await;
    assert_eq!(read[0]["html_url"], address.as_str());
    assert_eq!(marker().data(read[0]["body"].as_str().unwrap()), Some(json!({ "id": "k" })));

    let theirs = body("from gh", &json!({ "id": "gh" }));
    let path = "repos/acme/api/issues/12/comments";
    let posted = gh.json(&["api", path, "-f", &format!("body={theirs}")]).await;
    let seen = client.trusting(Author::Id(7)).last_data(&issue(), &marker(), 9).await.unwrap();
    assert_eq!(seen, [json!({ "id": "gh" }), json!({ "id": "k" })]);

    let path = format!("repos/acme/api/issues/comments/{}", posted["id"]);
    gh.run(&["api", "-X", "PATCH", &path, "-f", "body=edited by hand"]).await;
    let seen = github.client("octo").last_data(&issue(), &marker(), 9).await.unwrap();
    assert_eq!(seen, [json!({ "id": "k" })]);
    assert_eq!(gh.json(&["api", "repos/acme/api/issues/12"]).await["comments"], 2);
}
