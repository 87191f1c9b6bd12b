//! Tokens: how they are asked for, read, kept in a file, refreshed, handed out and revoked.
//!
//! In: a code or a client's own credentials. Out: a `Grant`.

pub(crate) mod broker;
pub(crate) mod claims;
pub(crate) mod client_credentials;
pub(crate) mod endpoint;
pub(crate) mod grant;
pub(crate) mod grant_file;
pub(crate) mod response;
