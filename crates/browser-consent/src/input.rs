//! What a person knows beforehand: credentials, one-time codes and steps by hand, and how none of it is shown again.
//!
//! In: files and arguments. Out: values that refuse to print.

pub(crate) mod credentials;
pub(crate) mod recipe;
pub(crate) mod redaction;
pub(crate) mod script;
pub(crate) mod totp;
