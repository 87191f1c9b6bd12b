//! The code of a callback, [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).

use std::fmt;

use reqwest::Client;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::authorization::pkce::CodeVerifier;
use crate::authorization::response::Nonce;
use crate::error::{Error, printable};
use crate::refusal::Step;
use crate::secret::AccessToken;
use crate::token::claims::UnverifiedClaims;
use crate::token::endpoint::TokenEndpoint;
use crate::token::grant::Grant;
use crate::token::response::TokenResponse;

/// The code of a callback that passed every check, good for one exchange.
///
/// ```compile_fail,E0382
/// # async fn example(http: &reqwest::Client, code: oauth_loopback::AuthorizationCode) {
/// let first = code.exchange(http).await;
/// let second = code.exchange(http).await;
/// # }
/// ```
pub struct AuthorizationCode {
    pub(crate) code: String,
    pub(crate) redirect_uri: String,
    pub(crate) verifier: CodeVerifier,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) endpoint: TokenEndpoint,
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCode")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl AuthorizationCode {
    /// Exchanges the code for a token, with the code verifier and the resource indicator.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's own words, [`Error::Nonce`] for an ID token of another request; a redirect is
    /// not followed and is an error too.
    pub async fn exchange(self, http: &Client) -> Result<Grant, Error> {
        let Self { code, redirect_uri, verifier, nonce, endpoint } = self;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", verifier.reveal()),
        ];
        let response =
            endpoint.request(http, Step::Token, &form, &[&code, verifier.reveal()]).await?;
        if let Some(nonce) = nonce {
            check_nonce(&response.0, &nonce, &endpoint)?;
        }
        Ok(Grant::new(response, endpoint))
    }
}

/// OpenID Connect Core §3.1.3.7: an ID token repeats the nonce of its request. Nothing else is read in it, and one that
/// cannot be read says nothing.
fn check_nonce(
    response: &TokenResponse,
    sent: &Nonce,
    endpoint: &TokenEndpoint,
) -> Result<(), Error> {
    let token = response.other.get("id_token").and_then(Value::as_str).map(str::to_owned);
    let claims = token.and_then(|it| UnverifiedClaims::decode(&AccessToken::new(it)).ok());
    let Some(claims) = claims else { return Ok(()) };
    let found = claims.claim("nonce").and_then(Value::as_str);
    if found.is_some_and(|it| it.as_bytes().ct_eq(sent.reveal().as_bytes()).into()) {
        return Ok(());
    }
    Err(Error::Nonce { issuer: printable(&endpoint.issuer), missing: found.is_none() })
}
