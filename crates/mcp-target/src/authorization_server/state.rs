//! What the server knows of clients, requests, sessions, codes and tokens.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::access_token::SigningKey;
use crate::config::faults::Faults;
use crate::config::screens::Screens;
use crate::config::target::Config;
use crate::config::users::Accounts;
use crate::store::place::Store;
use crate::store::table::Table;

/// The scopes there are.
pub(super) const SCOPES: [&str; 2] =
    [crate::resource_server::bearer::REQUIRED_SCOPE, "offline_access"];

const HOUR: Duration = Duration::from_secs(3600);
const CODE_LIFE: Duration = Duration::from_secs(60);

/// Everything the server knows; everything has a limit, and in memory nothing outlives the process.
///
/// Codes and sessions are among it, so it does not print itself.
pub(crate) struct AuthorizationServer {
    pub(super) issuer: String,
    pub(super) resource: String,
    pub(super) accounts: Accounts,
    pub(super) screens: Screens,
    pub(super) faults: Faults,
    pub(super) key: Arc<SigningKey>,
    pub(super) clients: Table<Client>,
    pub(super) requests: Table<PendingRequest>,
    /// Who signed in, by the cookie of a browser: the key of an account.
    pub(super) logins: Table<String>,
    pub(super) codes: Table<Code>,
    pub(super) families: Table<Family>,
}

impl AuthorizationServer {
    pub(crate) fn new(
        issuer: String,
        resource: String,
        config: Config,
        key: Arc<SigningKey>,
        store: &Store,
    ) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            resource,
            accounts: Accounts::new(config.users),
            screens: config.screens,
            faults: config.faults,
            key,
            clients: store.table("clients", 30 * 24 * HOUR, 20_000),
            requests: store.table("requests", HOUR / 6, 20_000),
            logins: store.table("logins", HOUR, 20_000),
            codes: store.table("codes", CODE_LIFE, 20_000),
            families: store.table("families", 30 * 24 * HOUR, 50_000),
        })
    }
}

/// What a client registered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) name: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) grant_types: Vec<String>,
}

impl Client {
    /// Whether `uri` is registered; on loopback with any port, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).
    pub(super) fn has_redirect_uri(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|it| it == uri || same_but_port(it, uri))
    }
}

/// An authorization request on its way through login and consent.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PendingRequest {
    pub(super) client_id: String,
    pub(super) client_name: String,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) challenge: String,
    pub(super) scope: String,
    /// Who wants to sign in, where that is asked before the password.
    pub(super) email: Option<String>,
    /// The login session that saw the consent page; no other may decide.
    pub(super) session: Option<String>,
}

/// What a client may ask for with a code or a refresh token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Authorization {
    pub(super) client_id: String,
    pub(super) scope: String,
    /// The key of the account that granted it.
    pub(super) user: String,
}

/// An authorization code, kept after its use so that a second one is noticed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) authorization: Authorization,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) used: bool,
    /// The refresh tokens that came of it.
    pub(super) family: Option<String>,
}

impl Code {
    pub(super) fn new(
        client_id: String,
        redirect_uri: String,
        challenge: String,
        scope: String,
        user: String,
    ) -> Self {
        let authorization = Authorization { client_id, scope, user };
        Self { authorization, redirect_uri, challenge, used: false, family: None }
    }
}

/// A refresh token and all that it was rotated into: only the newest is good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Family {
    pub(super) authorization: Authorization,
    pub(super) newest: [u8; 32],
}

/// 256 random bits, as they stand in a URL.
pub(super) fn random_id() -> String {
    BASE64URL.encode(rand::random::<[u8; 32]>())
}

pub(super) fn is_http_on_loopback(uri: &Url) -> bool {
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
            assert_eq!(client.has_redirect_uri(uri), expect, "{uri}");
        }
    }
}
