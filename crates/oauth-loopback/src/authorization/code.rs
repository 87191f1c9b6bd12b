//! The code of a callback, [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).

use std::fmt;

use reqwest::Client;

use crate::authorization::pkce::CodeVerifier;
use crate::error::Error;
use crate::refusal::Step;
use crate::token::endpoint::TokenEndpoint;
use crate::token::grant::Grant;

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
    /// [`Error::Refused`] with the server's own words; a redirect is not followed and is an error too.
    pub async fn exchange(self, http: &Client) -> Result<Grant, Error> {
        let Self { code, redirect_uri, verifier, endpoint } = self;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", verifier.reveal()),
        ];
        let response =
            endpoint.request(http, Step::Token, &form, &[&code, verifier.reveal()]).await?;
        Ok(Grant::new(response, endpoint))
    }
}
