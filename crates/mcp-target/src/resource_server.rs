//! The MCP server on the wire: a bearer is checked, a session found, a request handed to what is offered.
//!
//! In: a request of an MCP client. Out: JSON-RPC over Streamable HTTP or a WebSocket.

pub(crate) mod bearer;
#[cfg(feature = "mcp")]
pub(crate) mod event_ids;
#[cfg(all(feature = "mcp", feature = "redis"))]
pub(crate) mod kept_sessions;
#[cfg(feature = "mcp")]
pub(crate) mod mcp;
pub(crate) mod router;
#[cfg(feature = "mcp")]
pub(crate) mod sessions;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;
