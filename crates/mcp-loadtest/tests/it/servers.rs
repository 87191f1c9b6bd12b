//! Servers to point the program at.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use mcp_target::{Config, Fault, Faults, User};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const TOKEN: &str = "a-token-that-opens-the-door";

pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// How many sessions were opened and closed.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Sessions {
    pub(crate) opened: usize,
    pub(crate) closed: usize,
}

type Counted = Arc<Mutex<Sessions>>;

/// An MCP server with a tool that reads, one that may write and one that fails, open to [`TOKEN`] alone; returns its address.
pub(crate) async fn mcp() -> String {
    counting_mcp().await.0
}

pub(crate) async fn counting_mcp() -> (String, Counted) {
    let sessions = Counted::default();
    let app = Router::new().route("/mcp", post(answer).delete(close)).with_state(sessions.clone());
    (format!("http://{}/mcp", serve(app).await), sessions)
}

/// The same, open to everybody.
pub(crate) async fn open_mcp() -> String {
    let answer = async |state: State<Counted>, body: Bytes| {
        let bearer = format!("Bearer {TOKEN}").parse().unwrap();
        answer(state, HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]), body).await
    };
    let app =
        Router::new().route("/mcp", post(answer).delete(close)).with_state(Counted::default());
    format!("http://{}/mcp", serve(app).await)
}

async fn close(State(sessions): State<Counted>, headers: HeaderMap) -> StatusCode {
    assert!(headers.contains_key("mcp-session-id"));
    sessions.lock().unwrap().closed += 1;
    StatusCode::NO_CONTENT
}

async fn answer(State(sessions): State<Counted>, headers: HeaderMap, body: Bytes) -> Response {
    let expect = format!("Bearer {TOKEN}");
    if headers.get(header::AUTHORIZATION).is_none_or(|it| it.as_bytes() != expect.as_bytes()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    let method = request["method"].as_str().unwrap();
    let result = match method {
        "initialize" => json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "test", "version": "1"}}),
        "tools/list" => json!({"tools": [
            {"name": "echo", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}},
            {"name": "search", "inputSchema": {"type": "object", "required": ["q"],
                "properties": {"q": {"type": "string"}}}},
            {"name": "fail", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}},
        ]}),
        "resources/read" => json!({"contents": [{"uri": request["params"]["uri"], "text": "hi"}]}),
        "prompts/get" => json!({"messages": [{"arguments": request["params"]["arguments"]}]}),
        "tools/call" if request["params"]["name"] == "fail" => {
            json!({"content": [{"type": "text", "text": "no such customer"}], "isError": true})
        }
        "tools/call" => json!({"content": [{"type": "text", "text": "hi"}]}),
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
    let mut response =
        ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response();
    if method == "initialize" {
        let mut sessions = sessions.lock().unwrap();
        sessions.opened += 1;
        response.headers_mut().insert("mcp-session-id", sessions.opened.into());
    }
    response
}

pub(crate) const EMAIL: &str = "someone@novamart.example";
pub(crate) const PASSWORD: &str = "a-password-nobody-may-see";

/// The reference target inside the test, with faults; returns its MCP address.
pub(crate) async fn target(faults: &[Fault]) -> String {
    started(faults, false).await
}

/// One that asks for consent once.
pub(crate) async fn consented_target(faults: &[Fault]) -> String {
    started(faults, true).await
}

async fn started(faults: &[Fault], remember_consent: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let user = User::new(EMAIL, PASSWORD, "ws-test");
    let faults: Faults = faults.iter().copied().collect();
    let config = Config { faults, remember_consent, ..Config::new(vec![user]) };
    tokio::spawn(mcp_target::serve(listener, config, std::future::pending()));
    format!("http://{address}/mcp")
}

/// The part of GitHub that a report needs: comments of one issue, all by the token's own account.
pub(crate) async fn github() -> (String, Arc<Mutex<Vec<String>>>) {
    let comments = Arc::new(Mutex::new(Vec::new()));
    let app = Router::new()
        .route("/user", get(async || json!({"id": 1, "login": "me", "type": "User"}).to_string()))
        .route("/repos/acme/api/issues/12", get(tracker))
        .route("/repos/acme/api/issues/12/comments", get(list).post(create))
        .with_state(Arc::clone(&comments));
    (format!("http://{}", serve(app).await), comments)
}

type Comments = State<Arc<Mutex<Vec<String>>>>;

fn comment(id: usize, body: &str) -> Value {
    json!({"id": id, "body": body, "html_url": format!("https://example.com/comments/{id}"),
        "user": {"id": 1, "login": "me", "type": "User"}})
}

async fn tracker(State(comments): Comments) -> String {
    let comments = comments.lock().unwrap().len();
    json!({"number": 12, "title": "Load test", "comments": comments, "labels": [],
        "html_url": "https://example.com/12"})
    .to_string()
}

async fn list(State(comments): Comments) -> String {
    let comments = comments.lock().unwrap();
    let all: Vec<Value> = comments.iter().enumerate().map(|(id, it)| comment(id, it)).collect();
    Value::from(all).to_string()
}

/// What GitHub says of a comment that is longer than it takes from anybody.
pub(crate) fn too_long(comment: &[u8]) -> Option<(StatusCode, String)> {
    let message =
        json!({"message": "Validation Failed", "errors": [{"message": "Body is too long"}]});
    (comment.len() > 65_536).then(|| (StatusCode::UNPROCESSABLE_ENTITY, message.to_string()))
}

async fn create(State(comments): Comments, body: Bytes) -> (StatusCode, String) {
    if let Some(it) = too_long(&body) {
        return it;
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    let mut comments = comments.lock().unwrap();
    comments.push(request["body"].as_str().unwrap().to_owned());
    let id = comments.len() - 1;
    (StatusCode::CREATED, comment(id, &comments[id]).to_string())
}
