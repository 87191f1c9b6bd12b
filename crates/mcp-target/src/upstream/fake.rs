//! An HTTP API to call where none is named: it answers, slowly or not at all, as it is asked to.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::upstream::call::ATTEMPT;

/// A server on a port of its own, which ends with this.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    served: JoinHandle<io::Result<()>>,
}

impl Fake {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let routes = Router::new().route("/", get(root)).route("/{*path}", get(answer));
        let served = tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, served })
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.served.abort();
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    status: Option<u16>,
    #[serde(default)]
    delay_ms: u64,
    /// Tries of a call that fail before one succeeds; all, if there is a status and no number.
    failures: Option<u32>,
}

async fn root(wish: Query<Wish>, headers: HeaderMap) -> Response {
    answer(Path(String::new()), wish, headers).await
}

async fn answer(Path(path): Path<String>, Query(it): Query<Wish>, headers: HeaderMap) -> Response {
    tokio::time::sleep(Duration::from_millis(it.delay_ms)).await;
    let attempt: u32 =
        headers.get(ATTEMPT).and_then(|it| it.to_str().ok()?.parse().ok()).unwrap_or(1);
    let fails = match (it.status, it.failures) {
        (_, Some(failures)) => attempt <= failures,
        (status, None) => status.is_some(),
    };
    if !fails {
        return Json(json!({"path": format!("/{path}"), "attempt": attempt})).into_response();
    }
    let status = it.status.map_or(Ok(StatusCode::SERVICE_UNAVAILABLE), StatusCode::from_u16);
    let status = status.unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({"error": "asked_for", "attempt": attempt}))).into_response()
}
