//! The token response, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1).

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::http::lenient;
use crate::secret::{AccessToken, RefreshToken};
use crate::token::claims::UnverifiedClaims;

/// A token response, RFC 6749 §5.1; it is read and written in that form.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenResponse {
    /// What a resource is shown.
    pub access_token: AccessToken,
    /// `Bearer`, in any spelling.
    pub token_type: String,
    /// Seconds, counted from the request.
    #[serde(
        default,
        deserialize_with = "lenient::number",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_in: Option<u64>,
    /// What was granted; a server that leaves it out granted what was asked, which then stands here.
    #[serde(default, deserialize_with = "lenient::scope", skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What gets the next token, where the server gave one.
    #[serde(default, deserialize_with = "refresh_token", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<RefreshToken>,
    /// What the server says beyond that, such as `id_token`. It may be secret, and `Debug` shows the names alone.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// An empty one is none.
fn refresh_token<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RefreshToken>, D::Error> {
    Ok(lenient::text(from)?.map(RefreshToken::new))
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("access_token", &self.access_token)
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token)
            .field("other", &self.other.keys())
            .finish()
    }
}

impl TokenResponse {
    /// A bearer token that came from elsewhere, of which nothing more is known.
    pub fn bearer(access_token: AccessToken) -> Self {
        Self {
            access_token,
            token_type: "Bearer".to_owned(),
            expires_in: None,
            scope: None,
            refresh_token: None,
            other: Map::new(),
        }
    }

    /// When the access token ends, as far as anyone says: the earlier of what this response and what the token says.
    pub fn ends_at(&self, asked_at: SystemTime) -> Option<SystemTime> {
        let lifetime = self.expires_in.map(Duration::from_secs);
        self.earlier_end(lifetime.and_then(|it| asked_at.checked_add(it)))
    }

    /// The one rule for the end of a token, given its end by the response.
    pub(crate) fn earlier_end(&self, by_response: Option<SystemTime>) -> Option<SystemTime> {
        let claims = UnverifiedClaims::decode(&self.access_token).ok();
        by_response.into_iter().chain(claims.and_then(|it| it.expires_at())).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expires_in: Option<u64>, written: &str) {
        let token: TokenResponse = serde_json::from_str(json).expect("a token response");
        assert_eq!(token.expires_in, expires_in, "{json}");
        assert_eq!(serde_json::to_string(&token).expect("strings and numbers"), written);
    }

    #[test]
    fn a_token_response_is_read_as_servers_write_it_and_written_as_the_rfc_does() {
        check(
            r#"{"id_token":"x","access_token":"a","token_type":"Bearer","expires_in":3600,"more":{"n":1}}"#,
            Some(3600),
            r#"{"access_token":"a","token_type":"Bearer","expires_in":3600,"id_token":"x","more":{"n":1}}"#,
        );
        check(
            r#"{"access_token":"a","token_type":"bearer","expires_in":"60","scope":"","refresh_token":"r"}"#,
            Some(60),
            r#"{"access_token":"a","token_type":"bearer","expires_in":60,"scope":"","refresh_token":"r"}"#,
        );
        check(
            r#"{"access_token":"a","token_type":"Bearer","expires_in":null,"scope":null,"refresh_token":null}"#,
            None,
            r#"{"access_token":"a","token_type":"Bearer"}"#,
        );
    }

    #[test]
    fn a_token_ends_when_the_first_of_its_two_ends_comes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        // {"exp":4600}, and a token that says nothing.
        let (jwt, opaque) = ("e30.eyJleHAiOjQ2MDB9.c2ln", "opaque");
        for (token, expires_in, ends_at) in [
            (jwt, Some(5), Some(1_005)),
            (jwt, Some(7_200), Some(4_600)),
            (jwt, None, Some(4_600)),
            (opaque, Some(5), Some(1_005)),
            (opaque, Some(u64::MAX), None),
            (opaque, None, None),
        ] {
            let mut response = TokenResponse::bearer(AccessToken::new(token.to_owned()));
            response.expires_in = expires_in;
            let ends_at = ends_at.map(|it| SystemTime::UNIX_EPOCH + Duration::from_secs(it));
            assert_eq!(response.ends_at(now), ends_at, "{token} {expires_in:?}");
        }
    }

    #[test]
    fn a_token_response_does_not_print_its_tokens() {
        let token: TokenResponse = serde_json::from_str(
            r#"{"access_token":"hush1","token_type":"Bearer","refresh_token":"hush2","id_token":"hush3"}"#,
        )
        .expect("a token response");
        let said = format!("{token:?}");
        assert!(!said.contains("hush") && said.contains("id_token"), "{said}");
    }
}
