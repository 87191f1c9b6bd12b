//! Connections that a server may offer beside POST: event streams, and WebSockets, which no revision of MCP describes.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use crate::address::without_query;
use crate::server::client::Session;

/// How long the answer to the first request of a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the server gives no event stream for GET, or nothing where it does.
pub(crate) async fn lacks_event_stream(session: &Session<'_>) -> Option<String> {
    let endpoint = &session.endpoint;
    let asked = session.request(endpoint.http.get(endpoint.url));
    let answer = match answer(asked.header("Accept", "text/event-stream")).await {
        Ok(it) => it,
        Err(reason) => return Some(format!("GET for an event stream {reason}")),
    };
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let is_stream = kind.is_some_and(|it| it.starts_with("text/event-stream"));
    (!answer.status().is_success() || !is_stream)
        .then(|| format!("the server gives no event stream: GET is answered {}", answer.status()))
}

/// Why the server takes no WebSocket at `ws` below its endpoint, or nothing where it does.
pub(crate) async fn lacks_websocket(session: &Session<'_>) -> Option<String> {
    let endpoint = &session.endpoint;
    let (path, query) = endpoint.url.split_at(without_query(endpoint.url).len());
    let url = format!("{}/ws{query}", path.trim_end_matches('/'));
    let shown = without_query(&url).to_owned();
    let asked = session.request(endpoint.http.get(&url));
    let asked = asked
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        // RFC 6455 §4.1 wants 16 bytes of no meaning.
        .header("Sec-WebSocket-Key", "bWNwLWxvYWR0ZXN0LTAwMA==");
    match answer(asked).await {
        Ok(it) if it.status() == reqwest::StatusCode::SWITCHING_PROTOCOLS => None,
        Ok(it) => Some(format!("no WebSocket at `{shown}`: answered {}", it.status())),
        Err(reason) => Some(format!("a WebSocket at `{shown}` {reason}")),
    }
}

async fn answer(asked: reqwest::RequestBuilder) -> Result<Response, String> {
    match tokio::time::timeout(PATIENCE, asked.send()).await {
        Ok(Ok(it)) => Ok(it),
        Ok(Err(it)) => Err(format!("failed: {:#}", anyhow::Error::new(it.without_url()))),
        Err(_) => Err(format!("was not answered within {} s", PATIENCE.as_secs())),
    }
}
