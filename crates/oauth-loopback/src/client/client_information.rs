use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::error::{Error, printable};
use crate::http::lenient;
use crate::secret::{AccessToken, ClientSecret};

/// A client as the authorization server knows it, RFC 7591 §3.2.1. Where it differs from what was asked, it is right.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientInformation {
    /// Public, unlike what follows.
    #[serde(deserialize_with = "lenient::name")]
    pub client_id: String,
    /// What a confidential client proves itself with.
    #[serde(default, deserialize_with = "client_secret", skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<ClientSecret>,
    /// Seconds since 1970; 0 is never.
    #[serde(
        default,
        deserialize_with = "lenient::number",
        skip_serializing_if = "Option::is_none"
    )]
    pub client_secret_expires_at: Option<u64>,
    /// How the client is to use its secret; `none` for a public client.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// As people read it on the consent page.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Those that the server kept.
    #[serde(default, deserialize_with = "lenient::words", skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// What the client may ask for, space-separated.
    #[serde(default, deserialize_with = "lenient::scope", skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where the client can be read and deleted, RFC 7592. The address is a secret.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub registration_client_uri: Option<String>,
    /// What is shown there.
    #[serde(default, deserialize_with = "access_token", skip_serializing_if = "Option::is_none")]
    pub registration_access_token: Option<AccessToken>,
    /// What proves who the client is, in the place of a secret.
    #[cfg(feature = "private-key-jwt")]
    #[serde(skip)]
    pub client_key: Option<crate::client::client_key::ClientKey>,
    /// Where it was registered; a client that was registered beforehand may be used at any issuer.
    #[serde(skip)]
    pub(crate) issuer: Option<String>,
}

/// An empty one is none.
fn client_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ClientSecret>, D::Error> {
    Ok(lenient::text(from)?.map(ClientSecret::new))
}

fn access_token<'de, D: Deserializer<'de>>(from: D) -> Result<Option<AccessToken>, D::Error> {
    Ok(lenient::text(from)?.map(AccessToken::new))
}

impl ClientInformation {
    /// A public client that was registered beforehand.
    pub fn preregistered(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: None,
            client_secret_expires_at: None,
            token_endpoint_auth_method: None,
            client_name: None,
            redirect_uris: None,
            scope: None,
            registration_client_uri: None,
            registration_access_token: None,
            #[cfg(feature = "private-key-jwt")]
            client_key: None,
            issuer: None,
        }
    }

    /// A client whose id is the address of its metadata document, for any issuer that reads such documents.
    ///
    /// The document must list a loopback redirect URI with the path that is listened on; any port will do.
    ///
    /// # Errors
    /// [`Error::ClientMetadataUrl`].
    pub fn from_metadata_url(url: &str) -> Result<Self, Error> {
        let refused = || Error::ClientMetadataUrl { url: printable(url) };
        let parsed = Url::parse(url).map_err(|_| refused())?;
        let plain = parsed.scheme() == "https"
            && parsed.path() != "/"
            && parsed.username().is_empty()
            && parsed.password().is_none()
            && parsed.fragment().is_none();
        // The server compares letters, so what a parser would change must not be there: dot segments, capitals, spaces.
        if !plain || parsed.as_str() != url {
            return Err(refused());
        }
        Ok(Self::preregistered(url))
    }

    /// Those of the `wanted` scopes that the registration left; all of them where it says nothing of them.
    pub(crate) fn registered_for(&self, wanted: Vec<String>) -> Vec<String> {
        let left = self.scope.as_deref().unwrap_or_default();
        let is_left = |it: &String| left.split_ascii_whitespace().any(|left| left == it);
        if !wanted.iter().any(is_left) {
            return wanted;
        }
        // That OpenID Connect is spoken is no permission, and some servers do not list it.
        wanted.into_iter().filter(|it| it == "openid" || is_left(it)).collect()
    }

    /// The way to authenticate at the token endpoint.
    ///
    /// A client with a key shows that unless it was told otherwise. One with a secret that was not told how uses Basic, RFC
    /// 7591's default, unless the server's metadata has only the other way.
    pub(crate) fn authentication(&self, supported: Option<&[String]>) -> Authentication<'_> {
        let method = self.token_endpoint_auth_method.as_deref();
        #[cfg(feature = "private-key-jwt")]
        if let (Some(key), None | Some("private_key_jwt")) = (&self.client_key, method) {
            return Authentication::Assertion(key);
        }
        const BASIC: &str = "client_secret_basic";
        const POST: &str = "client_secret_post";
        let lists = |name: &str| supported.is_some_and(|it| it.iter().any(|it| it == name));
        let default = if lists(POST) && !lists(BASIC) { POST } else { BASIC };
        let secret = self.client_secret.as_ref().filter(|it| !it.reveal().is_empty());
        match (secret, method.unwrap_or(default)) {
            (None, _) | (_, "none") => Authentication::None,
            (Some(secret), POST) => Authentication::Post(secret),
            (Some(secret), _) => Authentication::Basic(secret),
        }
    }
}

impl fmt::Debug for ClientInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientInformation")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("token_endpoint_auth_method", &self.token_endpoint_auth_method)
            .field("client_name", &self.client_name)
            .field("redirect_uris", &self.redirect_uris)
            .field("scope", &self.scope)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

pub(crate) enum Authentication<'a> {
    None,
    Post(&'a ClientSecret),
    Basic(&'a ClientSecret),
    #[cfg(feature = "private-key-jwt")]
    Assertion(&'a crate::client::client_key::ClientKey),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(response: &str, expected: &str) {
        let client: ClientInformation =
            serde_json::from_str(response).expect("a registration response");
        let seen = match client.authentication(None) {
            Authentication::None => "none",
            Authentication::Post(_) => "post",
            Authentication::Basic(_) => "basic",
            #[cfg(feature = "private-key-jwt")]
            Authentication::Assertion(_) => "assertion",
        };
        assert_eq!(seen, expected, "{response}");
    }

    #[test]
    fn the_response_decides_how_the_client_authenticates() {
        check(r#"{"client_id":"a"}"#, "none");
        check(
            r#"{"client_id":"a","client_secret":null,"token_endpoint_auth_method":"client_secret_basic"}"#,
            "none",
        );
        check(r#"{"client_id":"a","client_secret":""}"#, "none");
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
    fn a_client_does_not_print_its_secrets() {
        let client: ClientInformation = serde_json::from_str(
            r#"{"client_id":"a","client_secret":"hush","registration_client_uri":"https://a/hush","registration_access_token":"hush"}"#,
        )
        .expect("a registration response");
        assert!(!format!("{client:?}").contains("hush"));
    }

    #[track_caller]
    fn check_scope(left: Option<&str>, wanted: &str, expected: &str) {
        let mut client = ClientInformation::preregistered("a");
        client.scope = left.map(str::to_owned);
        let wanted = wanted.split(' ').map(str::to_owned).collect();
        assert_eq!(client.registered_for(wanted).join(" "), expected, "{left:?}");
    }

    #[test]
    fn a_client_asks_for_what_its_registration_left_of_the_scopes() {
        check_scope(Some("read"), "read write", "read");
        check_scope(Some("write read admin"), "read write", "read write");
        check_scope(None, "read write", "read write");
        check_scope(Some("profile email"), "openid profile admin", "openid profile");
        // A server that speaks of other scopes, or of none, has not said which of these it means.
        check_scope(Some("other"), "read write", "read write");
        check_scope(Some(""), "read", "read");
    }

    #[test]
    fn a_secret_without_a_word_on_its_use_goes_where_the_server_takes_it() {
        let client: ClientInformation =
            serde_json::from_str(r#"{"client_id":"a","client_secret":"s"}"#).expect("a client");
        for (supported, basic) in [
            (&["client_secret_post"][..], false),
            (&["client_secret_post", "client_secret_basic"], true),
            (&["private_key_jwt"], true),
            (&[], true),
        ] {
            let supported: Vec<String> = supported.iter().map(|&it| it.to_owned()).collect();
            let seen = matches!(client.authentication(Some(&supported)), Authentication::Basic(_));
            assert_eq!(seen, basic, "{supported:?}");
        }
    }

    #[test]
    fn a_metadata_document_is_https_with_a_path() {
        let accepted = |url: &str| ClientInformation::from_metadata_url(url).is_ok();
        assert!(accepted("https://a.example/client.json"));
        for url in [
            "http://a.example/client.json",
            "https://a.example/",
            "https://a.example",
            "https://a.example/x/../client.json",
            "https://u:p@a.example/client.json",
            "https://a.example/client.json#x",
            "https://A.example/client.json",
            "client.json",
        ] {
            assert!(!accepted(url), "{url}");
        }
    }
}
