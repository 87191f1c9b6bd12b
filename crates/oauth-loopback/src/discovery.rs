//! From the address of a resource, or of an issuer, to the authorization server and what it supports.
//!
//! In: an address or a challenge. Out: a `Discovery`.

pub(crate) mod challenge;
pub(crate) mod discover;
pub(crate) mod server_metadata;
