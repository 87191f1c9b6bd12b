//! One request, from its head to the head of its answer.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use hyper::body::{Body as _, Incoming};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::json;

use crate::config::limits::Limits;
use crate::config::target::Config;
use crate::http::body::Limited;
use crate::http::documents::Documents;
use crate::http::limiter::Limiter;
use crate::observability::metrics::Metrics;
use crate::observability::requests::beside_routes;
use crate::observability::route::Route;

/// What whoever watches the server asks for, which costs no token.
const WATCHED: [&str; 3] = ["/health", "/ready", "/metrics"];

/// The largest form or document that is read of a client; messages of MCP have a limit of their own.
const MAX_FORM: usize = 64 * 1024;

/// What holds for all requests of a server.
#[derive(Debug)]
pub(crate) struct Habits {
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    limiter: Option<Limiter>,
    documents: Documents,
}

impl Habits {
    pub(crate) fn new(config: &Config, metrics: Metrics) -> Self {
        Self {
            limits: config.limits,
            metrics,
            limiter: config.rate_limit.map(Limiter::per_minute),
            documents: Documents::new(config),
        }
    }
}

/// Answers a request of `address`.
pub(crate) async fn answer(
    habits: &Habits,
    router: &TowerToHyperService<Router>,
    address: IpAddr,
    request: hyper::Request<Incoming>,
) -> Response {
    let (started, method) = (Instant::now(), request.method().clone());
    let beside = |route, answer| beside_routes(&habits.metrics, route, &method, started, answer);
    let limiter = habits.limiter.as_ref().filter(|_| !WATCHED.contains(&request.uri().path()));
    if let Some(Err(wait)) = limiter.map(|it| it.take(address)) {
        return beside(Route::REFUSED, refuse_until(wait));
    }
    let asked = habits.documents.asked(&request);
    if let Some(kept) = asked.as_ref().and_then(|it| habits.documents.kept(it)) {
        return beside(Route::KEPT, kept);
    }

    let limit = habits.limits.max_body;
    let is_mcp = request.uri().path().starts_with("/mcp");
    let limit = if is_mcp { limit } else { limit.min(MAX_FORM) };
    let length = request.body().size_hint();
    if length.lower() > limit as u64 {
        let _ = tokio::time::timeout(
            habits.limits.request_timeout,
            Limited::discard(request.into_body()),
        )
        .await;
        return beside(Route::REFUSED, refuse_length(limit));
    }
    let mut over = None;
    let request: Request = if length.exact().is_some() {
        request.map(Body::new)
    } else {
        let (head, body) = request.into_parts();
        let (body, is_over) = Limited::new(body, limit);
        over = Some(is_over);
        Request::from_parts(head, Body::new(body))
    };

    let Ok(answer) =
        tokio::time::timeout(habits.limits.request_timeout, router.call(request)).await
    else {
        let late = refuse(StatusCode::GATEWAY_TIMEOUT, "request_timeout", "no answer in time");
        return beside(Route::REFUSED, late);
    };
    let answer = answer.unwrap_or_else(|never| match never {});
    if over.is_some_and(|it| it.load(Ordering::Relaxed)) {
        return refuse_length(limit);
    }
    match asked {
        Some(asked) => habits.documents.keep(asked, answer).await,
        None => answer,
    }
}

fn refuse(status: StatusCode, error: &str, message: &str) -> Response {
    (status, Json(json!({"error": error, "message": message}))).into_response()
}

fn refuse_length(limit: usize) -> Response {
    let message = format!("a body may have {limit} bytes");
    refuse(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", &message)
}

fn refuse_until(wait: Duration) -> Response {
    let seconds = whole_seconds(wait);
    let mut answer = refuse(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
        &format!("too many requests from this address, the next one in {seconds} s"),
    );
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// Rounded up, so that whoever waits as long as told is let in.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_as_none() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
    }
}
