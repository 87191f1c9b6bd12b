//! What the target says of itself: how its requests went, what they cost, and whether it is ready for more.
//!
//! In: requests and answers as they pass, and what handlers note. Out: logs without secrets, `/metrics`, `/health`, `/ready`.

#[cfg(feature = "metrics")]
pub(crate) mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "observability/no_metrics.rs"]
pub(crate) mod metrics;
#[cfg(feature = "metrics")]
mod process;
pub(crate) mod ready;
pub(crate) mod requests;
pub(crate) mod route;
pub(crate) mod streams;
pub(crate) mod traffic;
