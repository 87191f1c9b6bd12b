//! The MCP server: a bearer is checked, a session found, and a tool asked about a small shop's data in SQLite.
//!
//! In: a request of an MCP client. Out: JSON-RPC over Streamable HTTP.

pub(crate) mod bearer;
#[cfg(all(feature = "mcp", feature = "redis"))]
pub(crate) mod kept_sessions;
#[cfg(feature = "mcp")]
pub(crate) mod mcp;
#[cfg(feature = "mcp")]
pub(crate) mod novamart;
pub(crate) mod router;
#[cfg(feature = "mcp")]
pub(crate) mod sessions;
#[cfg(feature = "mcp")]
pub(crate) mod sql;
