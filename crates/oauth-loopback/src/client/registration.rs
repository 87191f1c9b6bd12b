//! Dynamic client registration, [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591).

use serde::Serialize;
use url::Url;

use crate::client::client_information::ClientInformation;
use crate::client::deletion::delete_if_offered;
use crate::discovery::discover::Discovery;
use crate::error::{Error, printable};
use crate::http::deadline::{REGISTRATION, within};
use crate::http::transport;
use crate::refusal::Step;
use crate::secret::AccessToken;

/// What a client says about itself, RFC 7591 §2.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ClientMetadata {
    /// As people read it on the consent page.
    pub client_name: String,
    /// Where callbacks may go.
    pub redirect_uris: Vec<String>,
    /// What the client may show for a token.
    pub grant_types: Vec<String>,
    /// What it may be given for a consent.
    pub response_types: Vec<String>,
    /// What it proves itself with; `none` for a public client.
    pub token_endpoint_auth_method: String,
    /// `native`, which may have loopback redirect URIs.
    pub application_type: String,
    /// Space-separated. Servers that check the authorization request against the registration want the same scopes here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Not standard: the resources that the client is linked to, which some servers answer `invalid_target` without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<String>>,
    /// Sent as the bearer of the registration, RFC 7591 §3: an initial access token, or that of a session.
    #[serde(skip)]
    pub initial_access_token: Option<AccessToken>,
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
            resources: None,
            initial_access_token: None,
        }
    }
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
    discovery.check_addresses()?;
    let Some(endpoint) = &discovery.authorization_server.registration_endpoint else {
        let server = &discovery.authorization_server;
        let documents = server.client_id_metadata_document_supported == Some(true);
        return Err(Error::NoRegistration { issuer: printable(discovery.issuer()), documents });
    };
    let mut metadata = metadata.clone();
    if let Some(known) = &discovery.authorization_server.grant_types_supported {
        // A registration that wants more than there is may be refused as a whole.
        metadata.grant_types.retain(|it| it == "authorization_code" || known.contains(it));
    }
    let initial = metadata.initial_access_token.as_ref().map(AccessToken::reveal);
    let request = || {
        let request = http.post(endpoint).header("accept", "application/json").json(&metadata);
        Ok(initial.iter().fold(request, |request, it| request.bearer_auth(it)))
    };
    let asked = transport::fetch(Step::Registration, request);
    let response = within(REGISTRATION, "registering a client at", endpoint, asked).await?;
    if let Some(refused) = response.refusal(initial.as_slice()) {
        return Err(refused);
    }
    let client: ClientInformation = response.json()?;
    let client = ClientInformation { issuer: Some(discovery.issuer().to_owned()), ..client };
    if let Some(kept) = &client.redirect_uris
        && let Some(lost) = metadata
            .redirect_uris
            .iter()
            .find(|it| !kept.iter().any(|kept| same_but_port(kept, it)))
    {
        let kept = printable(&format!("{kept:?}"));
        delete_if_offered(http, discovery.issuer(), &client).await;
        return Err(Error::RedirectUriReplaced { redirect_uri: lost.clone(), kept });
    }
    Ok(client)
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
}
