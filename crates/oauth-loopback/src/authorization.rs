//! The person's part: a request is made, a browser opens it, and what comes back to the loopback listener becomes a code.
//!
//! In: what the server offers and who the client is. Out: a code with the verifier that belongs to it, ready to be exchanged.

pub(crate) mod callback;
pub(crate) mod code;
pub(crate) mod connections;
pub(crate) mod listener;
pub(crate) mod opening;
pub(crate) mod page;
pub(crate) mod pkce;
pub(crate) mod prompt;
pub(crate) mod received;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod wait;
