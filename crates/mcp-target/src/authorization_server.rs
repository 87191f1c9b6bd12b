//! An authorization server: its addresses, its metadata, and what it knows.
//!
//! In: requests of a browser and of a client. Out: pages, redirects and token responses.

pub(crate) mod metadata;
pub(crate) mod parameters;
pub(crate) mod router;
pub(crate) mod scopes;
pub(crate) mod state;
