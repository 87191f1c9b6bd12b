//! Open MCP sessions, with a limit.

use std::cell::Cell;
#[cfg(feature = "redis")]
use std::pin::Pin;
#[cfg(feature = "redis")]
use std::sync::Arc;
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
#[cfg(feature = "redis")]
use rmcp::transport::streamable_http_server::session::{
    RestoreOutcome, SessionState, SessionStore, SessionStoreError,
};
use rmcp::transport::streamable_http_server::session::{
    ServerSseMessage, SessionId, SessionManager,
};
use serde_json::json;
use tokio::sync::Mutex;

use crate::resource_server::event_ids::{after, from_one};
#[cfg(feature = "redis")]
use crate::resource_server::kept_sessions::KeptSessions;
use crate::store::place::Store;
#[cfg(feature = "redis")]
use crate::store::unavailable::Unavailable;

tokio::task_local! {
    /// Set when the current request is to be answered with 503.
    static REFUSED: Cell<Option<Refused>>;
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    TooMany,
    #[cfg(feature = "redis")]
    Store(Unavailable),
}

/// The sessions of this process.
pub(crate) struct Sessions {
    inner: LocalSessionManager,
    max: usize,
    open: AtomicUsize,
    /// Held from counting to creating, so that the limit is exact.
    creating: Mutex<()>,
    #[cfg(feature = "redis")]
    kept: Option<Arc<KeptSessions>>,
}

impl Sessions {
    /// With Redis they are kept there too, see [`KeptSessions`].
    #[cfg_attr(not(feature = "redis"), expect(unused_variables, reason = "there is memory alone"))]
    pub(crate) fn new(max: usize, idle: Duration, store: &Store) -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(idle);
        Self {
            inner,
            max,
            open: AtomicUsize::new(0),
            creating: Mutex::default(),
            #[cfg(feature = "redis")]
            kept: KeptSessions::new(store, idle, max),
        }
    }

    /// How many there are, or were when it was last possible to count.
    pub(crate) fn open(&self) -> usize {
        if let Ok(sessions) = self.inner.sessions.try_read() {
            self.open.store(sessions.len(), Relaxed);
        }
        self.open.load(Relaxed)
    }

    /// Where the SDK finds sessions that this process does not have.
    #[cfg(feature = "redis")]
    pub(crate) fn store(self: &Arc<Self>) -> Option<Arc<dyn SessionStore>> {
        self.kept.as_ref().map(|_| self.clone() as Arc<dyn SessionStore>)
    }

    async fn has_room(&self) -> Result<(), SessionError> {
        if self.inner.sessions.read().await.len() < self.max {
            return Ok(());
        }
        refused(Refused::TooMany);
        Err(SessionError::TooMany)
    }
}

fn refused(why: Refused) {
    let _ = REFUSED.try_with(|it| it.set(Some(why)));
}

#[cfg(feature = "redis")]
fn no_answer(it: Unavailable) -> SessionError {
    refused(Refused::Store(it));
    SessionError::Store
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("too many sessions, close some with DELETE")]
    TooMany,
    #[cfg(feature = "redis")]
    #[error("the session store cannot be used now")]
    Store,
    #[error(transparent)]
    Local(#[from] LocalSessionManagerError),
}

/// Answers 503 where the server had no room for one more session, or the store of sessions did not answer.
///
/// The SDK turns any error of a session manager into 500 or goes on without it, and runs the manager inside the request's
/// own future: a task-local is the way back.
pub(crate) async fn refuse(request: Request, next: Next) -> Response {
    let answer = async {
        let response = next.run(request).await;
        (response, REFUSED.with(Cell::get))
    };
    match REFUSED.scope(Cell::new(None), answer).await {
        (response, None) => response,
        (_, Some(Refused::TooMany)) => too_many(),
        #[cfg(feature = "redis")]
        (_, Some(Refused::Store(it))) => it.into_response(),
    }
}

/// Says that there is no room for one more session.
pub(crate) fn too_many() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"error": "too_many_sessions"}))).into_response()
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let _creating = self.creating.lock().await;
        self.has_room().await?;
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
        let is_here = self.inner.has_session(id).await?;
        #[cfg(feature = "redis")]
        if let Some(kept) = &self.kept {
            if is_here {
                let is_open = kept.note(id).await;
                if !is_open {
                    self.inner.close_session(id).await?;
                }
                return Ok(is_open);
            }
            // Found out here, where each request is told by itself: of those that wait for one session to be restored,
            // the SDK tells all but one that there is none. What was read is near when it is restored.
            if kept.has(id).await.map_err(no_answer)? {
                self.has_room().await?;
            }
            return Ok(self.inner.has_session(id).await?);
        }
        Ok(is_here)
    }

    #[cfg(feature = "redis")]
    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<Self::Transport>, SessionError> {
        let _creating = self.creating.lock().await;
        self.has_room().await?;
        let outcome = self.inner.restore_session(id).await?;
        // Another request was a moment faster, which the SDK takes for an error of ours: the client is to ask again.
        if let RestoreOutcome::AlreadyPresent = outcome {
            refused(Refused::Store(Unavailable));
        }
        Ok(outcome)
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

/// What the SDK waits for.
#[cfg(feature = "redis")]
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;

/// Only there where sessions are kept. The SDK goes on where the store fails, so each failure is noted for [`refuse`].
#[cfg(feature = "redis")]
impl SessionStore for Sessions {
    fn load<'a: 'c, 'b: 'c, 'c>(&'a self, id: &'b str) -> Answer<'c, Option<SessionState>>
    where
        Self: 'c,
    {
        Box::pin(async {
            let Some(kept) = &self.kept else { return Ok(None) };
            Ok(kept.load(id).await.map_err(no_answer)?)
        })
    }

    fn store<'a: 'd, 'b: 'd, 'c: 'd, 'd>(
        &'a self,
        id: &'b str,
        state: &'c SessionState,
    ) -> Answer<'d, ()>
    where
        Self: 'd,
    {
        Box::pin(async move {
            let Some(kept) = &self.kept else { return Ok(()) };
            if let Err(it) = kept.insert(id, state).await {
                // The client never learns of it, so it must not take a place until it is idle.
                self.inner.close_session(&id.into()).await?;
                return Err(no_answer(it).into());
            }
            Ok(())
        })
    }

    fn delete<'a: 'c, 'b: 'c, 'c>(&'a self, id: &'b str) -> Answer<'c, ()>
    where
        Self: 'c,
    {
        Box::pin(async {
            let Some(kept) = &self.kept else { return Ok(()) };
            Ok(kept.remove(id).await.map_err(no_answer)?)
        })
    }
}
