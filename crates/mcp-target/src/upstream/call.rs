//! What passes between the layers.

use std::time::Duration;

use axum::http::{HeaderName, StatusCode};
use serde_json::Value;
use url::Url;

/// Which try of a call a request is.
pub(crate) const ATTEMPT: HeaderName = HeaderName::from_static("x-attempt");

/// A request to the API, of which each try is one.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) url: Url,
    /// Of the tries, from 1.
    pub(crate) attempt: u32,
}

/// What the API answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    /// JSON, or text.
    pub(crate) body: Value,
    /// Of which this one answered.
    pub(crate) attempt: u32,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("the API failed several times in a row and is left alone; it is tried again in {} ms", .0.as_millis())]
    OpenCircuit(Duration),
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    #[error("failed to connect: {0}")]
    Connect(String),
    #[error("{0}")]
    Other(String),
}

impl CallError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::OpenCircuit(_) => "upstream_open_circuit",
            Self::Timeout(_) => "upstream_timeout",
            Self::Connect(_) | Self::Other(_) => "upstream_error",
        }
    }
}
