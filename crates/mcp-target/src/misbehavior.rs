//! The MCP endpoint on a bad day: faults around the real server, on its real requests and answers.
//!
//! In: a request with its switched faults. Out: the server's answer with something wrong, or another, or none.

#[cfg(feature = "mcp")]
pub(crate) mod answers;
pub(crate) mod away;
pub(crate) mod door;
pub(crate) mod layers;
#[cfg(feature = "mcp")]
pub(crate) mod message;
#[cfg(feature = "mcp")]
pub(crate) mod requests;
#[cfg(feature = "mcp")]
pub(crate) mod sessions;
#[cfg(feature = "mcp")]
pub(crate) mod streams;
pub(crate) mod switched;
