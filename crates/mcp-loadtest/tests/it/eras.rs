//! Revisions of MCP with sessions and without, on servers that speak both, or the latter alone.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use mcp_loadtest::tools::child;
use mcp_target::{Config, Target, User};
use serde_json::{Value, json};

use crate::interop::fastmcp;
use crate::program::{Ended, Sandbox, program, run};
use crate::servers::{EMAIL, PASSWORD, TOKEN, serve};
use crate::started::{Server, folder};

const STATELESS: &str = "2026-07-28";
const TOO: &str = "MCP 2026-07-28 is spoken there too; --protocol 2026-07-28 tests that";

#[tokio::test]
#[ignore = "needs k6"]
async fn a_server_of_both_kinds_is_tested_with_sessions_unless_they_are_not_wanted() {
    let target = Target::start(Config::new(vec![User::new(EMAIL, PASSWORD, "ws")])).await.unwrap();
    let bearer = target.token_for(EMAIL).await.unwrap();
    let tested = async |more: &[&str]| {
        let sandbox = Sandbox::new();
        let mut command = sandbox.mcp_loadtest("run");
        command.args(["cold-start", "tool-call-mix", "--for", "2s", "--target", target.url()]);
        command.args(more).env("K6", program("K6")).env("LOADTEST_BEARER", &bearer);
        let ended = run(&mut command).await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        (ended, sandbox.record())
    };
    let (ended, with_sessions) = tested(&[]).await;
    assert!(ended.stderr.contains(TOO), "{ended:#?}");
    assert_eq!(with_sessions["protocol"], "2025-11-25");
    let (ended, without) = tested(&["--protocol", STATELESS]).await;
    assert!(!ended.stderr.contains(TOO), "{ended:#?}");
    assert_eq!(without["protocol"], STATELESS);
    for scenario in [0, 1] {
        let (with_sessions, without) =
            (&with_sessions["scenarios"][scenario], &without["scenarios"][scenario]);
        assert_ne!(with_sessions["fingerprint"], without["fingerprint"]);
        assert!(with_sessions["sessions"]["opened"].as_u64() > Some(0), "{with_sessions:#}");
        assert_eq!(without["sessions"]["opened"].as_u64().unwrap_or(0), 0, "{without:#}");
        assert!(without["calls"].as_u64() >= Some(20), "{without:#}");
    }
    let by = without["scenarios"][0]["by"].as_array().unwrap();
    assert!(by.iter().any(|it| it["tags"]["rpc"] == "server/discover"), "{by:#?}");
}

/// Answers what a server of the stateless revision alone does, and that a request says twice what it is about.
async fn stateless(headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let refuse = |status: StatusCode, code: i64, message: &str| {
        let error = json!({"code": code, "message": message, "data": {"supported": [STATELESS]}});
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
        (status, [(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
    };
    if headers.get("authorization").is_none_or(|it| it != &format!("Bearer {TOKEN}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (method, params) = (&request["method"], &request["params"]);
    let meta = &params["_meta"];
    if meta["io.modelcontextprotocol/protocolVersion"] != STATELESS {
        return refuse(StatusCode::BAD_REQUEST, -32022, "Unsupported protocol version");
    }
    let named = params["name"].as_str().or(params["uri"].as_str());
    let said = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let is_same = said("mcp-protocol-version") == Some(STATELESS)
        && said("mcp-method") == method.as_str()
        && said("mcp-name") == named
        && meta["io.modelcontextprotocol/clientCapabilities"].is_object();
    if !is_same {
        return refuse(StatusCode::BAD_REQUEST, -32020, "Header mismatch");
    }
    let result = match method.as_str().unwrap() {
        "server/discover" => json!({"supportedVersions": [STATELESS], "capabilities": {},
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "modern", "version": "7"}}}),
        "tools/list" => json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"},
            "annotations": {"readOnlyHint": true}}]}),
        "resources/read" => json!({"contents": [{"uri": named, "text": "hi"}]}),
        "tools/call" => json!({"content": [{"type": "text", "text": "hi"}]}),
        _ => return refuse(StatusCode::NOT_FOUND, -32601, "Method not found"),
    };
    let mut result = result;
    result["resultType"] = "complete".into();
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

#[tokio::test]
#[ignore = "needs k6"]
async fn a_server_without_sessions_is_found_to_be_one_and_passes_on_either_k6() {
    let url = format!("http://{}/mcp", serve(Router::new().route("/mcp", post(stateless))).await);
    for k6 in ["K6", "K6_1_1"] {
        let sandbox = Sandbox::new();
        let calls = sandbox.path("calls.json");
        let pool = json!([{"tool": "echo", "weight": 2}, {"resource": "docs://page-{{seq}}"}]);
        std::fs::write(&calls, pool.to_string()).unwrap();
        let mut command = sandbox.mcp_loadtest("run");
        command
            .args(["cold-start", "tool-call-mix", "--for", "2s", "--target", &url])
            .arg("--calls");
        command.arg(&calls).env("K6", program(k6)).env("LOADTEST_BEARER", TOKEN);
        let ended = run(&mut command).await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let record = sandbox.record();
        assert_eq!(record["protocol"], STATELESS);
        assert_eq!(record["server"], json!({"name": "modern", "version": "7"}));
        for scenario in record["scenarios"].as_array().unwrap() {
            assert_eq!(scenario["failures"], json!({}), "{scenario:#}");
        }
    }
}

#[tokio::test]
#[ignore = "needs k6"]
async fn a_revision_that_the_server_does_not_speak_is_told_with_those_that_it_does() {
    let url = format!("http://{}/mcp", serve(Router::new().route("/mcp", post(stateless))).await);
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["--target", &url, "--tool", "echo", "--protocol", "2025-06-18"]);
    let ended: Ended = run(command.env("K6", program("K6")).env("LOADTEST_BEARER", TOKEN)).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.error().contains("it speaks MCP 2026-07-28; --protocol chooses"), "{ended:#?}");
}

/// The whole suite with a tool that says what it was told; the revision that it was done in.
async fn echoed(target: &str, more: &[&str], variables: &[(&str, &str)]) -> Value {
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["--target", target, "--suite", "mcp", "--tool", "echo"]).args(more);
    command.args(["--arguments", r#"{"text": "hi"}"#]).envs(variables.iter().copied());
    let ended = run(command.env("K6", program("K6"))).await;
    assert_eq!(ended.code, Some(0), "{more:?} {ended:#?}");
    let record = sandbox.record();
    assert_eq!(record["scenarios"].as_array().unwrap().len(), 3, "{record:#}");
    record["protocol"].clone()
}

#[tokio::test]
#[ignore = "needs k6, a browser and python"]
async fn fastmcp_takes_load_with_sessions_and_without() {
    let server = fastmcp(&[]).await;
    let user = [("LOADTEST_EMAIL", EMAIL), ("LOADTEST_PASSWORD", PASSWORD)];
    let url = server.said("resource");
    // Side by side: each asks for little.
    let spoken = tokio::join!(
        echoed(url, &["--protocol", "2025-11-25"], &user),
        echoed(url, &["--protocol", STATELESS], &user),
    );
    assert_eq!(spoken, (json!("2025-11-25"), json!(STATELESS)));
}

async fn typescript(arguments: &[&str]) -> Server {
    let mut command = child::command("node");
    command.arg("server.mjs").args(arguments).current_dir(folder("typescript"));
    Server::start(command.env("TOKEN", TOKEN)).await
}

#[tokio::test]
#[ignore = "needs k6 and node"]
async fn the_typescript_sdk_takes_load_with_sessions_and_without() {
    let (both, stateless) = (typescript(&[]).await, typescript(&["--stateless"]).await);
    let user = [("LOADTEST_BEARER", TOKEN)];
    let spoken = tokio::join!(
        echoed(both.said("resource"), &[], &user),
        echoed(both.said("resource"), &["--protocol", STATELESS], &user),
        echoed(stateless.said("resource"), &[], &user),
    );
    assert_eq!(spoken, (json!("2025-11-25"), json!(STATELESS), json!(STATELESS)));
}
