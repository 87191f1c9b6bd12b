//! An authorization server for public clients: authorization code with PKCE, and rotating refresh tokens.
//!
//! In: requests of a browser and of a client. Out: pages, redirects and token responses.

pub(crate) mod app;
pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod login;
pub(crate) mod metadata;
pub(crate) mod pages;
pub(crate) mod parameters;
pub(crate) mod redirect;
pub(crate) mod registration;
pub(crate) mod router;
pub(crate) mod session;
pub(crate) mod state;
pub(crate) mod token;
