//! Dynamic client registration, [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591).

use serde::{Deserialize, Serialize};
use url::Url;

use crate::discovery::Discovery;
use crate::error::{Error, Step, clean};
use crate::http;
use crate::secret::ClientSecret;

/// What a client says about itself, RFC 7591 §2.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ClientMetadata {
    pub client_name: String,
    pub redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    pub response_types: Vec<String>,
    pub token_endpoint_auth_method: String,
    pub application_type: String,
    /// Space-separated. Servers that check the authorization request against the registration want the same scopes here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl ClientMetadata {
    /// A public native client with one loopback redirect URI, which must be the one that is listened on.
    pub fn native(client_name: &str, redirect_uri: &str) -> Self {
        Self {
            client_name: client_name.to_owned(),
            redirect_uris: vec![redirect_uri.to_owned()],
            grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
            response_types: vec!["code".to_owned()],
            token_endpoint_auth_method: "none".to_owned(),
            application_type: "native".to_owned(),
            scope: None,
        }
    }
}

/// A client as the authorization server knows it, RFC 7591 §3.2.1. Where it differs from what was asked, it is right.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ClientInformation {
    pub client_id: String,
    pub client_secret: Option<ClientSecret>,
    pub token_endpoint_auth_method: Option<String>,
    pub client_name: Option<String>,
    pub redirect_uris: Option<Vec<String>>,
    pub scope: Option<String>,
    /// Where it was registered; a client that was registered beforehand may be used at any issuer.
    #[serde(skip)]
    pub(crate) issuer: Option<String>,
}

impl ClientInformation {
    /// A public client that was registered beforehand.
    pub fn preregistered(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: None,
            token_endpoint_auth_method: None,
            client_name: None,
            redirect_uris: None,
            scope: None,
            issuer: None,
        }
    }

    /// The way to authenticate at the token endpoint, with RFC 7591's default for a client that has a secret.
    pub(crate) fn authentication(&self) -> Authentication<'_> {
        match (&self.client_secret, self.token_endpoint_auth_method.as_deref()) {
            (None, _) | (_, Some("none")) => Authentication::None,
            (Some(secret), Some("client_secret_post")) => Authentication::Post(secret),
            (Some(secret), _) => Authentication::Basic(secret),
        }
    }
}

pub(crate) enum Authentication<'a> {
    None,
    Post(&'a ClientSecret),
    Basic(&'a ClientSecret),
}

/// Registers a client.
///
/// # Errors
/// [`Error::Refused`] with the server's own words, [`Error::NoRegistration`] where it offers none, and
/// [`Error::PkceUnadvertised`] before anything is left behind at a server that the flow will refuse.
pub async fn register(
    http: &reqwest::Client,
    discovery: &Discovery,
    metadata: &ClientMetadata,
) -> Result<ClientInformation, Error> {
    discovery.require_pkce()?;
    let Some(endpoint) = &discovery.authorization_server.registration_endpoint else {
        return Err(Error::NoRegistration { issuer: clean(&discovery.issuer) });
    };
    let request = http.post(endpoint).header("accept", "application/json").json(metadata);
    let answer = http::answer(Step::Registration, request).await?;
    if let Some(refused) = answer.refusal(&[]) {
        return Err(refused);
    }
    let client: ClientInformation = answer.json()?;
    if let Some(kept) = &client.redirect_uris
        && let Some(lost) = metadata
            .redirect_uris
            .iter()
            .find(|it| !kept.iter().any(|kept| same_but_port(kept, it)))
    {
        return Err(Error::RedirectUriReplaced {
            redirect_uri: lost.clone(),
            kept: clean(&format!("{kept:?}")),
        });
    }
    Ok(ClientInformation { issuer: Some(discovery.issuer.clone()), ..client })
}

/// Some servers keep a loopback redirect URI without its port, since any port will do (RFC 8252 §7.3).
fn same_but_port(one: &str, other: &str) -> bool {
    let without_port = |it: &str| {
        let mut url = Url::parse(it).ok()?;
        url.set_port(None).ok()?;
        Some(url)
    };
    one == other || without_port(one).is_some_and(|it| Some(it) == without_port(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_client_says_so_and_asks_for_no_secret() {
        let mut metadata = ClientMetadata::native("Load test", "http://127.0.0.1:4711/callback");
        metadata.scope = Some("mcp:read".to_owned());
        let json = serde_json::to_value(&metadata).expect("strings and lists of strings");
        assert_eq!(json["application_type"], "native");
        assert_eq!(json["token_endpoint_auth_method"], "none");
        assert_eq!(json["redirect_uris"][0], "http://127.0.0.1:4711/callback");
        assert_eq!(json["scope"], "mcp:read");
    }

    #[track_caller]
    fn check(answer: &str, expected: &str) {
        let client: ClientInformation =
            serde_json::from_str(answer).expect("a registration answer");
        let seen = match client.authentication() {
            Authentication::None => "none",
            Authentication::Post(_) => "post",
            Authentication::Basic(_) => "basic",
        };
        assert_eq!(seen, expected, "{answer}");
    }

    #[test]
    fn the_answer_decides_how_the_client_authenticates() {
        check(r#"{"client_id":"a"}"#, "none");
        check(
            r#"{"client_id":"a","client_secret":null,"token_endpoint_auth_method":"client_secret_basic"}"#,
            "none",
        );
        check(r#"{"client_id":"a","client_secret":"s"}"#, "basic");
        check(
            r#"{"client_id":"a","client_secret":"s","token_endpoint_auth_method":"client_secret_post"}"#,
            "post",
        );
        check(
            r#"{"client_id":"a","client_secret":"s","token_endpoint_auth_method":"none","public":true}"#,
            "none",
        );
    }

    #[test]
    fn a_client_does_not_print_its_secret() {
        let client: ClientInformation =
            serde_json::from_str(r#"{"client_id":"a","client_secret":"hush"}"#)
                .expect("a registration answer");
        assert!(!format!("{client:?}").contains("hush"));
    }
}
