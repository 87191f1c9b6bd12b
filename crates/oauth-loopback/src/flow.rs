//! The whole way from an address to a token, in one function.
//!
//! In: a `Config` and a listener. Out: a `Grant`. It tries again where there is a remedy.

pub(crate) mod asked;
pub(crate) mod authorize;
pub(crate) mod config;
pub(crate) mod registrar;
