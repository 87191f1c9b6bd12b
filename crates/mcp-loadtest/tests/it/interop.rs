//! Servers that are not ours: the whole loop on them, and the life of a grant.

use std::process::Stdio;

use mcp_loadtest::tools::child;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::program::{Ended, Sandbox, json, program, run};
use crate::servers::{EMAIL, PASSWORD};
use crate::started::{Server, folder};

/// The tool of `cargo xtask test`, which says what it did.
const BROWSER: &str = "browser-consent --trace trail.json";

#[tokio::test]
#[ignore = "needs k6, a browser and node"]
async fn better_auth_signs_in_on_another_origin_and_takes_load() {
    let server = better_auth().await;
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    command
        .args(["--target", server.said("resource")])
        .args(["--allow-origin", server.said("login_origin")])
        .arg("--calls")
        .arg(folder("better-auth").join("calls.json"))
        .env("K6", program("K6"))
        .env("LOADTEST_EMAIL", EMAIL)
        .env("LOADTEST_PASSWORD", PASSWORD);
    let ended = run(&mut command).await;

    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let record = sandbox.record();
    assert_eq!(record["verdict"], "passed");
    assert_eq!(record["skipped"], Value::Array(vec![]));
    let bearer = json(&sandbox.path("bearer.json"));
    assert!(bearer["workspaceId"].is_string(), "{bearer:#}");
    assert_eq!(bearer["audience"][0], server.said("resource"));
}

#[tokio::test]
#[ignore = "needs a browser and node"]
async fn a_grant_of_better_auth_is_used_renewed_and_forgotten() {
    let server = better_auth().await;
    let browser = format!("{BROWSER} --allow-origin {}", server.said("login_origin"));
    let pressed = ["pressed Sign in", "pressed Approve"];
    a_grant_is_used_renewed_and_forgotten(&server, &browser, &pressed, true).await;
}

#[tokio::test]
#[ignore = "needs a browser and python"]
async fn a_grant_of_fastmcp_in_memory_is_used_renewed_and_forgotten() {
    let server = fastmcp(&[]).await;
    a_grant_is_used_renewed_and_forgotten(&server, BROWSER, &[], true).await;
}

#[tokio::test]
#[ignore = "needs a browser and python"]
async fn a_grant_of_fastmcps_consent_form_is_used_renewed_and_forgotten() {
    let server = fastmcp(&["--consent"]).await;
    a_grant_is_used_renewed_and_forgotten(&server, BROWSER, &["pressed Allow Access"], false).await;
}

/// `pressed` is what there is to press on the server's screens; `revokes` says whether it offers to revoke tokens.
async fn a_grant_is_used_renewed_and_forgotten(
    server: &Server,
    browser: &str,
    pressed: &[&str],
    revokes: bool,
) {
    let resource = server.said("resource");
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("grant.json");

    oauth_loopback(&files, &[resource, "--browser", browser, "--out", "grant.json"]).await.done();
    assert_eq!(presses(&json(&files.path().join("trail.json"))), pressed);
    let minted = json(&path);
    assert_eq!(echoed(resource, &minted).await, "minted");

    let printed = oauth_loopback(&files, &["refresh", "grant.json"]).await.done();
    let renewed = json(&path);
    let printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(printed["access_token"], renewed["access_token"]);
    // A JWT may be the same twice in one second; the refresh token is one of a kind.
    assert!(renewed["refresh_token"].is_string(), "no refresh token after the refresh");
    assert_ne!(renewed["refresh_token"], minted["refresh_token"]);
    assert_eq!(echoed(resource, &renewed).await, "minted");

    std::fs::copy(&path, files.path().join("copy.json")).unwrap();
    let forgotten = oauth_loopback(&files, &["forget", "grant.json"]).await.done();
    assert!(!path.exists());
    let late = oauth_loopback(&files, &["refresh", "copy.json"]).await;
    if revokes {
        assert_eq!(late.code, Some(1), "what was forgotten still gives tokens: {late:#?}");
        assert!(late.stderr.contains("invalid_grant"), "{}", late.stderr);
    } else {
        late.done();
        assert!(forgotten.stderr.contains("revo"), "{}", forgotten.stderr);
    }
}

/// What the browser pressed on its way.
fn presses(trail: &Value) -> Vec<&str> {
    let visits = trail["visits"].as_array().expect("a trail is a list of visits").iter();
    let actions = visits.flat_map(|it| it["actions"].as_array().expect("each lists its actions"));
    actions.filter_map(Value::as_str).filter(|it| it.starts_with("pressed")).collect()
}

/// Runs the tool of `cargo xtask test` with the test user in its environment.
async fn oauth_loopback(files: &TempDir, arguments: &[&str]) -> Ended {
    let mut command = Command::new("oauth-loopback");
    command.args(arguments).current_dir(files.path()).stdin(Stdio::null()).kill_on_drop(true);
    command.env("LOADTEST_EMAIL", EMAIL).env("LOADTEST_PASSWORD", PASSWORD);
    run(&mut command).await
}

/// What the server's `echo` tool says to the bearer of a grant who tells it "minted".
async fn echoed(resource: &str, grant: &Value) -> String {
    let http = oauth_loopback::http_client().no_proxy().build().unwrap();
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "interop", "version": "0"}});
    let call = json!({"name": "echo", "arguments": {"text": "minted"}});
    let mut session = None;
    let mut last = Value::Null;
    for (method, params) in [("initialize", hello), ("tools/call", call)] {
        let mut request = http
            .post(resource)
            .bearer_auth(grant["access_token"].as_str().unwrap())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(it) = session.take() {
            request = request.header("mcp-session-id", it);
        }
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = request.body(message.to_string()).send().await.unwrap();
        session = answer.headers().get("mcp-session-id").cloned();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{method}: {status}: {body}");
        let text = body.lines().find_map(|it| it.strip_prefix("data:")).unwrap_or(&body);
        last = serde_json::from_str(text).unwrap_or_else(|_| panic!("{method}: {body}"));
    }
    last["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{last:#}")).to_owned()
}

async fn better_auth() -> Server {
    let mut command = child::command("node");
    command.arg("server.mjs").current_dir(folder("better-auth"));
    Server::start(command.env("LOADTEST_EMAIL", EMAIL).env("LOADTEST_PASSWORD", PASSWORD)).await
}

pub(crate) async fn fastmcp(arguments: &[&str]) -> Server {
    let mut command = child::command(program("FASTMCP_PYTHON"));
    command.arg("server.py").args(arguments).current_dir(folder("fastmcp"));
    command.env("FASTMCP_LOG_LEVEL", "ERROR");
    Server::start(&mut command).await
}
