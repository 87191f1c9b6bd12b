//! What is remembered of somebody's way through the screens.

use serde::{Deserialize, Serialize};

/// An authorization request on its way through login and consent.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingRequest {
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    pub(crate) scope: String,
    /// Somebody has to sign in, whoever is signed in already.
    pub(crate) needs_login: bool,
    /// Somebody has to be asked, whatever is remembered.
    pub(crate) needs_consent: bool,
    /// How many passwords and one-time passwords were wrong.
    #[serde(default)]
    pub(crate) wrong: u8,
    /// Who wants to sign in, where that is asked before the password.
    pub(crate) email: Option<String>,
    /// Whose password was right, where a one-time password comes after it: the key of an account.
    pub(crate) known: Option<String>,
    /// The login session that saw the consent page; no other may decide.
    pub(crate) session: Option<String>,
}

/// Somebody who signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    /// The key of an account.
    pub(crate) user: String,
    /// When, in seconds since 1970.
    pub(crate) at: u64,
}
