//! What people see: sign-in, one-time password, consent, and the redirects between them and back to the client.
//!
//! In: requests of a browser. Out: pages, redirects, and a code that a client may show at the token endpoint.

pub(crate) mod app;
pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod login;
pub(crate) mod one_time_password;
pub(crate) mod pages;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod session;
