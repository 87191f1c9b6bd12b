use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
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
        serde_json::from_str(self.next().await.to_text().unwrap()).unwrap()
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
    assert_eq!(socket.next().await, Message::Pong("still there?".into()));

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
    assert!(socket.next().await.is_close());
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
    assert!(!matches!(socket.0.next().await, Some(Ok(Message::Text(_)))));
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
    if let Some(Ok(it)) = socket.0.next().await {
        assert!(it.is_close(), "{it}");
    }
}
