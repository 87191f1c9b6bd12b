//! What Prometheus reads at `/metrics`; names by its conventions, labels with few values.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::observability::process::Process;
use crate::observability::route::Route;
use crate::observability::traffic::Traffic;

const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What one target counts; a clone counts the same.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Families>);

#[derive(Debug)]
struct Families {
    registry: Registry,
    requests: Family<Answer, Counter>,
    durations: Family<Place, Histogram, fn() -> Histogram>,
    tools: Family<Tool, Histogram, fn() -> Histogram>,
    tokens: Family<Grant, Counter>,
    #[cfg(feature = "redis")]
    redis: Family<Operation, Histogram, fn() -> Histogram>,
    open: Arc<Now>,
    traffic: Arc<Traffic>,
}

/// What is open at this moment.
#[derive(Default)]
struct Now {
    event_streams: Arc<AtomicI64>,
    #[cfg(feature = "websocket")]
    websockets: Arc<AtomicI64>,
    sessions: OnceLock<Box<dyn Fn() -> usize + Send + Sync>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: Route,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Place {
    route: Route,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tool {
    tool: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Grant {
    grant_type: &'static str,
}

#[cfg(feature = "redis")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let it = Families {
            registry: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            tools: Family::new_with_constructor(histogram),
            tokens: Family::default(),
            #[cfg(feature = "redis")]
            redis: Family::new_with_constructor(histogram),
            open: Arc::default(),
            traffic: Arc::default(),
        };
        Self(Arc::new(Families { registry: it.register(), ..it }))
    }

    /// `/metrics`.
    pub(crate) fn routes(&self) -> Router {
        Router::new().route("/metrics", get(scrape)).with_state(self.clone())
    }

    /// A request was answered.
    pub(crate) fn request(
        &self,
        route: Route,
        method: &'static str,
        status: u16,
        duration: Duration,
    ) {
        let place = Place { route };
        self.0.durations.get_or_create(&place).observe(duration.as_secs_f64());
        let answer = Answer { method, route: place.route, status };
        self.0.requests.get_or_create(&answer).inc();
    }

    /// A tool was called. The name has to be one of the target's own: anyone can send any other.
    #[cfg(feature = "mcp")]
    pub(crate) fn tool(&self, name: &str, ok: bool, duration: Duration) {
        let tool = Tool { tool: name.to_owned(), outcome: outcome(ok) };
        self.0.tools.get_or_create(&tool).observe(duration.as_secs_f64());
    }

    /// An access token was issued at the token endpoint.
    pub(crate) fn issued(&self, grant_type: &'static str) {
        self.0.tokens.get_or_create(&Grant { grant_type }).inc();
    }

    /// Redis answered, or failed to.
    #[cfg(feature = "redis")]
    pub(crate) fn redis(&self, operation: &'static str, ok: bool, duration: Duration) {
        let operation = Operation { operation, outcome: outcome(ok) };
        self.0.redis.get_or_create(&operation).observe(duration.as_secs_f64());
    }

    /// Event streams that are open.
    pub(crate) fn event_streams(&self) -> Arc<AtomicI64> {
        self.0.open.event_streams.clone()
    }

    /// WebSockets that are open.
    #[cfg(feature = "websocket")]
    pub(crate) fn websockets(&self) -> Arc<AtomicI64> {
        self.0.open.websockets.clone()
    }

    /// Whom to ask how many MCP sessions are open.
    #[cfg(feature = "mcp")]
    pub(crate) fn ask_for_sessions(&self, count: impl Fn() -> usize + Send + Sync + 'static) {
        let _ = self.0.open.sessions.set(Box::new(count));
    }

    pub(crate) fn traffic(&self) -> Arc<Traffic> {
        self.0.traffic.clone()
    }
}

impl Families {
    fn register(&self) -> Registry {
        let mut all = Registry::default();
        let target = all.sub_registry_with_prefix("mcp_target");
        target.register(
            "http_requests",
            "Requests by method, route and status of the answer",
            self.requests.clone(),
        );
        target.register_with_unit(
            "http_request_duration",
            "From a request to the head of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        target.register_with_unit(
            "tool_call_duration",
            "Calls of MCP tools",
            Unit::Seconds,
            self.tools.clone(),
        );
        target.register(
            "tokens_issued",
            "Access tokens issued at the token endpoint",
            self.tokens.clone(),
        );
        #[cfg(feature = "redis")]
        target.register_with_unit(
            "redis_operation_duration",
            "Operations of Redis",
            Unit::Seconds,
            self.redis.clone(),
        );
        target.register_collector(Box::new(self.open.clone()));
        all.register_collector(Box::new(Process::new(self.traffic.clone())));
        all
    }
}

async fn scrape(State(metrics): State<Metrics>) -> Response {
    let mut text = String::new();
    encode(&mut text, &metrics.0.registry).expect("a string takes any text");
    ([(CONTENT_TYPE, TYPE)], text).into_response()
}

#[cfg(any(feature = "mcp", feature = "redis"))]
fn outcome(ok: bool) -> &'static str {
    if ok { "ok" } else { "error" }
}

impl Collector for Now {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut gauge = |name, help, value: i64| {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        let streams = self.event_streams.load(Relaxed);
        gauge("event_streams", "Event streams that are open.", streams)?;
        #[cfg(feature = "websocket")]
        gauge("websockets", "WebSockets that are open.", self.websockets.load(Relaxed))?;
        if let Some(count) = self.sessions.get() {
            gauge("mcp_sessions", "MCP sessions that are open.", count() as i64)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Now").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_happened_is_counted_under_names_of_prometheus() {
        let metrics = Metrics::new();
        metrics.issued("refresh_token");
        #[cfg(feature = "redis")]
        metrics.redis("get", false, Duration::from_millis(2));
        #[cfg(feature = "websocket")]
        metrics.websockets().fetch_add(3, Relaxed);
        #[cfg(feature = "mcp")]
        {
            metrics.tool("listEntities", true, Duration::from_micros(100));
            metrics.ask_for_sessions(|| 7);
        }
        let text = axum::body::to_bytes(scrape(State(metrics)).await.into_body(), 100_000).await;
        let text = String::from_utf8(text.unwrap().to_vec()).unwrap();
        for (line, is_there) in [
            (r#"mcp_target_tokens_issued_total{grant_type="refresh_token"} 1"#, true),
            (
                r#"mcp_target_redis_operation_duration_seconds_bucket{le="0.001",operation="get",outcome="error"} 0"#,
                cfg!(feature = "redis"),
            ),
            (
                r#"mcp_target_redis_operation_duration_seconds_bucket{le="0.0025",operation="get",outcome="error"} 1"#,
                cfg!(feature = "redis"),
            ),
            (
                r#"mcp_target_tool_call_duration_seconds_count{tool="listEntities",outcome="ok"} 1"#,
                cfg!(feature = "mcp"),
            ),
            ("mcp_target_mcp_sessions 7", cfg!(feature = "mcp")),
            ("mcp_target_websockets 3", cfg!(feature = "websocket")),
            ("# EOF", true),
        ] {
            assert_eq!(text.lines().any(|it| it == line), is_there, "{line} in\n{text}");
        }
    }
}
