use serde_json::{Value, json};

use crate::session::{Session, message};
use crate::target::Target;

/// Reads events until one has `words`, and returns the data of that one and its id.
async fn event_with(response: &mut reqwest::Response, words: &str) -> (Value, String) {
    let mut text = String::new();
    loop {
        for event in text.split_inclusive("\n\n").filter(|it| it.ends_with("\n\n")) {
            let field = |name: &str| event.lines().find_map(|it| it.strip_prefix(name));
            if event.contains(words) {
                let data = field("data: ").unwrap_or_default();
                let id = field("id: ").expect("every event has an id");
                return (serde_json::from_str(data).unwrap_or_default(), id.to_owned());
            }
        }
        let chunk = response.chunk().await.unwrap();
        text.push_str(std::str::from_utf8(&chunk.expect("the stream stays open")).unwrap());
    }
}

async fn stream(session: &Session<'_>, target: &Target, last: Option<&str>) -> reqwest::Response {
    let mut request = target.http.get(&target.resource).bearer_auth(&session.bearer);
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    request = request.header("Accept", "text/event-stream").header("Mcp-Session-Id", &session.id);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response
}

#[tokio::test]
async fn a_stream_tells_of_what_was_subscribed_to_and_is_resumed_where_it_broke() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let clock = json!({"uri": "mcp-target://clock"});
    let mut events = stream(&session, &target, None).await;
    assert_eq!(session.request("resources/subscribe", clock.clone()).await["result"], json!({}));
    let updated = "notifications/resources/updated";
    let (first, id) = event_with(&mut events, updated).await;
    assert_eq!(first["params"], clock);
    drop(events);
    let mut events = stream(&session, &target, Some(&id)).await;
    let (_, next) = event_with(&mut events, updated).await;
    assert_eq!((id.as_str(), next.as_str()), ("1", "2"));
    assert_eq!(session.request("resources/unsubscribe", clock).await["result"], json!({}));
    let refused = session.request("resources/subscribe", json!({"uri": "test://no"})).await;
    assert_eq!(refused["error"]["code"], -32002);
}

#[tokio::test]
async fn an_answer_that_was_not_waited_for_is_resumed() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let body = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {
        "name": "sleep", "arguments": {"milliseconds": 100},
    }});
    let mut response = session.send(&body).await;
    let (_, priming) = event_with(&mut response, "id: ").await;
    drop(response);
    let mut resumed = stream(&session, &target, Some(&priming)).await;
    let (answer, _) = event_with(&mut resumed, "jsonrpc").await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(5), &json!(false)));
}

#[tokio::test]
async fn a_stateless_target_has_no_sessions_in_any_revision() {
    let target = Target::with(|it| it.sessions = false).await;
    let bearer = target.bearer("mcp:read").await;
    let response = Session::post(&target, Some(&bearer), None, &Session::initialize_body()).await;
    assert!(!response.headers().contains_key("mcp-session-id"));
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(message(response).await["result"]["protocolVersion"], "2025-11-25");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "echo", "arguments": {"text": "hi"},
    }});
    let response = Session::post(&target, Some(&bearer), None, &body).await;
    assert_eq!(message(response).await["result"]["content"][0]["text"], "hi");
    for method in ["GET", "DELETE"] {
        let request = target.http.request(method.parse().unwrap(), &target.resource);
        let request = request.header("accept", "text/event-stream").bearer_auth(&bearer);
        assert_eq!(request.send().await.unwrap().status(), 405, "{method}");
    }
}

#[tokio::test]
async fn without_authorization_no_bearer_is_asked_for_and_nothing_says_one_is() {
    let target = Target::with(|it| it.auth = false).await;
    let response = Session::post(&target, None, None, &Session::initialize_body()).await;
    assert_eq!(response.status(), 200);
    for path in ["", "/mcp"] {
        let url = format!("{}/.well-known/oauth-protected-resource{path}", target.issuer);
        assert_eq!(target.http.get(url).send().await.unwrap().status(), 404);
    }
}
