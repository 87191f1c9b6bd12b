//! The token endpoint, [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3) and §6.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::Client;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, Step, clean};
use crate::http;
use crate::pkce::CodeVerifier;
use crate::registration::{Authentication, ClientInformation};
use crate::secret::{AccessToken, RefreshToken};

/// A token response, RFC 6749 §5.1; it is read and written in that form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenResponse {
    pub access_token: AccessToken,
    pub token_type: String,
    /// Seconds, counted from the request.
    #[serde(default, deserialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What was granted; a server that leaves it out granted what was asked, which then stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<RefreshToken>,
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
        }
    }
}

/// A token with all that is needed to use and to refresh it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Grant {
    pub token: TokenResponse,
    pub issuer: String,
    pub token_endpoint: String,
    pub client_id: String,
    /// The resource indicator that the token was asked for.
    pub resource: Option<String>,
    /// When the access token ends by the token response, on this machine's clock.
    pub expires_at: Option<SystemTime>,
    endpoint: TokenEndpoint,
}

/// The code of a callback that passed every check, good for one exchange.
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
        let (token, expires_at) =
            endpoint.request(http, Step::Token, &form, &[&code, verifier.reveal()]).await?;
        Ok(Grant {
            token,
            issuer: endpoint.issuer.clone(),
            token_endpoint: endpoint.url.clone(),
            client_id: endpoint.client.client_id.clone(),
            resource: Some(endpoint.resource.clone()),
            expires_at,
            endpoint,
        })
    }
}

impl Grant {
    /// Gets the next access token; resource and scope are sent again, and a rotated refresh token replaces the old one.
    ///
    /// # Errors
    /// [`Error::NoRefreshToken`], [`Error::Refused`]; the grant is then as it was.
    pub async fn refresh(&mut self, http: &Client) -> Result<(), Error> {
        let refresh_token = self.token.refresh_token.clone().ok_or(Error::NoRefreshToken)?;
        let mut form =
            vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.reveal())];
        let scope = self.token.scope.clone().unwrap_or_default();
        if !scope.is_empty() {
            form.push(("scope", &scope));
        }
        let (mut token, expires_at) =
            self.endpoint.request(http, Step::Refresh, &form, &[refresh_token.reveal()]).await?;
        token.refresh_token.get_or_insert(refresh_token);
        if !scope.is_empty() {
            token.scope.get_or_insert(scope);
        }
        (self.token, self.expires_at) = (token, expires_at);
        Ok(())
    }
}

/// Where tokens come from, for one client and one resource.
#[derive(Debug, Clone)]
pub(crate) struct TokenEndpoint {
    pub(crate) url: String,
    pub(crate) issuer: String,
    pub(crate) client: ClientInformation,
    pub(crate) resource: String,
    /// The scope of the authorization request, space-separated, empty if none was named.
    pub(crate) scope: String,
}

impl TokenEndpoint {
    async fn request(
        &self,
        http: &Client,
        step: Step,
        form: &[(&str, &str)],
        secrets: &[&str],
    ) -> Result<(TokenResponse, Option<SystemTime>), Error> {
        let mut form = form.to_vec();
        let mut secrets = secrets.to_vec();
        // Some servers want the client id in the body even beside Basic.
        form.extend([("client_id", self.client.client_id.as_str()), ("resource", &self.resource)]);
        let mut request = http.post(&self.url).header("accept", "application/json");
        match self.client.authentication() {
            Authentication::None => {}
            Authentication::Post(secret) => {
                form.push(("client_secret", secret.reveal()));
                secrets.push(secret.reveal());
            }
            Authentication::Basic(secret) => {
                request = request
                    .basic_auth(encoded(&self.client.client_id), Some(encoded(secret.reveal())));
                secrets.push(secret.reveal());
            }
        }
        let asked_at = SystemTime::now();
        let answer = http::answer(step, request.form(&form)).await?;
        if let Some(refused) = answer.refusal(&secrets) {
            return Err(refused);
        }
        let mut token: TokenResponse = answer.json()?;
        if !token.token_type.eq_ignore_ascii_case("bearer") {
            return Err(Error::TokenType {
                step,
                url: self.url.clone(),
                token_type: clean(&token.token_type),
            });
        }
        if step == Step::Token && !self.scope.is_empty() {
            token.scope.get_or_insert_with(|| self.scope.clone());
        }
        let expires_at =
            token.expires_in.and_then(|it| asked_at.checked_add(Duration::from_secs(it)));
        Ok((token, expires_at))
    }
}

/// The encoding of RFC 6749 §2.3.1, which comes before that of Basic.
fn encoded(it: &str) -> String {
    url::form_urlencoded::byte_serialize(it.as_bytes()).collect()
}

/// Reads a number of seconds, also where a server wrote it as a string or with a fraction.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    Ok(number.filter(|it| *it >= 0.0).map(|it| it as u64))
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
            r#"{"access_token":"a","token_type":"Bearer","expires_in":3600,"id_token":"x"}"#,
            Some(3600),
            r#"{"access_token":"a","token_type":"Bearer","expires_in":3600}"#,
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
    fn a_token_response_does_not_print_its_tokens() {
        let token: TokenResponse = serde_json::from_str(
            r#"{"access_token":"hush1","token_type":"Bearer","refresh_token":"hush2"}"#,
        )
        .expect("a token response");
        assert!(!format!("{token:?}").contains("hush"));
    }
}
