//! Open MCP sessions, with a limit.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_core::Stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::session::{
    ServerSseMessage, SessionId, SessionManager,
};
use serde_json::json;
use tokio::sync::Mutex;

use crate::resource_server::event_ids::{after, from_one};

tokio::task_local! {
    /// Set when the session that the current request asked for was one too many.
    static REFUSED: Cell<bool>;
}

/// The sessions of this process.
#[derive(Debug)]
pub(crate) struct Sessions {
    inner: LocalSessionManager,
    max: usize,
    open: AtomicUsize,
    /// Held from counting to creating, so that the limit is exact.
    creating: Mutex<()>,
}

impl Sessions {
    pub(crate) fn new(max: usize, idle: Duration) -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(idle);
        Self { inner, max, open: AtomicUsize::new(0), creating: Mutex::default() }
    }

    /// How many there are, or were when it was last possible to count.
    pub(crate) fn open(&self) -> usize {
        if let Ok(sessions) = self.inner.sessions.try_read() {
            self.open.store(sessions.len(), Relaxed);
        }
        self.open.load(Relaxed)
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("too many sessions, close some with DELETE")]
    TooMany,
    #[error(transparent)]
    Local(#[from] LocalSessionManagerError),
}

/// Answers 503 where the server had no room for one more session.
///
/// The SDK turns any error of a session manager into 500, and runs the manager inside the request's own future: a
/// task-local is the way back.
pub(crate) async fn refuse_when_full(request: Request, next: Next) -> Response {
    if request.headers().contains_key("mcp-session-id") {
        return next.run(request).await;
    }
    let answer = async {
        let response = next.run(request).await;
        (response, REFUSED.with(Cell::get))
    };
    let (response, refused) = REFUSED.scope(Cell::new(false), answer).await;
    if refused {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"error": "too_many_sessions"})))
            .into_response();
    }
    response
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let _creating = self.creating.lock().await;
        if self.inner.sessions.read().await.len() >= self.max {
            let _ = REFUSED.try_with(|it| it.set(true));
            return Err(SessionError::TooMany);
        }
        Ok(self.inner.create_session().await?)
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        Ok(self.inner.initialize_session(id, message).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.inner.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        Ok(self.inner.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.inner.create_stream(id, message).await?)
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        Ok(self.inner.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(from_one(self.inner.create_standalone_stream(id).await?))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(from_one(self.inner.resume(id, after(last_event_id)).await?))
    }
}
