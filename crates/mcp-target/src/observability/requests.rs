//! Every request, once it is answered: one line of log, and what `/metrics` adds up.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::observability::metrics::Metrics;
use crate::observability::route::Route;
use crate::observability::streams::{counted, is_event_stream};

/// Among the extensions of an answer of the token endpoint: the grant that an access token was issued for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Issued(pub(crate) &'static str);

/// Times a request up to the head of its answer. Neither address nor headers nor body are noted: they hold secrets.
pub(crate) async fn observe(
    State(metrics): State<Metrics>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = name(request.method());
    let route = Route::new(request.extensions().get::<MatchedPath>());
    let mut response = next.run(request).await;
    note(&metrics, route, method, response.status().as_u16(), started);
    if let Some(Issued(grant)) = response.extensions_mut().remove() {
        metrics.issued(grant);
    }
    if is_event_stream(response.headers()) {
        let count = metrics.event_streams();
        return response.map(|it| counted(it, count));
    }
    response
}

/// Answers a request that no route was asked for.
pub(crate) fn beside_routes(
    metrics: &Metrics,
    route: Route,
    method: &Method,
    started: Instant,
    response: Response,
) -> Response {
    note(metrics, route, name(method), response.status().as_u16(), started);
    response
}

fn note(metrics: &Metrics, route: Route, method: &'static str, status: u16, started: Instant) {
    let duration = started.elapsed();
    tracing::debug!(
        method,
        route = route.as_str(),
        status,
        duration_ms = duration.as_secs_f64() * 1000.0,
        "request"
    );
    metrics.request(route, method, status, duration);
}

/// Methods of anyone's making are all one, so that their number has a limit.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
