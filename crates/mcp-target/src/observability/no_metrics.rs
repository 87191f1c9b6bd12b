//! Nothing is counted where the feature `metrics` is off.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use axum::Router;

use crate::observability::route::Route;
use crate::observability::traffic::Traffic;

#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    traffic: Arc<Traffic>,
    event_streams: Arc<AtomicI64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
    }

    pub(crate) fn request(&self, _: Route, _: &'static str, _: u16, _: Duration) {}

    #[cfg(feature = "mcp")]
    pub(crate) fn tool(&self, _: &str, _: bool, _: Duration) {}

    pub(crate) fn issued(&self, _: &'static str) {}

    #[cfg(feature = "redis")]
    pub(crate) fn redis(&self, _: &'static str, _: bool, _: Duration) {}

    pub(crate) fn event_streams(&self) -> Arc<AtomicI64> {
        self.event_streams.clone()
    }

    #[cfg(feature = "websocket")]
    pub(crate) fn websockets(&self) -> Arc<AtomicI64> {
        Arc::default()
    }

    #[cfg(feature = "mcp")]
    pub(crate) fn ask_for_sessions(&self, _: impl Fn() -> usize + Send + Sync + 'static) {}

    pub(crate) fn traffic(&self) -> Arc<Traffic> {
        self.traffic.clone()
    }
}
