//! What the server knows of clients, requests, sessions, codes and tokens.

use std::collections::HashMap;
#[cfg(feature = "outbound")]
use std::sync::LazyLock;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::authorization_server::scopes::SCOPES;
use crate::clients::assertion;
use crate::clients::client::{Client, Method};
use crate::config::clients::ConfidentialClient;
use crate::config::faults::{Fault, Faults};
use crate::config::screens::Screens;
use crate::config::target::Config;
use crate::config::users::{Accounts, MAX_PERIOD};
use crate::screens::request::{Login, PendingRequest};
use crate::signing::access_tokens::AccessTokens;
use crate::store::place::Store;
use crate::store::table::Table;
use crate::tokens::grant::{Code, Family};

const HOUR: Duration = Duration::from_secs(3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
const CODE_LIFE: Duration = Duration::from_secs(60);

/// How long a client metadata document is good without another look.
#[cfg(feature = "outbound")]
const DOCUMENT_LIFE: Duration = Duration::from_secs(300);

/// A one-time password is good for a step before and after its own.
const STEP_LIFE: Duration = Duration::from_secs(4 * MAX_PERIOD);

/// Everything the server knows; everything has a limit, and in memory nothing outlives the process.
///
/// Codes and sessions are among it, so it does not print itself.
pub(crate) struct AuthorizationServer {
    /// The address of this server, to which paths are added.
    pub(crate) base: String,
    slashed: String,
    pub(crate) resource: String,
    pub(crate) accounts: Accounts,
    /// Where a client works that acts for itself: the workspace of the first user.
    pub(crate) workspace: Option<String>,
    pub(crate) screens: Screens,
    pub(crate) remember_consent: bool,
    /// How long an access token is good, in seconds.
    pub(crate) token_life: u64,
    pub(crate) faults: Faults,
    pub(crate) access_tokens: Arc<AccessTokens>,
    pub(crate) configured_clients: HashMap<String, Arc<Client>>,
    pub(crate) clients: Table<Client>,
    /// When a client assertion was seen, by the client and its `jti`.
    pub(crate) assertions: Table<u64>,
    #[cfg(feature = "outbound")]
    pub(crate) http: LazyLock<reqwest::Client>,
    /// Clients by the address of their metadata document.
    #[cfg(feature = "outbound")]
    pub(crate) documents: Table<Client>,
    pub(crate) requests: Table<PendingRequest>,
    /// Who signed in, by the cookie of a browser.
    pub(crate) logins: Table<Login>,
    /// When a one-time password was used, by the key of an account and its step.
    pub(crate) steps: Table<u64>,
    /// The scope that was consented to, by user and client.
    pub(crate) consents: Table<String>,
    pub(crate) codes: Table<Code>,
    pub(crate) families: Table<Family>,
    pub(crate) prepared: Prepared,
}

/// Documents that stay what they are as long as nothing more goes wrong than always does.
#[derive(Default)]
pub(crate) struct Prepared {
    pub(crate) resource: OnceLock<Bytes>,
    pub(crate) server: OnceLock<Bytes>,
}

impl AuthorizationServer {
    pub(crate) fn new(
        base: String,
        resource: String,
        config: Config,
        access_tokens: Arc<AccessTokens>,
        store: &Store,
    ) -> Arc<Self> {
        let configured = |it: ConfidentialClient| (it.id.clone(), Arc::new(client(it)));
        Arc::new(Self {
            slashed: format!("{base}/"),
            base,
            resource,
            workspace: config.users.first().map(|it| it.workspace.clone()),
            accounts: Accounts::new(config.users),
            screens: config.screens,
            remember_consent: config.remember_consent,
            token_life: config.token_life.as_secs().max(1),
            faults: config.faults,
            access_tokens,
            configured_clients: config.clients.into_iter().map(configured).collect(),
            clients: store.table("clients", MONTH, 20_000),
            assertions: store.lasting_table(
                "assertions",
                Duration::from_secs(assertion::LONGEST),
                50_000,
            ),
            #[cfg(feature = "outbound")]
            http: LazyLock::new(crate::clients::http::http),
            #[cfg(feature = "outbound")]
            documents: store.table("documents", DOCUMENT_LIFE, 1000),
            requests: store.table("requests", HOUR / 6, 20_000),
            logins: store.table("logins", HOUR, 20_000),
            steps: store.lasting_table("steps", STEP_LIFE, 100_000),
            consents: store.table("consents", MONTH, 50_000),
            codes: store.table("codes", CODE_LIFE, 20_000),
            families: store.table("families", MONTH, 50_000),
            prepared: Prepared::default(),
        })
    }

    /// How the server calls itself.
    pub(crate) fn issuer(&self, faults: Faults) -> &str {
        if faults.has(Fault::SlashIssuer) { &self.slashed } else { &self.base }
    }
}

/// A client that was told of beforehand may do all that there is.
fn client(it: ConfidentialClient) -> Client {
    let grant_types = ["authorization_code", "refresh_token", "client_credentials"];
    Client {
        name: it.id,
        redirect_uris: it.redirect_uris,
        grant_types: grant_types.map(str::to_owned).into(),
        method: Method::AnySecret,
        secret: Some(it.secret.reveal().to_owned()),
        keys: Vec::new(),
        scope: SCOPES.join(" "),
        is_native: true,
        issued_at: 0,
        registration_access_token: None,
    }
}

/// 256 random bits, as they stand in a URL.
pub(crate) fn random_id() -> String {
    BASE64URL.encode(rand::random::<[u8; 32]>())
}
