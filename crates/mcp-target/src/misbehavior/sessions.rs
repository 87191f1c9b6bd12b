//! Sessions that are lost, not known to everyone, or one too many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::time::Instant;

use crate::config::faults::Fault;
use crate::resource_server::sessions::too_many;

const SESSION_ID: &str = "mcp-session-id";

/// Far more sessions than a server has open at a time; those that nobody ends are not kept for ever.
const MOST_KNOWN: usize = 10_000;

/// After as many sessions the only client is known.
const ONE_CLIENT_AFTER: u64 = 3;

/// The sessions that the server opened, and what only those know who opened them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    opened: u64,
    opening: u64,
    known: HashMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    cookie: Option<String>,
    worker: u64,
    used: Instant,
}

/// A place for a session that is about to be opened, free again once this is dropped.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a Sessions);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.held().opening -= 1;
    }
}

/// The session that a request or an answer names.
pub(super) fn named(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(SESSION_ID)?.to_str().ok()?.to_owned())
}

impl Sessions {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no one panics holding the lock")
    }

    /// Takes a place for one more session, or names the fault that leaves none; the server closes a session that idles for
    /// `idle`.
    pub(super) fn place(
        &self,
        idle: Duration,
        is_due: impl Fn(Fault, bool) -> bool,
    ) -> Result<Place<'_>, Fault> {
        let mut held = self.held();
        let is_full = held.opening > 0 || held.known.values().any(|it| it.used.elapsed() < idle);
        if is_due(Fault::TooManySessions, is_full) {
            return Err(Fault::TooManySessions);
        }
        if is_due(Fault::OneClient, held.opened + held.opening >= ONE_CLIENT_AFTER) {
            return Err(Fault::OneClient);
        }
        held.opening += 1;
        Ok(Place(self))
    }

    /// Notes the session that `response` opens, with the worker whose turn it was, and gives it a cookie of its own.
    pub(super) fn opened(
        &self,
        response: &mut Response,
        worker: u64,
        with_cookie: bool,
        place: Option<Place<'_>>,
    ) {
        let Some(id) = named(response.headers()) else { return };
        let mut held = self.held();
        held.opened += 1;
        // At once, so that nobody counts it twice.
        if let Some(it) = place {
            held.opening -= 1;
            std::mem::forget(it);
        }
        let cookie = with_cookie.then(|| format!("instance=s{}", held.opened));
        if let Some(it) = &cookie {
            let it = HeaderValue::from_str(&format!("{it}; Path=/; HttpOnly"))
                .expect("a letter and a number");
            response.headers_mut().append(SET_COOKIE, it);
        }
        if held.known.len() >= MOST_KNOWN {
            held.known.clear();
        }
        held.known.insert(id, Known { cookie, worker, used: Instant::now() });
    }

    pub(super) fn closed(&self, id: &str) {
        self.held().known.remove(id);
    }

    pub(super) fn used(&self, id: &str) {
        if let Some(it) = self.held().known.get_mut(id) {
            it.used = Instant::now();
        }
    }

    /// Whether a request with `headers` got to a worker that does not know its session.
    pub(super) fn is_of_another_worker(&self, id: &str, worker: u64) -> bool {
        self.held().known.get(id).is_none_or(|it| it.worker != worker)
    }

    /// Whether a request lacks the cookie that came with its session.
    pub(super) fn lacks_its_cookie(&self, id: &str, headers: &HeaderMap) -> bool {
        let held = self.held();
        let Some(wanted) = held.known.get(id).and_then(|it| it.cookie.as_deref()) else {
            return true;
        };
        let sent = headers.get_all(COOKIE).iter().filter_map(|it| it.to_str().ok());
        !sent.flat_map(|it| it.split(';')).any(|it| it.trim() == wanted)
    }

    /// Ends every session there is, as a client would.
    pub(super) async fn forget(&self, next: &Next, also: Option<String>) {
        let known = std::mem::take(&mut self.held().known);
        for id in known.into_keys().chain(also) {
            let request = Request::delete("/mcp").header(HOST, "127.0.0.1").header(SESSION_ID, id);
            let request = request.body(Body::empty()).expect("an id came out of a header");
            next.clone().run(request).await;
        }
    }
}

/// Says that a session is not known, as the SDK does.
pub(super) fn session_not_found() -> Response {
    error(StatusCode::NOT_FOUND, "Session not found")
}

/// Says it by a name alone.
pub(super) fn unknown_session() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "unknown_session"}))).into_response()
}

/// Says it in the words of servers that answer 400.
pub(super) fn no_valid_session_id() -> Response {
    error(StatusCode::BAD_REQUEST, "Bad Request: No valid session ID provided")
}

/// Says why a session is not opened.
pub(super) fn refused(fault: Fault) -> Response {
    if fault == Fault::OneClient {
        return error(StatusCode::BAD_REQUEST, "Invalid Request: Server already initialized");
    }
    too_many()
}

fn error(status: StatusCode, message: &str) -> Response {
    let error = json!({"code": -32000, "message": message});
    let body = json!({"jsonrpc": "2.0", "id": null, "error": error}).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
