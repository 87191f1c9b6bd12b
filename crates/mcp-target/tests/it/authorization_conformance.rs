//! The official conformance suite of MCP, which looks at the authorization server.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use url::Url;

use crate::person::Person;
use crate::target::Target;

#[tokio::test]
#[ignore = "needs node"]
async fn the_authorization_server_conforms() {
    let target = Target::start().await;
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        free.local_addr().unwrap().port()
    };
    let metadata = json!({
        "redirect_uris": [format!("http://127.0.0.1:{port}/callback"), format!("http://localhost:{port}/callback")],
        "grant_types": ["authorization_code", "refresh_token"],
        "application_type": "native",
    });
    let (_, client) = target.post("/register", &metadata).await;
    let id = client["client_id"].as_str().unwrap();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/interop/conformance");
    let mut suite = Command::new("node_modules/.bin/node");
    suite.args(["node_modules/.bin/conformance", "authorization", "--url", &target.issuer]);
    suite.args(["--client-id", id, "--resource", &target.resource, "-p", &port.to_string()]);
    suite.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut running = suite.spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut said = String::new();
    let told = tokio::time::timeout(Duration::from_secs(60), async {
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&line);
            said.push('\n');
            let address = Url::parse(line.trim()).ok();
            if let Some(url) = address.filter(|it| it.path() == "/authorize") {
                let callback = Person::new(&target).approve(&url).await;
                // It says the address before it listens for the callback.
                while target.http.get(callback.clone()).send().await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
        }
    });
    told.await.unwrap_or_else(|_| panic!("it does not end:\n{said}"));
    let status = running.wait().await.unwrap();
    let passed = said.lines().filter(|it| it.contains('✓') && !it.contains(" 0 passed"));
    assert!(passed.count() >= 1 && !said.contains('✗'), "{said}");
    assert!(status.success(), "{said}");
}
