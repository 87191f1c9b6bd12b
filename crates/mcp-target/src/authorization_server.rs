//! An authorization server for public clients: authorization code with PKCE, and rotating refresh tokens.

mod authorize;
mod expiring;
mod login;
mod metadata;
mod pages;
mod parameters;
mod registration;
mod token;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use self::authorize::PendingRequest;
use self::expiring::Expiring;
use self::registration::Client;
use self::token::{Code, Family};
use crate::access_token::SigningKey;
use crate::faults::Faults;
use crate::users::{Account, Accounts, User};

/// The scopes there are.
const SCOPES: [&str; 2] = [crate::bearer::REQUIRED_SCOPE, "offline_access"];

/// The largest form or document that is read.
const MAX_BODY: usize = 64 * 1024;

const HOUR: Duration = Duration::from_secs(3600);
const CODE_LIFE: Duration = Duration::from_secs(60);

/// Everything the server knows; nothing outlives the process, and everything has a limit.
///
/// Codes and sessions are among it, so it does not print itself.
pub(crate) struct AuthorizationServer {
    issuer: String,
    resource: String,
    accounts: Accounts,
    faults: Faults,
    key: Arc<SigningKey>,
    clients: Mutex<Expiring<Arc<Client>>>,
    requests: Mutex<Expiring<PendingRequest>>,
    logins: Mutex<Expiring<Arc<Account>>>,
    codes: Mutex<Expiring<Code>>,
    families: Mutex<Expiring<Family>>,
}

impl AuthorizationServer {
    pub(crate) fn new(
        issuer: String,
        resource: String,
        users: Vec<User>,
        faults: Faults,
        key: Arc<SigningKey>,
    ) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            resource,
            accounts: Accounts::new(users),
            faults,
            key,
            clients: Mutex::new(Expiring::new(30 * 24 * HOUR, 20_000)),
            requests: Mutex::new(Expiring::new(HOUR / 6, 20_000)),
            logins: Mutex::new(Expiring::new(HOUR, 20_000)),
            codes: Mutex::new(Expiring::new(CODE_LIFE, 20_000)),
            families: Mutex::new(Expiring::new(30 * 24 * HOUR, 50_000)),
        })
    }
}

pub(crate) fn router(it: Arc<AuthorizationServer>) -> Router {
    Router::new()
        .route("/.well-known/oauth-protected-resource", get(metadata::protected_resource))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata::protected_resource))
        .route("/.well-known/oauth-authorization-server", get(metadata::authorization_server))
        .route("/jwks", get(metadata::jwks))
        .route("/register", post(registration::register))
        .route("/authorize", get(authorize::begin))
        .route("/login", get(login::page).post(login::sign_in))
        .route("/consent", get(authorize::consent_page).post(authorize::decide))
        .route("/token", post(token::token))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(it)
}

/// 256 random bits, as they stand in a URL.
fn random_id() -> String {
    BASE64URL.encode(rand::random::<[u8; 32]>())
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().expect("no one panics holding the lock")
}
