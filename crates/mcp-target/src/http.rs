//! How HTTP is spoken, whatever is served.
//!
//! In: connections. Out: answers of a router, within the limits that a target was given.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod clock;
#[cfg(feature = "compression")]
pub(crate) mod compression;
pub(crate) mod connections;
pub(crate) mod documents;
pub(crate) mod limiter;
pub(crate) mod stream;
