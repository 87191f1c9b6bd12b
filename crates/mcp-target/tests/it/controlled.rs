use serde_json::{Value, json};

use crate::session::Session;
use crate::target::Target;

#[tokio::test]
async fn a_tool_costs_what_the_caller_asks_for() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let text = async |tool: &str, arguments: Value| {
        let result = session.call(tool, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text("echo", json!({"text": "\u{1f980} \"1\""})).await, "\u{1f980} \"1\"");
    assert_eq!(text("sleep", json!({"milliseconds": 1})).await, r#"{"milliseconds":1}"#);
    assert_eq!(text("cpu", json!({"rounds": 1000})).await, r#"{"rounds":1000}"#);
    let busy: Value = serde_json::from_str(&text("cpu", json!({"milliseconds": 5})).await).unwrap();
    assert!(busy["rounds"].as_u64().unwrap() > 0, "{busy}");
    let megabyte = 1 << 20;
    for bytes in [0, 1, 27, megabyte] {
        assert_eq!(text("payload", json!({"bytes": bytes})).await.len(), bytes);
    }
    let sent = "x".repeat(megabyte);
    let received = text("payload", json!({"text": sent})).await;
    assert_eq!(received, format!(r#"{{"received":{megabyte}}}"#));
}

#[tokio::test]
async fn a_cost_beyond_the_bounds_is_refused_by_the_tool_and_said_in_its_schema() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    for (tool, arguments) in [
        ("sleep", json!({"milliseconds": 60_001})),
        ("cpu", json!({"milliseconds": 10_001})),
        ("cpu", json!({"rounds": 10_000_001})),
        ("cpu", json!({})),
        ("cpu", json!({"rounds": 1, "milliseconds": 1})),
        ("payload", json!({"bytes": (8 << 20) + 1})),
        ("payload", json!({})),
    ] {
        let (is_error, it) = session.text(tool, arguments).await;
        assert_eq!((is_error, &it["code"]), (true, &json!("invalid_arguments")), "{tool}: {it}");
    }
    for arguments in [json!({}), json!({"milliseconds": -1}), json!({"milliseconds": "1"})] {
        assert_eq!(session.call("sleep", arguments).await["isError"], true);
    }
    let listed = session.request("tools/list", json!({})).await;
    for (tool, argument, bound) in [
        ("sleep", "milliseconds", 50_000),
        ("cpu", "milliseconds", 10_000),
        ("cpu", "rounds", 10_000_000),
        ("payload", "bytes", 8 << 20),
    ] {
        let tools = listed["result"]["tools"].as_array().unwrap();
        let it = tools.iter().find(|it| it["name"] == tool).unwrap();
        let schema = &it["inputSchema"]["properties"][argument];
        assert_eq!((&schema["minimum"], &schema["maximum"]), (&json!(0), &json!(bound)), "{it}");
        assert_eq!(it["annotations"]["readOnlyHint"], true);
    }
}

#[tokio::test]
async fn a_busy_processor_does_not_keep_other_tools_waiting() {
    let target = Target::start().await;
    let bearer = target.bearer("mcp:read").await;
    let busy = Session::open_with(&target, bearer.clone()).await;
    let quick = Session::open_with(&target, bearer).await;
    let quick_calls = async {
        for _ in 0..20 {
            assert_eq!(quick.call("echo", json!({"text": "hi"})).await["isError"], false);
        }
    };
    // The test has one thread: a tool that hashed on it would be answered first.
    tokio::select! {
        biased;
        answer = busy.call("cpu", json!({"milliseconds": 10_000})) => panic!("it came first: {answer}"),
        () = quick_calls => {}
    }
}
