//! What can go wrong between a client and GitHub.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures_core::Stream;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    contract::violation,
    github::{Account, GitHub, owner},
};

#[derive(Debug, Clone)]
pub(crate) enum Fault {
    None,
    /// Nothing is done, and this is said.
    Says(u16, Vec<(&'static str, String)>, Value),
    /// Something that is not GitHub's API says this.
    Foreign(u16, Value),
    /// Nothing is done, and nobody may ask again for so many seconds.
    Limit(Limit, u64),
    /// It is done, but the answer is 502.
    Lost,
    /// The answer is 502 at once, and it is done so many seconds later.
    Late(u64),
    /// It is done, and the answer comes so many seconds later.
    Slow(u64),
    /// Nothing is done, and no answer comes.
    Hang,
    /// It is done, and the answer breaks off.
    Truncated,
    /// Nothing is done, and the answer breaks off.
    Dropped,
}

/// The forms in which GitHub says that it is too much.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    Primary,
    Secondary429,
    Secondary403,
    /// Without saying when it ends, which means a minute at least.
    Untold403,
    Untold429,
}

impl Fault {
    pub(crate) fn says(status: u16, message: &str) -> Self {
        let body = json!({ "message": message, "documentation_url": "https://docs.github.com" });
        Self::Says(status, Vec::new(), body)
    }
}

/// Whose token a request has.
pub(crate) fn caller(headers: &HeaderMap) -> Option<Account> {
    let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    owner(token.strip_prefix("Bearer ").or_else(|| token.strip_prefix("token "))?)
}

/// What GitHub asks of every request; then what goes wrong with it.
pub(crate) async fn gate(State(it): State<GitHub>, request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri());
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let wrong = wrong(request.headers());
    let fault = {
        let mut held = it.held();
        held.violations.extend(wrong.map(|it| format!("{asked}: {it}")));
        if held.closed_until.is_some_and(|it| it > Instant::now()) {
            held.violations.push(format!("{asked}: too early after a rate limit"));
        }
        held.requests.push(asked);
        let refusal = held.refusal.clone().filter(|_| path != "/user");
        refusal.or_else(|| held.faults.pop_front()).unwrap_or(Fault::None)
    };
    let checked = async |response| checked(&it, &method, &path, response).await;
    if caller(request.headers()).is_none() {
        return checked(says(401, &[], &json!({ "message": "Bad credentials" }))).await;
    }
    let done = async |request| checked(next.clone().run(request).await).await;
    let bad_gateway = async || checked(says(502, &[], &json!({ "message": "Server Error" }))).await;
    match fault {
        Fault::None => done(request).await,
        Fault::Says(status, headers, body) => checked(says(status, &headers, &body)).await,
        Fault::Foreign(status, body) => says(status, &[], &body),
        Fault::Limit(limit, seconds) => checked(limited(&it, limit, seconds)).await,
        Fault::Lost => {
            done(request).await;
            bad_gateway().await
        }
        Fault::Late(seconds) => {
            let (it, method, path) = (it.clone(), method.clone(), path.clone());
            tokio::spawn(async move {
                sleep(Duration::from_secs(seconds)).await;
                self::checked(&it, &method, &path, next.run(request).await).await
            });
            bad_gateway().await
        }
        Fault::Slow(seconds) => {
            let answer = done(request).await;
            sleep(Duration::from_secs(seconds)).await;
            answer
        }
        Fault::Hang => std::future::pending().await,
        Fault::Truncated => broken_off(Some(done(request).await)).await,
        Fault::Dropped => broken_off(None).await,
    }
}

/// An answer, after it was held against GitHub's description of its API.
async fn checked(it: &GitHub, method: &str, path: &str, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let json = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(it_is) = violation(method, path, parts.status.as_u16(), &json) {
        it.violated(it_is);
    }
    Response::from_parts(parts, Body::from(body))
}

fn wrong(headers: &HeaderMap) -> Option<&'static str> {
    let given = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if given("user-agent").is_empty() {
        return Some("github refuses requests without a user agent");
    }
    // The GitHub CLI, which is another client, asks in its own way.
    let ours = given("user-agent").starts_with("gh-comment/");
    let accept = given("accept") == "application/vnd.github+json";
    let version = given("x-github-api-version") == "2022-11-28";
    (ours && !(accept && version)).then_some("no version of the API")
}

fn limited(it: &GitHub, limit: Limit, seconds: u64) -> Response {
    let seconds = match limit {
        Limit::Untold403 | Limit::Untold429 => 60,
        _ => seconds,
    };
    it.held().closed_until = Some(Instant::now() + Duration::from_secs(seconds));
    let after = [("retry-after", seconds.to_string())];
    let reset = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() + seconds;
    let primary =
        [("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", reset.to_string())];
    let secondary = json!({ "message": "You have exceeded a secondary rate limit." });
    match limit {
        Limit::Primary => says(403, &primary, &json!({ "message": "API rate limit exceeded" })),
        Limit::Secondary429 => says(429, &after, &secondary),
        Limit::Secondary403 => says(403, &after, &secondary),
        Limit::Untold403 => says(403, &[], &secondary),
        Limit::Untold429 => says(429, &[], &json!({ "message": "Too many requests" })),
    }
}

fn says(status: u16, headers: &[(&'static str, String)], body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    response
}

/// Half of an answer, or one byte where there is none, with the length of a whole one.
async fn broken_off(answer: Option<Response>) -> Response {
    let (status, whole) = match answer {
        Some(it) => (it.status(), to_bytes(it.into_body(), usize::MAX).await.unwrap()),
        None => (StatusCode::OK, Bytes::from_static(b"{}")),
    };
    let half = whole.slice(..whole.len().div_ceil(2));
    let mut response = Response::new(Body::from_stream(Half(Some(half))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, whole.len().into());
    response
}

/// Some bytes, and then the end of the connection.
struct Half(Option<Bytes>);

impl Stream for Half {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let bytes = self.0.take().map(Ok);
        Poll::Ready(bytes.or_else(|| Some(Err(io::ErrorKind::ConnectionAborted.into()))))
    }
}
