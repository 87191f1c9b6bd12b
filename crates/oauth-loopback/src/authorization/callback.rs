//! The rules for a request to the redirect URI, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, HOST};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use tokio::sync::{oneshot, watch};

use crate::authorization::page::{NOT_SIGNED_IN, NOT_THE_ANSWER, SIGNED_IN, page};
use crate::authorization::response::{Expectation, Parameters};
use crate::error::Error;

const QUERY_LIMIT: usize = 8 * 1024;

/// Where the callbacks of one redirect URI arrive, and who waits for them.
pub(crate) struct Callbacks {
    /// What the `Host` header must say.
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) redirect_uri: String,
    pending: Mutex<HashMap<Key, Pending>>,
    closed: watch::Sender<bool>,
    /// Why the last request that looked like a callback was not taken for one.
    ignored: Mutex<Option<&'static str>>,
}

/// The SHA-256 of a `state`: how long it takes to look one up says nothing about those that are waited for.
type Key = [u8; 32];

fn key(state: &str) -> Key {
    Sha256::digest(state).into()
}

struct Pending {
    expectation: Expectation,
    /// Gone once the answer is.
    answer: Option<oneshot::Sender<Result<String, Error>>>,
}

/// A place among them, left when this is dropped.
pub(crate) struct Awaited<'a> {
    callbacks: &'a Callbacks,
    key: Key,
    pub(crate) outcome: oneshot::Receiver<Result<String, Error>>,
}

impl Callbacks {
    pub(crate) fn new(authority: String, path: String, redirect_uri: String) -> Self {
        let (pending, ignored) = (Mutex::default(), Mutex::default());
        Self { authority, path, redirect_uri, pending, closed: watch::Sender::new(false), ignored }
    }

    /// Waits for the callback that has the state of `expectation`.
    pub(crate) fn wait_for(&self, expectation: Expectation) -> Awaited<'_> {
        let (answer, outcome) = oneshot::channel();
        let key = key(expectation.state.reveal());
        self.pending().insert(key, Pending { expectation, answer: Some(answer) });
        Awaited { callbacks: self, key, outcome }
    }

    /// Nothing arrives here any more.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Resolves once nothing arrives any more.
    pub(crate) async fn closed(&self) {
        // There is no error as long as this is there.
        let _ = self.closed.subscribe().wait_for(|it| *it).await;
    }

    pub(crate) fn ignored(&self) -> Option<&'static str> {
        *self.ignored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ignore(&self, status: StatusCode, why: &'static str) -> Response {
        *self.ignored.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        page(status, NOT_THE_ANSWER)
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<Key, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the answer to the one who waits for it.
    fn deliver(&self, query: &str) -> Result<Response, &'static str> {
        let parameters = Parameters::parse(query)?;
        let mut pending = self.pending();
        let state = parameters.get("state").unwrap_or_default();
        if pending.values().all(|it| it.answer.is_none()) {
            return Ok(page(StatusCode::GONE, NOT_THE_ANSWER));
        }
        let Some(it) = pending.get_mut(&key(state)) else {
            return Err("had no state or a wrong one");
        };
        let answer = parameters.judge(&it.expectation)?;
        let Some(sender) = it.answer.take() else {
            return Ok(page(StatusCode::GONE, NOT_THE_ANSWER));
        };
        let response = match &answer {
            Ok(_) => page(StatusCode::OK, SIGNED_IN),
            Err(_) => page(StatusCode::FORBIDDEN, NOT_SIGNED_IN),
        };
        // An error means that the wait has just ended, and then nobody wants the answer.
        let _ = sender.send(answer);
        Ok(response)
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.callbacks.pending().remove(&self.key);
    }
}

/// The rules in their order: path and method, host and length, repeated parameters, state, issuer, error, code, once.
///
/// Whatever comes before the state has matched can be sent by any page and any process of this machine, and therefore never
/// ends the wait.
pub(crate) async fn callback(
    State(callbacks): State<Arc<Callbacks>>,
    request: Request,
) -> Response {
    let uri = request.uri();
    if uri.path() != callbacks.path {
        return page(StatusCode::NOT_FOUND, NOT_THE_ANSWER);
    }
    if request.method() != Method::GET {
        let refused = callbacks.ignore(StatusCode::METHOD_NOT_ALLOWED, "was no GET");
        return ([(ALLOW, "GET")], refused).into_response();
    }
    let host = request.headers().get(HOST).map(|it| it.as_bytes());
    let authority = uri.authority().is_none_or(|it| it.as_str() == callbacks.authority);
    if host != Some(callbacks.authority.as_bytes()) || !authority {
        return callbacks.ignore(StatusCode::BAD_REQUEST, "was sent to another host name");
    }
    let query = uri.query().unwrap_or_default();
    if query.len() > QUERY_LIMIT {
        return callbacks.ignore(StatusCode::URI_TOO_LONG, "had too long a query");
    }
    callbacks.deliver(query).unwrap_or_else(|why| callbacks.ignore(StatusCode::BAD_REQUEST, why))
}
