//! What is measured of a scenario beside its calls, and how fast they were.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What k6 and, where its process is known, the target took of the machine; shares are 0 to 1 of all cores together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resources {
    pub k6_cpu: Option<f64>,
    /// The most at once, in bytes.
    pub k6_memory: Option<u64>,
    pub target_cpu: Option<f64>,
    /// The most at once, in bytes.
    pub target_memory: Option<u64>,
    /// The most users at once.
    pub vus: Option<u64>,
    /// Iterations that found no free user.
    pub dropped: Option<u64>,
}

/// What became of the sessions that were opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sessions {
    pub opened: u64,
    pub closed: u64,
    /// Not known to the server any more.
    #[serde(default)]
    pub lost: u64,
    /// Still open on the server, as far as is known.
    pub left: u64,
}

/// One answer that was a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Example {
    /// The class of the failure.
    pub failure: String,
    /// 0 where there was no HTTP answer.
    pub status: u16,
    pub content_type: Option<String>,
    /// The server's words, as far as they can be shown.
    pub said: String,
}

impl Example {
    /// An answer with this status, that said nothing.
    pub fn new(failure: String, status: u16) -> Self {
        Self { failure, status, content_type: None, said: String::new() }
    }
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Latency {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avg: Option<f64>,
    pub p50: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// How often the checks of a script held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checks {
    pub passed: u64,
    pub failed: u64,
    /// How often those failed that ever did, by their names, as far as they are known.
    #[serde(default)]
    pub failing: BTreeMap<String, u64>,
}
