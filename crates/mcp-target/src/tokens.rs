//! Tokens for what a client shows, and what becomes of them: refreshed, explained, revoked, used to ask who somebody is.
//!
//! In: requests of a client. Out: tokens and what they mean.

pub(crate) mod client_credentials;
pub(crate) mod endpoint;
pub(crate) mod exchange;
pub(crate) mod grant;
pub(crate) mod introspection;
pub(crate) mod issue;
pub(crate) mod refresh;
pub(crate) mod refused;
pub(crate) mod revocation;
pub(crate) mod userinfo;
