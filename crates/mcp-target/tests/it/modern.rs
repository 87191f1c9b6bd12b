use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::session::message;
use crate::target::Target;

const NEWEST: &str = "2026-07-28";

async fn open() -> Target {
    Target::with(|it| {
        it.auth = false;
        it.fixtures = true;
    })
    .await
}

/// A request of the newest revision, in which nothing is wrong.
fn good(method: &str, mut params: Value) -> (Value, HeaderMap) {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    };
    set("accept", "application/json, text/event-stream");
    set("mcp-protocol-version", NEWEST);
    set("mcp-method", method);
    if let Some(name) = params.get("name").or(params.get("uri")).and_then(Value::as_str) {
        set("mcp-name", name);
    }
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": NEWEST,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    (json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}), headers)
}

async fn post(target: &Target, body: &Value, headers: HeaderMap) -> reqwest::Response {
    target.http.post(&target.resource).json(body).headers(headers).send().await.unwrap()
}

#[tokio::test]
async fn every_failure_of_the_newest_revision_has_its_status_and_code() {
    let target = open().await;
    let call = |name: &str, arguments: Value| {
        good("tools/call", json!({"name": name, "arguments": arguments}))
    };
    let echo = || call("echo", json!({"text": "hi"}));
    let without = |name: &str| {
        let (body, mut headers) = echo();
        headers.remove(name);
        (body, headers)
    };
    let with = |name: &'static str, value: &'static str| {
        let (body, mut headers) = echo();
        headers.insert(name, HeaderValue::from_static(value));
        (body, headers)
    };
    let unsupported = {
        let (mut body, headers) = with("mcp-protocol-version", "2099-01-01");
        body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
        (body, headers)
    };
    let incomplete = {
        let (mut body, headers) = echo();
        let meta = body["params"]["_meta"].as_object_mut().unwrap();
        meta.remove("io.modelcontextprotocol/clientCapabilities");
        (body, headers)
    };
    for (what, (body, headers), status, code) in [
        ("nothing is wrong", echo(), 200, None),
        ("the version is no header", without("mcp-protocol-version"), 400, Some(-32020)),
        ("the method is no header", without("mcp-method"), 400, Some(-32020)),
        ("the name is no header", without("mcp-name"), 400, Some(-32020)),
        ("another version", with("mcp-protocol-version", "2025-11-25"), 400, Some(-32020)),
        ("another method", with("mcp-method", "tools/list"), 400, Some(-32020)),
        ("another name", with("mcp-name", "sleep"), 400, Some(-32020)),
        ("no capability", call("test_missing_capability", json!({})), 400, Some(-32021)),
        ("an unknown version", unsupported, 400, Some(-32022)),
        ("_meta is incomplete", incomplete, 400, Some(-32602)),
        ("an unknown method", good("no/such", json!({})), 404, Some(-32601)),
        ("a method that was removed", good("ping", json!({})), 404, Some(-32601)),
        ("an unknown tool", call("no-such", json!({})), 200, Some(-32602)),
        (
            "an unknown resource",
            good("resources/read", json!({"uri": "test://no"})),
            200,
            Some(-32602),
        ),
    ] {
        let response = post(&target, &body, headers).await;
        assert_eq!(response.status(), status, "{what}");
        let answer = message(response).await;
        assert_eq!(answer["error"]["code"].as_i64(), code, "{what}: {answer}");
        assert_eq!(answer["id"], 7, "{what}: {answer}");
        if code == Some(-32022) {
            let supported = answer["error"]["data"]["supported"].as_array().unwrap();
            assert!(supported.contains(&json!(NEWEST)), "{answer}");
        }
    }
    for arguments in [json!({}), json!({"milliseconds": 60_001})] {
        let (body, headers) = call("sleep", arguments);
        let response = post(&target, &body, headers).await;
        assert_eq!(response.status(), 200);
        assert_eq!(message(response).await["result"]["isError"], true);
    }
}

#[tokio::test]
async fn there_is_no_stream_and_no_session_to_get_or_delete() {
    let target = open().await;
    for method in ["GET", "DELETE"] {
        let request = target.http.request(method.parse().unwrap(), &target.resource);
        let request = request.header("accept", "text/event-stream");
        let response = request.header("mcp-protocol-version", NEWEST).send().await.unwrap();
        assert_eq!(response.status(), 405, "{method}");
    }
}

#[tokio::test]
async fn a_page_of_another_machine_is_refused_and_so_is_another_host() {
    let target = open().await;
    for (name, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("host", "evil.example", 403),
        ("origin", "http://localhost:6274", 200),
        ("origin", "http://127.0.0.1", 200),
    ] {
        let (body, mut headers) = good("tools/list", json!({}));
        headers.insert(name, HeaderValue::from_static(value));
        assert_eq!(post(&target, &body, headers).await.status(), status, "{name}: {value}");
    }
}

#[tokio::test]
async fn discovery_names_both_eras() {
    let target = open().await;
    let (body, headers) = good("server/discover", json!({}));
    let answer = message(post(&target, &body, headers).await).await;
    let versions = answer["result"]["supportedVersions"].as_array().unwrap();
    for version in ["2025-03-26", "2025-06-18", "2025-11-25", NEWEST] {
        assert!(versions.contains(&json!(version)), "{answer}");
    }
    assert_eq!(answer["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_larger_body_than_there_may_be_is_answered_413() {
    let target = Target::with(|it| {
        it.auth = false;
        it.limits.max_body = 1000;
    })
    .await;
    for (length, status) in [(100, 200), (1000, 413)] {
        let text = "x".repeat(length);
        let (body, headers) =
            good("tools/call", json!({"name": "echo", "arguments": {"text": text}}));
        assert_eq!(post(&target, &body, headers).await.status(), status);
    }
}

#[tokio::test]
async fn who_listens_is_told_of_the_clock() {
    let target = open().await;
    let notifications = json!({"resourceSubscriptions": ["mcp-target://clock", "test://no"]});
    let (body, headers) = good("subscriptions/listen", json!({"notifications": notifications}));
    let mut response = post(&target, &body, headers).await;
    let mut stream = String::new();
    while !stream.contains("notifications/resources/updated") {
        let chunk = response.chunk().await.unwrap().expect("the stream stays open");
        stream.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let acknowledged = stream.find("notifications/subscriptions/acknowledged").unwrap();
    assert!(acknowledged < stream.find("notifications/resources/updated").unwrap());
    assert!(!stream.contains("test://no"), "{stream}");
}
