use serde_json::{Value, json};

use crate::session::Session;
use crate::target::Target;

#[tokio::test]
async fn what_is_declared_is_what_is_served() {
    for (fixtures, sessions, expect) in [
        (
            false,
            true,
            json!({"tools": {}, "prompts": {}, "completions": {}, "resources": {"subscribe": true}}),
        ),
        (false, false, json!({"tools": {}, "prompts": {}, "completions": {}, "resources": {}})),
        (
            true,
            true,
            json!({
                "tools": {"listChanged": true}, "prompts": {"listChanged": true}, "completions": {},
                "resources": {"subscribe": true}, "logging": {},
            }),
        ),
    ] {
        let target = Target::with(|it| {
            it.auth = false;
            it.fixtures = fixtures;
            it.sessions = sessions;
        })
        .await;
        let response = Session::post(&target, None, None, &Session::initialize_body()).await;
        let session = response.headers().get("mcp-session-id").cloned();
        let answer = crate::session::message(response).await;
        assert_eq!(answer["result"]["capabilities"], expect);
        for (method, params, code) in [
            ("tools/list", json!({}), None),
            ("prompts/list", json!({}), None),
            ("resources/list", json!({}), None),
            ("resources/templates/list", json!({}), None),
            ("ping", json!({}), None),
            ("logging/setLevel", json!({"level": "info"}), (!fixtures).then_some(-32601)),
            (
                "resources/subscribe",
                json!({"uri": "mcp-target://clock"}),
                (!sessions).then_some(-32601),
            ),
            ("tasks/get", json!({"taskId": "1"}), Some(-32601)),
            ("no/such", json!({}), Some(-32601)),
        ] {
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
            let session = session.as_ref().map(|it| it.to_str().unwrap());
            let response = Session::post(&target, None, session, &body).await;
            let answer = crate::session::message(response).await;
            assert_eq!(answer["error"]["code"].as_i64(), code, "{method}: {answer}");
        }
    }
}

#[tokio::test]
async fn resources_are_listed_and_read() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let listed = session.request("resources/list", json!({})).await;
    let uris: Vec<_> = listed["result"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["uri"].as_str().unwrap())
        .collect();
    assert_eq!(uris, ["mcp-target://clock", "novamart://entities"]);
    let templates = session.request("resources/templates/list", json!({})).await;
    let template = &templates["result"]["resourceTemplates"][0]["uriTemplate"];
    assert_eq!(template, "novamart://entities/{name}");
    let read = async |uri: &str| {
        let answer = session.request("resources/read", json!({"uri": uri})).await;
        let contents = &answer["result"]["contents"][0];
        assert_eq!(contents["uri"], uri);
        serde_json::from_str::<Value>(contents["text"].as_str().unwrap()).unwrap()
    };
    assert_eq!(read("novamart://entities").await[1]["name"], "orders");
    assert_eq!(read("novamart://entities/orders").await["columns"][1]["name"], "customer_id");
    assert!(read("mcp-target://clock").await.is_u64());
    for uri in
        ["novamart://entities/nothing", "novamart://entitiesorders", "test://static-text", ""]
    {
        let answer = session.request("resources/read", json!({"uri": uri})).await;
        assert_eq!(answer["error"]["code"], -32002, "{answer}");
        assert_eq!(answer["error"]["data"]["uri"], uri);
    }
}

#[tokio::test]
async fn prompts_are_listed_and_got_and_their_arguments_completed() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let listed = session.request("prompts/list", json!({})).await;
    let prompts = listed["result"]["prompts"].as_array().unwrap();
    let names: Vec<_> = prompts.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["explain-entity", "overview"]);
    assert_eq!(prompts[0]["arguments"][0]["required"], true);
    let get = async |name: &str, arguments: Value| {
        session.request("prompts/get", json!({"name": name, "arguments": arguments})).await
    };
    let explained = get("explain-entity", json!({"name": "orders", "question": "Why?"})).await;
    let text = explained["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.contains("customer_id") && text.ends_with("Why?"), "{text}");
    let overview = get("overview", json!({})).await;
    assert_eq!(overview["result"]["messages"][0]["role"], "user");
    for (name, arguments) in [
        ("explain-entity", json!({})),
        ("explain-entity", json!({"name": "nothing"})),
        ("nothing", json!({})),
        ("test_simple_prompt", json!({})),
    ] {
        assert_eq!(get(name, arguments).await["error"]["code"], -32602, "{name}");
    }

    let prompt = json!({"type": "ref/prompt", "name": "explain-entity"});
    let template = json!({"type": "ref/resource", "uri": "novamart://entities/{name}"});
    for (reference, value, expect) in [
        (&prompt, "order", json!(["orders", "order_items"])),
        (&prompt, "x", json!([])),
        (&template, "c", json!(["customers", "categories"])),
    ] {
        let argument = json!({"name": "name", "value": value});
        let params = json!({"ref": reference, "argument": argument});
        let completed = session.request("completion/complete", params).await;
        assert_eq!(completed["result"]["completion"]["values"], expect, "{completed}");
    }
    let params = json!({"ref": prompt, "argument": {"name": "no-such", "value": ""}});
    let refused = session.request("completion/complete", params).await;
    assert_eq!(refused["error"]["code"], -32602);
}
