//! What the conformance suite of MCP calls by name, and nobody else needs.
//!
//! In: a request for one of its tools, resources or prompts. Out: the answer that the suite prescribes.

pub(crate) mod media;
pub(crate) mod prompts;
pub(crate) mod resources;
pub(crate) mod rounds;
pub(crate) mod sealed;
pub(crate) mod tools;
