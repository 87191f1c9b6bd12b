//! Tokens in the making and on their way back: keys and their rotation, signatures, references, and what was revoked.
//!
//! In: claims, or a token that somebody shows. Out: a token, or the claims of a good one.

pub(crate) mod access_tokens;
pub(crate) mod claims;
pub(crate) mod signing_key;
pub(crate) mod signing_keys;
