//! What the MCP server offers: tools, resources and prompts.
//!
//! In: a request of a client, by name. Out: its answer. How both travel is not seen here.

pub(crate) mod answer;
pub(crate) mod clock;
pub(crate) mod controlled;
pub(crate) mod entities;
pub(crate) mod mock;
#[cfg(feature = "novamart")]
pub(crate) mod novamart;
pub(crate) mod prompts;
pub(crate) mod resources;
pub(crate) mod server;
#[cfg(feature = "novamart")]
pub(crate) mod shop;
#[cfg(feature = "novamart")]
pub(crate) mod sql;
