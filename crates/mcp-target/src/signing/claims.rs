//! What access tokens say, [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068).

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// What an access token says, or what is kept for one that is a mere reference.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Audience,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) jti: String,
    /// What it came of: a refresh token of the same grant ends it when it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) workspace_id: Option<String>,
}

impl Claims {
    /// Whether they are of this issuer, for this audience, and have not expired.
    pub(crate) fn are_good(&self, issuer: &str, audience: &str, now: u64) -> bool {
        // With a slash at its end it is still ours: a fault may spell it so.
        let ours = self.iss.strip_suffix('/').unwrap_or(&self.iss) == issuer;
        ours && self.aud.has(audience) && now < self.exp
    }
}

/// Whom a token is for, [RFC 7519 §4.1.3](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(crate) fn has(&self, audience: &str) -> bool {
        match self {
            Self::One(it) => it == audience,
            Self::Several(them) => them.iter().any(|it| it == audience),
        }
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs()
}
