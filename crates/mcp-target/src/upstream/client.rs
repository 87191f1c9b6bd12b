//! The layers that a call passes, and the connections at their end.

use std::io;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::sync::OnceCell;
use tower::limit::{ConcurrencyLimitLayer, RateLimitLayer};
use tower::retry::RetryLayer;
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt as _};
use url::Url;

use crate::config::upstream::Upstream;
use crate::upstream::breaker::BreakerLayer;
use crate::upstream::call::{ATTEMPT, Answer, Call, CallError};
use crate::upstream::fake::Fake;
use crate::upstream::retry::Backoff;

/// However often a call is tried, and however long it waits for its turn.
const DEADLINE: Duration = Duration::from_secs(30);

/// The most that is read of an answer.
const MAX_BODY: usize = 256 * 1024;

type Layers = BoxCloneSyncService<Call, Answer, CallError>;

/// Calls one API, for all sessions.
#[derive(Debug)]
pub(crate) struct Client {
    config: Upstream,
    layers: OnceCell<Layers>,
    fake: OnceCell<Fake>,
}

impl Client {
    pub(crate) fn new(config: Upstream) -> Self {
        Self { config, layers: OnceCell::new(), fake: OnceCell::new() }
    }

    pub(crate) fn is_fake(&self) -> bool {
        self.config.url.is_none()
    }

    /// Where the API is; the built-in one is started by the first who asks.
    pub(crate) async fn base(&self) -> io::Result<Url> {
        if let Some(url) = &self.config.url {
            return Ok(url.clone());
        }
        let fake = self.fake.get_or_try_init(Fake::start).await?;
        Ok(format!("http://{}/", fake.address).parse().expect("an address makes a URL"))
    }

    /// What the API answers to `url`, after as many tries as it takes and is worth.
    pub(crate) async fn call(&self, url: Url) -> Result<Answer, CallError> {
        let layers = self.layers.get_or_try_init(async || self.build()).await?.clone();
        tokio::time::timeout(DEADLINE, layers.oneshot(Call { url, attempt: 1 }))
            .await
            .unwrap_or(Err(CallError::Timeout(DEADLINE)))
    }

    fn build(&self) -> Result<Layers, CallError> {
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .pool_max_idle_per_host(self.config.pool);
        let builder = if self.is_fake() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|it| CallError::Other(reason(&it)))?;
        Ok(layers(&self.config, http))
    }
}

/// From the outermost to the innermost. Each try takes its turn, and only what is sent is timed.
fn layers(config: &Upstream, http: reqwest::Client) -> Layers {
    let timeout = config.timeout;
    let per_minute = u64::from(config.per_minute.get());
    ServiceBuilder::new()
        .layer(BoxCloneSyncService::layer())
        .layer(ConcurrencyLimitLayer::new(config.pool))
        .layer(RetryLayer::new(Backoff))
        .layer(BreakerLayer::new())
        .map_err(move |it: BoxError| error(it, timeout))
        .buffer(config.pool)
        .layer(RateLimitLayer::new(per_minute, Duration::from_secs(60)))
        .layer(TimeoutLayer::new(timeout))
        .service(tower::service_fn(move |call| send(http.clone(), call)))
}

async fn send(http: reqwest::Client, call: Call) -> Result<Answer, CallError> {
    let failed = |it: reqwest::Error| {
        let reason = reason(&it);
        if it.is_connect() { CallError::Connect(reason) } else { CallError::Other(reason) }
    };
    let request = http.get(call.url).header(ATTEMPT, call.attempt);
    let mut response = request.send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(CallError::Other(format!("the answer has more than {MAX_BODY} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body)));
    Ok(Answer {
        status: response.status(),
        retry_after: retry_after(response.headers()),
        body,
        attempt: call.attempt,
    })
}

/// In seconds; a date is not waited for.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn error(it: BoxError, timeout: Duration) -> CallError {
    match it.downcast::<CallError>() {
        Ok(it) => *it,
        Err(it) if it.is::<Elapsed>() => CallError::Timeout(timeout),
        Err(it) => CallError::Other(it.to_string()),
    }
}

/// The innermost reason, which alone says what happened; the others repeat the address.
fn reason(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
