//! What a user granted, and what a client holds of it.

use serde::{Deserialize, Serialize};

/// What a client may ask for with a code or a refresh token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Authorization {
    /// What all that comes of it is known by.
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    /// The key of the account that granted it.
    pub(crate) user: String,
    /// When the user signed in, in seconds since 1970.
    pub(crate) signed_in: u64,
    pub(crate) nonce: Option<String>,
}

/// An authorization code, kept after its use so that a second one is noticed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) authorization: Authorization,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    pub(crate) used: bool,
    /// The refresh tokens that came of it.
    pub(crate) family: Option<String>,
}

/// A refresh token and all that it was rotated into: only the newest is good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Family {
    pub(crate) authorization: Authorization,
    pub(crate) newest: [u8; 32],
    /// How often it was used.
    pub(crate) refreshes: u32,
    /// Those before the newest that are good until then, in seconds since 1970; a fault keeps them.
    pub(crate) spared: Vec<([u8; 32], u64)>,
}
