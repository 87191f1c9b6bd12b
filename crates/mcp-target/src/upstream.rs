//! The tool that calls an HTTP API, and what keeps a failing one from being called on and on.
//!
//! In: the arguments of a call. Out: what the API answered, or why there is no answer.

pub(crate) mod breaker;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod fake;
pub(crate) mod retry;
pub(crate) mod tool;
