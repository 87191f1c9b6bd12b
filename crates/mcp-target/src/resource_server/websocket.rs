//! The same JSON-RPC on a WebSocket, one message a text frame.
//!
//! No revision of MCP defines it: it is a custom transport, and a connection is a session.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _, JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::serve_server_with_ct;
use rmcp::transport::{StreamableHttpServerConfig, Transport};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use crate::config::target::Config;
use crate::observability::streams::Open;
use crate::primitives::server::Server;

/// What is read at a time.
const BUFFER: usize = 8 * 1024;

/// Messages of a client that wait until those before them were taken.
const WAITING: usize = 16;

struct Endpoint {
    server: Server,
    /// For what ends the server's streams.
    settings: StreamableHttpServerConfig,
    places: Arc<Semaphore>,
}

/// The route of the endpoint, which takes as many connections as there may be sessions.
pub(crate) fn route(
    config: &Config,
    server: Server,
    settings: &StreamableHttpServerConfig,
) -> Router {
    let places = Arc::new(Semaphore::new(config.max_sessions.min(Semaphore::MAX_PERMITS)));
    let endpoint = Endpoint { server, settings: settings.clone(), places };
    Router::new().route("/mcp/ws", any(upgrade)).with_state(Arc::new(endpoint))
}

async fn upgrade(
    State(it): State<Arc<Endpoint>>,
    upgrade: WebSocketUpgrade,
    request: Parts,
) -> Response {
    // No browser asks before it opens a WebSocket, so a page of anyone could.
    if !is_from_here(&request.headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(place) = it.places.clone().try_acquire_owned() else {
        let full = Json(json!({"error": "too_many_sessions"}));
        return (StatusCode::SERVICE_UNAVAILABLE, full).into_response();
    };
    let max = it.settings.max_request_body_bytes;
    let upgrade = upgrade.protocols(["mcp"]).max_message_size(max).max_frame_size(max);
    // By default each would hold a quarter of a megabyte.
    let upgrade = upgrade.read_buffer_size(BUFFER).write_buffer_size(0);
    upgrade.on_upgrade(async move |socket| {
        let open = Open::new(it.server.shared.metrics.websockets());
        let (outgoing, from_server) = mpsc::unbounded_channel();
        let (to_server, incoming) = mpsc::channel(WAITING);
        let server = it.server.anew();
        let end = it.settings.cancellation_token.child_token();
        let serve = async {
            if let Ok(running) =
                serve_server_with_ct(server, Wire { outgoing, incoming }, end).await
            {
                let _ = running.waiting().await;
            }
        };
        tokio::join!(serve, carry(socket, &request, to_server, from_server));
        drop((place, open));
    })
}

/// Whether the host that was asked for, and the page that asks if one does, are of this machine.
fn is_from_here(headers: &HeaderMap) -> bool {
    let value = |name| headers.get(name).map(|it| it.to_str().unwrap_or_default());
    let is_local = |uri: Uri| uri.host().is_some_and(tool_edge::is_loopback);
    let host = value(header::HOST).and_then(|it| it.parse().ok()).is_some_and(is_local);
    let origin = value(header::ORIGIN).is_none_or(|it| it.parse().is_ok_and(is_local));
    host && origin
}

/// Carries messages both ways until one side ends.
async fn carry(
    mut socket: WebSocket,
    request: &Parts,
    to_server: mpsc::Sender<ClientJsonRpcMessage>,
    mut from_server: mpsc::UnboundedReceiver<ServerJsonRpcMessage>,
) {
    loop {
        tokio::select! {
            answer = from_server.recv() => {
                let Some(answer) = answer else { break };
                let text = serde_json::to_string(&answer).expect("messages are plain JSON");
                if socket.send(Message::text(text)).await.is_err() {
                    return;
                }
            }
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => match read(&text, request) {
                    Ok(message) => if to_server.send(message).await.is_err() { break },
                    Err(error) => if socket.send(Message::text(error.to_string())).await.is_err() {
                        return;
                    }
                },
                Some(Ok(Message::Binary(_))) => {
                    return close(socket, close_code::UNSUPPORTED, "text frames only").await;
                }
                // A ping was answered already.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
        }
    }
    close(socket, close_code::AWAY, "the session has ended").await;
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = socket.send(Message::Close(Some(frame))).await;
}

/// A message with the request that opened the connection among its extensions, as over HTTP; or the error to answer.
fn read(text: &str, request: &Parts) -> Result<ClientJsonRpcMessage, Value> {
    let error = |code: i32, message: &str| json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}});
    let mut message: ClientJsonRpcMessage = serde_json::from_str(text).map_err(|it| {
        if it.is_syntax() || it.is_eof() {
            error(-32700, "this is no JSON")
        } else {
            error(-32600, "this is no message of MCP")
        }
    })?;
    match &mut message {
        JsonRpcMessage::Request(it) => _ = it.request.extensions_mut().insert(request.clone()),
        JsonRpcMessage::Notification(it) => {
            _ = it.notification.extensions_mut().insert(request.clone());
        }
        _ => {}
    }
    Ok(message)
}

/// The side of the server.
struct Wire {
    outgoing: mpsc::UnboundedSender<ServerJsonRpcMessage>,
    incoming: mpsc::Receiver<ClientJsonRpcMessage>,
}

impl Transport<RoleServer> for Wire {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let sent = self.outgoing.send(message);
        std::future::ready(sent.map_err(|_| io::ErrorKind::BrokenPipe.into()))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        self.incoming.recv().await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.incoming.close();
        Ok(())
    }
}
