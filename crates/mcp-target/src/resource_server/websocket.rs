//! The same JSON-RPC on a WebSocket, one message a text frame.
//!
//! No revision of MCP defines it: it is a custom transport, and a connection is a session.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{Instant, interval, sleep, timeout, timeout_at};

use crate::config::target::Config;
use crate::observability::streams::Open;
use crate::primitives::server::Server;
use crate::resource_server::sessions::too_many;
use crate::signing::claims::Claims;

/// What is read at a time.
const BUFFER: usize = 8 * 1024;

/// Messages of a client that wait until those before them were taken.
const WAITING: usize = 16;

/// Messages of the server that wait until the client reads. With one more the connection ends.
const UNREAD: usize = 1024;

/// How long a client has to take the frame that says why the connection ends.
const CLOSING: Duration = Duration::from_secs(1);

struct Endpoint {
    server: Server,
    /// For what ends the server's streams.
    settings: StreamableHttpServerConfig,
    places: Arc<Semaphore>,
    idle: Duration,
}

/// The route of the endpoint, which takes as many connections as there may be sessions.
pub(crate) fn route(
    config: &Config,
    server: Server,
    settings: &StreamableHttpServerConfig,
) -> Router {
    let places = Arc::new(Semaphore::new(config.max_sessions.min(Semaphore::MAX_PERMITS)));
    let idle = config.session_idle.max(Duration::from_millis(1));
    let endpoint = Endpoint { server, settings: settings.clone(), places, idle };
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
        return too_many();
    };
    let max = it.settings.max_request_body_bytes;
    let upgrade = upgrade.protocols(["mcp"]).max_message_size(max).max_frame_size(max);
    // By default each would hold a quarter of a megabyte.
    let upgrade = upgrade.read_buffer_size(BUFFER).write_buffer_size(0);
    upgrade.on_upgrade(async move |mut socket| {
        let open = Open::new(it.server.shared.metrics.websockets());
        let (outgoing, from_server) = mpsc::channel(UNREAD);
        let (to_server, incoming) = mpsc::channel(WAITING);
        let full = Arc::new(Notify::new());
        let wire = Wire { outgoing, incoming, full: full.clone() };
        let server = it.server.anew();
        let end = it.settings.cancellation_token.child_token();
        let serve = async {
            if let Ok(running) = serve_server_with_ct(server, wire, end).await {
                let _ = running.waiting().await;
            }
        };
        let connection = async {
            let why = tokio::select! {
                why = carry(&mut socket, &request, it.idle, to_server, from_server) => why,
                () = full.notified() => Some((close_code::POLICY, "messages are not read")),
                () = expiry(&request) => Some((close_code::POLICY, "token expired")),
            };
            if let Some((code, reason)) = why {
                let frame = CloseFrame { code, reason: reason.into() };
                let _ = timeout(CLOSING, socket.send(Message::Close(Some(frame)))).await;
            }
        };
        tokio::join!(serve, connection);
        drop((place, open));
    })
}

/// Waits until the token that opened the connection expires.
async fn expiry(request: &Parts) {
    let Some(claims) = request.extensions.get::<Arc<Claims>>() else {
        return std::future::pending().await;
    };
    let expires = UNIX_EPOCH + Duration::from_secs(claims.exp);
    sleep(expires.duration_since(SystemTime::now()).unwrap_or_default()).await;
}

/// Whether the host that was asked for, and the page that asks if one does, are of this machine.
fn is_from_here(headers: &HeaderMap) -> bool {
    let value = |name| headers.get(name).map(|it| it.to_str().unwrap_or_default());
    let is_local = |uri: Uri| uri.host().is_some_and(tool_edge::is_loopback);
    let host = value(header::HOST).and_then(|it| it.parse().ok()).is_some_and(is_local);
    let origin = value(header::ORIGIN).is_none_or(|it| it.parse().is_ok_and(is_local));
    host && origin
}

/// Carries messages both ways until one side ends, or nothing comes for `idle`; returns what is to be said of it.
///
/// A client that has sent a message is asked for a sign of life in time; one that has not has nothing to wait for.
async fn carry(
    socket: &mut WebSocket,
    request: &Parts,
    idle: Duration,
    to_server: mpsc::Sender<Box<ClientJsonRpcMessage>>,
    mut from_server: mpsc::Receiver<String>,
) -> Option<(u16, &'static str)> {
    const SILENT: (u16, &str) = (close_code::POLICY, "nothing came for too long");
    let mut pings = interval((idle / 3).max(Duration::from_millis(1)));
    let (mut heard, mut has_spoken) = (Instant::now(), false);
    loop {
        let deadline = heard + idle;
        let reply = tokio::select! {
            answer = from_server.recv() => {
                let Some(answer) = answer else { break };
                Message::text(answer)
            }
            _ = pings.tick() => Message::Ping(Default::default()),
            received = timeout_at(deadline, socket.recv()) => {
                let Ok(received) = received else { return Some(SILENT) };
                match received {
                    Some(Ok(Message::Text(text))) => {
                        (heard, has_spoken) = (Instant::now(), true);
                        match read(&text, request) {
                            Ok(message) => {
                                if to_server.send(Box::new(message)).await.is_err() { break }
                                continue;
                            }
                            Err(error) => Message::text(error.to_string()),
                        }
                    }
                    Some(Ok(Message::Binary(_))) => {
                        return Some((close_code::UNSUPPORTED, "text frames only"));
                    }
                    // A ping was answered already.
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                        if has_spoken {
                            heard = Instant::now();
                        }
                        continue;
                    }
                    Some(Ok(Message::Close(_))) => {
                        // Its echo goes out when more is read, which is nothing but the end.
                        while socket.recv().await.is_some_and(|it| it.is_ok()) {}
                        return None;
                    }
                    Some(Err(_)) | None => return None,
                }
            }
        };
        match timeout_at(deadline, socket.send(reply)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => return Some(SILENT),
        }
    }
    Some((close_code::AWAY, "the session has ended"))
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
    /// Written out: queues of messages as they are would take most of the memory of a connection.
    outgoing: mpsc::Sender<String>,
    incoming: mpsc::Receiver<Box<ClientJsonRpcMessage>>,
    /// Told once there is no room for a message.
    full: Arc<Notify>,
}

impl Transport<RoleServer> for Wire {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let text = serde_json::to_string(&message).expect("messages are plain JSON");
        let sent = self.outgoing.try_send(text);
        if let Err(TrySendError::Full(_)) = sent {
            self.full.notify_one();
        }
        std::future::ready(sent.map_err(|_| io::ErrorKind::BrokenPipe.into()))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        self.incoming.recv().await.map(|it| *it)
    }

    async fn close(&mut self) -> io::Result<()> {
        self.incoming.close();
        Ok(())
    }
}
