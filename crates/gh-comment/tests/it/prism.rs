//! What we ask, in the eyes of Prism, which reads GitHub's description by itself and knows nothing of us.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use gh_comment::{Client, Token};
use serde_json::{Value, json};
use url::Url;

use crate::github::{GitHub, http_client, issue, marker, run, token};

/// Prism before a GitHub of ours; it refuses what is asked or answered against the description.
struct Prism {
    process: Child,
    base: Url,
}

impl Prism {
    async fn before(github: &GitHub) -> Self {
        let crate_ = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let installed = crate_.join("../../eval/interop/github/node_modules");
        let mut node = Command::new("node");
        node.arg(installed.join("@stoplight/prism-cli/dist/index.js"));
        node.args(["proxy", "--errors", "--host", "127.0.0.1", "--port", "0"]);
        node.arg(crate_.join("tests/github/openapi.json")).arg(github.base.as_str());
        node.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = node.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let base = tokio::task::spawn_blocking(|| {
            let mut lines = lines.map_while(Result::ok);
            let line = lines.find(|it| it.contains("Prism is listening on"));
            let line = line.expect("prism ended before it listened; run `cargo xtask test`");
            // Its log goes on, and must have somewhere to go.
            std::thread::spawn(move || lines.for_each(drop));
            let address = line.split_whitespace().find(|it| it.starts_with("http://")).unwrap();
            address.parse().unwrap()
        });
        Self { base: base.await.unwrap(), process }
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "needs node"]
async fn an_independent_reader_of_githubs_description_finds_nothing_wrong() {
    let github = GitHub::on_tcp().await;
    let prism = Prism::before(&github).await;
    let http = http_client().no_proxy().build().unwrap();
    let client = Client::new(http.clone(), prism.base.clone(), Token::new(token("octo"))).unwrap();
    let client = client.rotating_at(10);
    let repository = "acme/api".parse().unwrap();
    client.find_or_create(&repository, "load", "New").await.unwrap();
    for id in 0..12 {
        client.post(&issue(), &run("report", &format!("r/{id}"))).await.unwrap();
    }
    client.post(&issue(), &run("again", "r/11")).await.unwrap();
    let seen = client.last_data(&issue(), &marker(), usize::MAX).await.unwrap();
    assert_eq!(seen.len(), 12);
    let asked = github.requests();
    for it in ["GET /user", "PATCH /repos", "POST /repos/acme/api/issues"] {
        assert!(asked.iter().any(|asked| asked.starts_with(it)), "{it}");
    }

    // It can tell: what GitHub would refuse, it refuses, before our own GitHub sees it.
    let comments = prism.base.join("/repos/acme/api/issues/12/comments").unwrap();
    let wrong: [(Url, Value); 3] = [
        (comments.clone(), json!({ "text": "no body" })),
        (comments.clone(), json!({ "body": 1 })),
        (prism.base.join("/repos/acme/api/issues/seven/comments").unwrap(), json!({ "body": "x" })),
    ];
    for (url, body) in wrong {
        let answer = http.post(url).bearer_auth(token("octo")).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{body}");
    }
    assert_eq!(github.requests(), [""; 0]);
    assert_eq!(prism.base.host_str(), Some("127.0.0.1"));
}
