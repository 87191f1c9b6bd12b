use serde_json::json;

use crate::session::{Session, message};
use crate::target::Target;

#[tokio::test]
async fn a_session_lists_and_calls_tools_and_ends() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let tools = session.request("tools/list", json!({})).await;
    let names: Vec<_> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "cpu",
            "describeEntity",
            "echo",
            "executeSQL",
            "listEntities",
            "payload",
            "runMetric",
            "sleep",
            "upstream"
        ]
    );
    assert_eq!(tools["result"]["tools"][3]["inputSchema"]["required"], json!(["sql"]));

    let (error, listed) = session.text("listEntities", json!({})).await;
    assert!(!error);
    assert_eq!(listed["workspace"], "ws-1");
    let entities = listed["entities"].as_array().unwrap();
    assert_eq!(entities.len(), 5);
    for entity in entities {
        let (error, described) =
            session.text("describeEntity", json!({"name": entity["name"]})).await;
        assert!(!error && !described["columns"].as_array().unwrap().is_empty(), "{described}");
    }
    for id in ["total_gmv", "aov", "revenue_by_category"] {
        let (error, metric) = session.text("runMetric", json!({"id": id})).await;
        assert!(!error && !metric["rows"].as_array().unwrap().is_empty(), "{metric}");
    }
    let sql = "SELECT count(*) AS orders FROM orders";
    let (error, table) =
        session.text("executeSQL", json!({"sql": sql, "explanation": "how many"})).await;
    assert_eq!(
        (error, &table["columns"], &table["rows"]),
        (false, &json!(["orders"]), &json!([[2000]]))
    );

    assert_eq!(session.close().await, 202);
    let after = session.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})).await;
    assert_eq!(after.status(), 404);
}

#[tokio::test]
async fn the_stateless_revision_needs_no_session() {
    let target = Target::start().await;
    let bearer = target.bearer("mcp:read").await;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "runMetric", "arguments": {"id": "aov"},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        },
    }});
    let request = target.http.post(&target.resource).bearer_auth(&bearer).json(&body);
    let response = request
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", "runMetric")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("mcp-session-id"));
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(message(response).await["result"]["isError"], false);
}

#[tokio::test]
async fn a_bad_call_is_an_error_envelope() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    for (tool, arguments, code) in [
        ("executeSQL", json!({"sql": "DELETE FROM orders"}), "read_only"),
        ("executeSQL", json!({"sql": "SELECT 1; DROP TABLE orders"}), "read_only"),
        ("executeSQL", json!({"sql": "SELECT nothing FROM orders"}), "invalid_sql"),
        ("describeEntity", json!({"name": "sqlite_master"}), "unknown_entity"),
        ("runMetric", json!({"id": "profit"}), "unknown_metric"),
    ] {
        let (error, it) = session.text(tool, arguments).await;
        assert_eq!((error, &it["code"]), (true, &json!(code)), "{it}");
        assert!(it["message"].as_str().is_some_and(|it| !it.is_empty()));
    }
    assert_eq!(session.call("executeSQL", json!({})).await["isError"], true);
    let unknown = session.request("tools/call", json!({"name": "drop"})).await;
    assert_eq!(unknown["error"]["code"], -32602);
}

#[tokio::test]
async fn slow_queries_do_not_keep_other_tools_waiting() {
    let target = Target::start().await;
    let bearer = target.bearer("mcp:read").await;
    let slow =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(Session::open_with(&target, bearer.clone()).await);
    }
    let quick = sessions.pop().unwrap();
    let queries = async {
        let mut calls = tokio::task::JoinSet::new();
        for session in &sessions {
            let (http, url, id, bearer) =
                (target.http.clone(), target.resource.clone(), session.id.clone(), bearer.clone());
            calls.spawn(async move {
                let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                    "params": {"name": "executeSQL", "arguments": {"sql": slow}}});
                let request =
                    http.post(url).bearer_auth(bearer).header("Mcp-Session-Id", id).json(&body);
                let request = request.header("Accept", "application/json, text/event-stream");
                message(request.send().await.unwrap()).await
            });
        }
        calls.join_all().await
    };
    let quick_calls = async {
        for _ in 0..20 {
            assert_eq!(quick.call("listEntities", json!({})).await["isError"], false);
        }
    };
    // The quick calls win although seven queries, each half a second long, were sent first.
    tokio::select! {
        biased;
        answers = queries => panic!("the queries came first: {answers:?}"),
        () = quick_calls => {}
    }
}

#[tokio::test]
async fn a_request_without_a_good_bearer_is_challenged() {
    let target = Target::start().await;
    let other = Target::start().await;
    let bearer = target.bearer("mcp:read").await;
    let foreign = other.bearer("mcp:read").await;
    let (signed, signature) = bearer.rsplit_once('.').unwrap();
    let tampered = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    for bearer in [foreign.as_str(), tampered.as_str(), "garbage"] {
        let response =
            Session::post(&target, Some(bearer), None, &Session::initialize_body()).await;
        assert_eq!(response.status(), 401, "{bearer}");
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(
            challenge.contains("resource_metadata=")
                && challenge.contains(r#"error="invalid_token""#)
        );
    }
    // A known session is no substitute for a bearer.
    let session = Session::open_with(&target, bearer).await;
    let response =
        Session::post(&target, None, Some(&session.id), &Session::initialize_body()).await;
    assert_eq!(response.status(), 401);
    assert_eq!(target.http.get(&target.resource).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_bearer_without_the_scope_is_forbidden() {
    let target = Target::start().await;
    let bearer = target.bearer("offline_access").await;
    let response = Session::post(&target, Some(&bearer), None, &Session::initialize_body()).await;
    assert_eq!(response.status(), 403);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains(r#"scope="mcp:read", error="insufficient_scope""#), "{challenge}");
}
