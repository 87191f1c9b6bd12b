//! A client as the server knows it.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::clients::public_key::PublicKey;

/// What a client registered, or what was told of it beforehand. It has a secret, so it does not print itself.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) grant_types: Vec<String>,
    pub(crate) method: Method,
    /// What it shows with [`Method::Basic`] and [`Method::Post`].
    pub(crate) secret: Option<String>,
    /// What it signs with, for [`Method::PrivateKeyJwt`].
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) scope: String,
    pub(crate) is_native: bool,
    pub(crate) issued_at: u64,
    /// The hash of what opens its registration; `None` if it did not register.
    pub(crate) registration_access_token: Option<[u8; 32]>,
}

/// How a client proves who it is, by its name in RFC 7591.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Method {
    #[serde(rename = "none")]
    None,
    #[serde(rename = "client_secret_basic")]
    Basic,
    #[serde(rename = "client_secret_post")]
    Post,
    /// Either way; of clients that never said which.
    #[serde(rename = "client_secret")]
    AnySecret,
    #[serde(rename = "private_key_jwt")]
    PrivateKeyJwt,
}

impl Method {
    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Self::Basic | Self::Post | Self::AnySecret)
    }
}

impl Client {
    /// Whether `uri` is registered; on loopback with any port, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).
    pub(crate) fn has_redirect_uri(&self, uri: &str, exact_port: bool) -> bool {
        self.redirect_uris.iter().any(|it| it == uri || !exact_port && same_but_port(it, uri))
    }

    pub(crate) fn may(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|it| it == grant_type)
    }
}

pub(crate) fn is_http_on_loopback(uri: &Url) -> bool {
    uri.scheme() == "http" && uri.host_str().is_some_and(tool_edge::is_loopback)
}

fn same_but_port(registered: &str, uri: &str) -> bool {
    let (Ok(mut registered), Ok(mut uri)) = (Url::parse(registered), Url::parse(uri)) else {
        return false;
    };
    if !is_http_on_loopback(&registered) || !is_http_on_loopback(&uri) {
        return false;
    }
    registered.set_port(None).is_ok() && uri.set_port(None).is_ok() && registered == uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_loopback_redirect_uri_is_free() {
        let client = Client {
            name: String::new(),
            redirect_uris: vec![
                "http://127.0.0.1:1/callback".into(),
                "https://app.example/callback".into(),
            ],
            grant_types: Vec::new(),
            method: Method::None,
            secret: None,
            keys: Vec::new(),
            scope: String::new(),
            is_native: true,
            issued_at: 0,
            registration_access_token: None,
        };
        for (uri, expect) in [
            ("http://127.0.0.1:1/callback", true),
            ("http://127.0.0.1:2/callback", true),
            ("http://127.0.0.1/callback", true),
            ("http://localhost:1/callback", false),
            ("http://127.0.0.1:1/other", false),
            ("http://127.0.0.1:1/callback?x=1", false),
            ("http://user@127.0.0.1:1/callback", false),
            ("https://127.0.0.1:1/callback", false),
            ("https://app.example/callback", true),
            ("https://app.example:8443/callback", false),
        ] {
            assert_eq!(client.has_redirect_uri(uri, false), expect, "{uri}");
        }
        assert!(client.has_redirect_uri("http://127.0.0.1:1/callback", true));
        assert!(!client.has_redirect_uri("http://127.0.0.1:2/callback", true));
    }
}
