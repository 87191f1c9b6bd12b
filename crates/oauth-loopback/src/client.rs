//! Who we are to the authorization server: a client that was registered beforehand, is remembered, or is registered now.
//!
//! In: the server's metadata. Out: client information, and where it is kept until the next time.

pub(crate) mod client_information;
#[cfg(feature = "private-key-jwt")]
pub(crate) mod client_key;
pub(crate) mod client_store;
pub(crate) mod deletion;
pub(crate) mod registration;
