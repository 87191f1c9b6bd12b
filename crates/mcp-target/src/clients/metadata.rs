//! Client metadata, [RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2): what of it is allowed, and how it is told.

use serde::Deserialize;
use serde_json::{Value, json};
use tool_edge::printable_within;
use url::Url;

use crate::authorization_server::scopes::{SCOPES, are_known};
use crate::clients::client::{Client, Method, is_http_on_loopback};
use crate::clients::public_key::PublicKey;
use crate::config::faults::{Fault, Faults};
use crate::signing::claims;

const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];

/// The longest name that a consent page shows.
const MAX_NAME: usize = 100;

/// The most and the longest redirect URIs that are kept for a client, and its most keys.
const MAX_REDIRECT_URIS: usize = 5;
const MAX_REDIRECT_URI: usize = 500;
const MAX_KEYS: usize = 5;

#[derive(Deserialize)]
pub(super) struct Metadata {
    /// Only of a document, and of a registration that is changed.
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    token_endpoint_auth_method: Option<String>,
    jwks: Option<Keys>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

/// Why client metadata is refused: by an error of RFC 7591 §3.2.2, with its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) &'static str, pub(super) &'static str);

const METADATA: &str = "invalid_client_metadata";

impl Metadata {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body)
            .map_err(|_| Refusal(METADATA, "the body is not client metadata"))
    }

    /// A client with what is allowed of this; its secret is still to come where it wants one.
    ///
    /// A client that does not say how it authenticates is a public one: those of MCP are.
    pub(super) fn client(self, faults: Faults) -> Result<Client, Refusal> {
        let grant_types = self.grant_types.unwrap_or_else(|| vec!["authorization_code".into()]);
        if !grant_types.iter().all(|it| GRANT_TYPES.contains(&it.as_str())) {
            return Err(Refusal(METADATA, "a grant type is not supported"));
        }
        let with_code = grant_types.iter().any(|it| it == "authorization_code");
        if with_code == self.redirect_uris.is_empty()
            || self.redirect_uris.len() > MAX_REDIRECT_URIS
        {
            let description = "a client with a browser has between one and five redirect URIs";
            return Err(Refusal("invalid_redirect_uri", description));
        }
        let is_native = match self.application_type.as_deref() {
            None if faults.has(Fault::NativeOnly) => false,
            None | Some("native") => true,
            Some("web") => false,
            Some(_) => return Err(Refusal(METADATA, "application_type is native or web")),
        };
        if faults.has(Fault::NativeOnly) && !is_native {
            let description = "a loopback redirect URI needs application_type native";
            return Err(Refusal("invalid_redirect_uri", description));
        }
        if !self.redirect_uris.iter().all(|it| is_allowed(it, is_native)) {
            let description = "a redirect URI is https, or http on loopback for a native client, and not too long";
            return Err(Refusal("invalid_redirect_uri", description));
        }
        let response_types = self.response_types.unwrap_or_else(|| vec!["code".into()]);
        if response_types != ["code"] && (with_code || !response_types.is_empty()) {
            return Err(Refusal(METADATA, "the only response type is code"));
        }
        let scope =
            self.scope.filter(|it| !it.trim().is_empty()).unwrap_or_else(|| SCOPES.join(" "));
        if !are_known(&scope) {
            return Err(Refusal(METADATA, "a scope is not supported"));
        }
        let method = match self.token_endpoint_auth_method.as_deref() {
            None | Some("none") => Method::None,
            Some("client_secret_basic") => Method::Basic,
            Some("client_secret_post") => Method::Post,
            Some("private_key_jwt") => Method::PrivateKeyJwt,
            Some(_) => return Err(Refusal(METADATA, "the authentication method is not supported")),
        };
        if method == Method::None && grant_types.iter().any(|it| it == "client_credentials") {
            return Err(Refusal(METADATA, "client_credentials needs a client that authenticates"));
        }
        let keys = match (method, self.jwks) {
            (Method::PrivateKeyJwt, Some(it)) => public_keys(it),
            _ => Vec::new(),
        };
        if method == Method::PrivateKeyJwt && keys.is_empty() {
            return Err(Refusal(
                METADATA,
                "private_key_jwt needs jwks with a key for ES256, RS256 or EdDSA",
            ));
        }
        Ok(Client {
            name: printable_within(&self.client_name.unwrap_or_default(), MAX_NAME),
            redirect_uris: self.redirect_uris,
            grant_types,
            method,
            secret: None,
            keys,
            scope,
            is_native,
            issued_at: claims::now(),
            registration_access_token: None,
        })
    }
}

/// What the server knows of a client, as it is told to it: RFC 7591 §3.2.1 and RFC 7592 §3.
pub(super) fn information(id: &str, client: &Client, base: &str, token: &str) -> Value {
    let with_code = client.may("authorization_code");
    let mut it = json!({
        "client_id": id,
        "client_id_issued_at": client.issued_at,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": client.grant_types,
        "response_types": if with_code { &["code"][..] } else { &[] },
        "token_endpoint_auth_method": client.method,
        "application_type": if client.is_native { "native" } else { "web" },
        "scope": client.scope,
        "registration_client_uri": format!("{base}/register/{id}"),
        "registration_access_token": token,
    });
    if let Some(secret) = &client.secret {
        it["client_secret"] = secret.as_str().into();
        it["client_secret_expires_at"] = 0.into();
    }
    if !client.keys.is_empty() {
        it["jwks"] = json!({"keys": client.keys});
    }
    it
}

/// Those of a kind that is known; others are of no use here.
fn public_keys(jwks: Keys) -> Vec<PublicKey> {
    let keys = jwks.keys.into_iter().filter_map(|it| serde_json::from_value(it).ok());
    keys.filter(PublicKey::is_usable).take(MAX_KEYS).collect()
}

fn is_allowed(uri: &str, native: bool) -> bool {
    if uri.len() > MAX_REDIRECT_URI {
        return false;
    }
    let Ok(uri) = Url::parse(uri) else { return false };
    let plain = uri.fragment().is_none() && uri.username().is_empty() && uri.password().is_none();
    plain && (uri.scheme() == "https" || native && is_http_on_loopback(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_https_or_loopback() {
        for (uri, native, expect) in [
            ("http://127.0.0.1:4711/callback", true, true),
            ("http://[::1]:4711/callback", true, true),
            ("http://localhost/callback", true, true),
            ("http://api.localhost/callback", true, true),
            ("https://app.example/callback", true, true),
            ("https://app.example/callback", false, true),
            ("http://127.0.0.1:4711/callback", false, false),
            ("http://app.example/callback", true, false),
            ("http://127.0.0.1.example/callback", true, false),
            ("http://user@127.0.0.1/callback", true, false),
            ("http://127.0.0.1/callback#fragment", true, false),
            ("javascript:alert(1)", true, false),
            ("com.example.app:/callback", true, false),
            ("callback", true, false),
        ] {
            assert_eq!(is_allowed(uri, native), expect, "{uri}");
        }
    }
}
