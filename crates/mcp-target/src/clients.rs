//! Clients: how they become known, what is known of them, and how they prove who they are.
//!
//! In: client metadata, or a request with a client's credentials. Out: the client.

pub(crate) mod assertion;
pub(crate) mod authentication;
pub(crate) mod client;
pub(crate) mod configuration;
#[cfg(feature = "outbound")]
pub(crate) mod document;
#[cfg(feature = "outbound")]
pub(crate) mod http;
pub(crate) mod lookup;
pub(crate) mod metadata;
pub(crate) mod public_key;
pub(crate) mod registration;
