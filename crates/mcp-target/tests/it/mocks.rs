use mcp_target::{Config, MockTool};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::session::Session;
use crate::target::Target;

fn mock(json: Value) -> MockTool {
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn mock_tools_stand_in_the_place_of_the_demo_s() {
    let weather = mock(json!({
        "name": "weather", "description": "Tells the weather",
        "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "answer": "Rain in {{city}}",
    }));
    let forecast = mock(json!({
        "name": "forecast", "delayMs": 1,
        "answer": {"city": "{{city}}", "days": "{{days}}", "text": ["{{days}} days"]},
    }));
    let list = mock(json!({"name": "list", "answer": [1, "{{two}}"]}));
    let nothing = mock(json!({"name": "nothing"}));
    let target = Target::with(|it| it.tools = vec![weather, forecast, list, nothing]).await;
    let session = Session::open(&target).await;
    let listed = session.request("tools/list", json!({})).await;
    let listed = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = listed.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["forecast", "list", "nothing", "weather"]);
    assert_eq!(listed[0]["inputSchema"], json!({"type": "object"}));
    assert_eq!(listed[3]["description"], "Tells the weather");
    assert_eq!(listed[3]["inputSchema"]["required"], json!(["city"]));

    let rain = session.call("weather", json!({"city": "Kyiv"})).await;
    assert_eq!(rain["content"], json!([{"type": "text", "text": "Rain in Kyiv"}]));
    assert_eq!((&rain["isError"], rain.get("structuredContent")), (&json!(false), None));
    let forecast = session.call("forecast", json!({"city": "Kyiv", "days": 3})).await;
    let expect = json!({"city": "Kyiv", "days": 3, "text": ["3 days"]});
    assert_eq!(forecast["structuredContent"], expect);
    let text: Value =
        serde_json::from_str(forecast["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, expect);
    let list = session.call("list", json!({"two": 2})).await;
    assert_eq!(
        (&list["content"][0]["text"], list.get("structuredContent")),
        (&json!("[1,2]"), None)
    );
    assert_eq!(session.call("nothing", json!({})).await["content"], json!([]));
    let demo = session.request("tools/call", json!({"name": "echo"})).await;
    assert_eq!(demo["error"]["code"], -32602);
}

#[tokio::test]
async fn as_many_calls_of_a_mock_tool_fail_as_its_error_rate_says() {
    let flaky = mock(json!({"name": "flaky", "answer": "fine", "errorRate": 0.25}));
    let target = Target::with(|it| it.tools = vec![flaky]).await;
    let session = Session::open(&target).await;
    let mut failed = Vec::new();
    for number in 1..=12 {
        let result = session.call("flaky", json!({})).await;
        if result["isError"] == true {
            failed.push(number);
        }
    }
    assert_eq!(failed, [4, 8, 12]);
}

#[tokio::test]
async fn a_mock_tool_that_cannot_be_offered_is_one_clear_sentence() {
    let named = |name: &str| json!({"name": name});
    for (tools, expect) in [
        (vec![named("")], "a tool has an empty name"),
        (vec![named("a"), named("b"), named("a")], "two tools have the name `a`"),
        (
            vec![json!({"name": "a", "errorRate": 1.5})],
            "the errorRate of the tool `a` is not between 0 and 1",
        ),
        (
            vec![json!({"name": "a", "errorRate": -0.1})],
            "the errorRate of the tool `a` is not between 0 and 1",
        ),
        (
            vec![json!({"name": "a", "inputSchema": {"type": "string"}})],
            "the inputSchema of the tool `a` does not have the type object",
        ),
        (
            vec![json!({"name": "a", "inputSchema": {}})],
            "the inputSchema of the tool `a` does not have the type object",
        ),
    ] {
        let tools = tools.into_iter().map(mock).collect();
        let config = Config { tools, ..Config::new(Vec::new()) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = mcp_target::serve(listener, config, std::future::pending()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (std::io::ErrorKind::InvalidInput, expect)
        );
    }
}
