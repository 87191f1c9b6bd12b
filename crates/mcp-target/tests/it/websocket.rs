use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::session::Session;
use crate::target::Target;

struct Socket(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

impl Socket {
    async fn open(target: &Target) -> Self {
        let (socket, response) = connect_async(request(target, &[])).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "mcp");
        Self(socket)
    }

    async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn next(&mut self) -> Message {
        self.0.next().await.unwrap().unwrap()
    }

    async fn answer(&mut self) -> Value {
        loop {
            if let Message::Text(it) = self.next().await {
                return serde_json::from_str(&it).unwrap();
            }
        }
    }

    /// Reads until the server closes, and returns why.
    async fn end(&mut self) -> (CloseCode, String) {
        loop {
            if let Message::Close(Some(it)) = self.next().await {
                return (it.code, it.reason.to_string());
            }
        }
    }

    async fn ask(&mut self, body: &Value) -> Value {
        self.send(&body.to_string()).await;
        self.answer().await
    }
}

fn request(target: &Target, headers: &[(&'static str, &str)]) -> Request {
    let url = target.resource.replacen("http", "ws", 1) + "/ws";
    let mut request = url.into_client_request().unwrap();
    for (name, value) in [("sec-websocket-protocol", "mcp")].iter().chain(headers) {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

async fn open() -> Target {
    Target::with(|it| it.auth = false).await
}

fn call(id: u32, text: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
        "name": "echo", "arguments": {"text": text},
    }})
}

#[tokio::test]
async fn a_websocket_carries_a_session() {
    let target = open().await;
    let mut socket = Socket::open(&target).await;
    let initialized = socket.ask(&Session::initialize_body()).await;
    assert_eq!(initialized["result"]["protocolVersion"], "2025-11-25");
    socket.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    let answer = socket.ask(&call(1, "hi")).await;
    assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(1), &json!("hi")));
    let big = "x".repeat(1 << 20);
    let answer = socket.ask(&call(2, &big)).await;
    assert_eq!(answer["result"]["content"][0]["text"], big);

    socket.0.send(Message::Ping("still there?".into())).await.unwrap();
    while socket.next().await != Message::Pong("still there?".into()) {}

    let subscribe = json!({"jsonrpc": "2.0", "id": 3, "method": "resources/subscribe",
        "params": {"uri": "mcp-target://clock"}});
    assert_eq!(socket.ask(&subscribe).await["result"], json!({}));
    assert_eq!(socket.answer().await["method"], "notifications/resources/updated");
}

#[tokio::test]
async fn the_newest_revision_needs_no_handshake() {
    let target = open().await;
    let mut socket = Socket::open(&target).await;
    let mut body = call(1, "hi");
    body["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let answer = socket.ask(&body).await;
    assert_eq!(answer["result"]["content"][0]["text"], "hi", "{answer}");
    assert_eq!(answer["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_frame_that_is_no_message_is_an_error_and_ends_nothing() {
    let target = open().await;
    let mut socket = Socket::open(&target).await;
    for (text, code) in [("{", -32700), ("not JSON", -32700), ("[1]", -32600), ("{}", -32600)] {
        socket.send(text).await;
        let answer = socket.answer().await;
        assert_eq!(
            (&answer["error"]["code"], &answer["id"]),
            (&json!(code), &Value::Null),
            "{text}"
        );
    }
    assert!(socket.ask(&Session::initialize_body()).await["result"].is_object());
    socket.0.send(Message::binary(vec![0])).await.unwrap();
    assert_eq!(socket.end().await.0, CloseCode::Unsupported);
}

#[tokio::test]
async fn a_larger_message_than_there_may_be_ends_the_connection() {
    let target = Target::with(|it| {
        it.auth = false;
        it.limits.max_body = 1000;
    })
    .await;
    let mut socket = Socket::open(&target).await;
    assert!(socket.ask(&Session::initialize_body()).await["result"].is_object());
    socket.send(&call(1, &"x".repeat(1000)).to_string()).await;
    while let Some(Ok(it)) = socket.0.next().await {
        assert!(!it.is_text(), "{it}");
    }
}

#[tokio::test]
async fn a_websocket_is_refused_for_the_reasons_that_a_request_is() {
    let target = Target::with(|it| it.max_sessions = 1).await;
    let bearer = format!("Bearer {}", target.bearer("mcp:read").await);
    let refused =
        async |headers: &[(&'static str, &str)]| match connect_async(request(&target, headers))
            .await
        {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("{other:?}"),
        };
    assert_eq!(refused(&[]).await, 401);
    assert_eq!(refused(&[("authorization", "Bearer garbage")]).await, 401);
    let authorization = ("authorization", bearer.as_str());
    assert_eq!(refused(&[authorization, ("origin", "https://evil.example")]).await, 403);
    assert_eq!(refused(&[authorization, ("host", "evil.example")]).await, 403);
    let (open, _) = connect_async(request(&target, &[authorization])).await.unwrap();
    let mut open = Socket(open);
    assert_eq!(refused(&[authorization]).await, 503);

    // The claims of the bearer reach the tools.
    open.ask(&Session::initialize_body()).await;
    let listed = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "listEntities", "arguments": {}}});
    let listed = open.ask(&listed).await;
    let text = listed["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(r#""workspace":"ws-1""#), "{text}");
}

#[tokio::test]
async fn the_end_of_the_server_closes_every_websocket() {
    let target = open().await;
    let mut socket = Socket::open(&target).await;
    assert!(socket.ask(&Session::initialize_body()).await["result"].is_object());
    target.stop().await.unwrap();
    while let Some(Ok(it)) = socket.0.next().await {
        assert!(it.is_close() || it.is_ping(), "{it}");
    }
}

/// Waits until the target has no WebSocket open.
async fn all_closed(target: &Target) {
    let metrics = || target.http.get(format!("{}/metrics", target.issuer)).send();
    while !metrics().await.unwrap().text().await.unwrap().contains("mcp_target_websockets 0\n") {
        tokio::task::yield_now().await;
    }
}

async fn that_idles_for(milliseconds: u64) -> Target {
    Target::with(|it| {
        it.auth = false;
        it.session_idle = Duration::from_millis(milliseconds);
    })
    .await
}

#[tokio::test]
async fn a_websocket_without_a_sign_of_life_is_closed() {
    let target = that_idles_for(300).await;
    // It answers every ping, but never begins.
    let mut silent = Socket::open(&target).await;
    assert_eq!(silent.end().await, (CloseCode::Policy, "nothing came for too long".to_owned()));
    // It begins, and then reads no ping that it could answer.
    let mut gone = Socket::open(&target).await;
    gone.send(&Session::initialize_body().to_string()).await;
    all_closed(&target).await;
}

#[tokio::test]
async fn a_pong_is_a_sign_of_life() {
    let target = that_idles_for(1500).await;
    let mut socket = Socket::open(&target).await;
    socket.send(&Session::initialize_body().to_string()).await;
    let mut pings = 0;
    // One at once, then one each third of the time.
    while pings < 6 {
        pings += u32::from(socket.next().await.is_ping());
    }
    socket.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!(socket.ask(&call(1, "hi")).await["id"], 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_websocket() {
    let target = open().await;
    let mut socket = Socket::open(&target).await;
    socket.ask(&Session::initialize_body()).await;
    socket.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    let tool = |id: u32, name: &str, arguments: Value| {
        let params = json!({"name": name, "arguments": arguments});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
    };
    for id in 0..1100 {
        socket.send(&tool(id, "sleep", json!({"milliseconds": 1000}))).await;
    }
    // More than the sockets of both sides hold.
    for id in 1100..1108 {
        socket.send(&tool(id, "payload", json!({"bytes": 8_000_000}))).await;
    }
    all_closed(&target).await;
}

#[tokio::test]
async fn a_websocket_ends_with_its_token() {
    let target = Target::with(|it| it.token_life = Duration::from_secs(3)).await;
    let bearer = format!("Bearer {}", target.bearer("mcp:read").await);
    let (socket, _) = connect_async(request(&target, &[("authorization", &bearer)])).await.unwrap();
    let mut socket = Socket(socket);
    socket.send(&Session::initialize_body().to_string()).await;
    assert_eq!(socket.end().await, (CloseCode::Policy, "token expired".to_owned()));
}

#[tokio::test]
async fn a_client_that_closes_is_answered_in_kind() {
    let target = open().await;
    let mut socket = Socket::open(&target).await;
    socket.ask(&Session::initialize_body()).await;
    socket.0.close(None).await.unwrap();
    // The echo of the close, and then the end of the connection without an error.
    while let Some(it) = socket.0.next().await {
        it.unwrap();
    }
}
