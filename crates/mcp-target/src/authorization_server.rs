//! An authorization server for public clients: authorization code with PKCE, and rotating refresh tokens.

mod app;
mod authorize;
mod consent;
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
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use self::authorize::PendingRequest;
use self::expiring::Expiring;
use self::registration::Client;
use self::token::{Code, Family};
use crate::Config;
use crate::access_token::SigningKey;
use crate::faults::{Fault, Faults};
use crate::screens::Screens;
use crate::users::{Account, Accounts};

/// The scopes there are.
const SCOPES: [&str; 2] = [crate::bearer::REQUIRED_SCOPE, "offline_access"];

/// The largest form or document that is read.
const MAX_BODY: usize = 64 * 1024;

const HOUR: Duration = Duration::from_secs(3600);
/// How much later everything is that a browser asks for, with [`Fault::SlowScreens`].
const SLOWNESS: Duration = Duration::from_millis(400);
const CODE_LIFE: Duration = Duration::from_secs(60);

/// Everything the server knows; nothing outlives the process, and everything has a limit.
///
/// Codes and sessions are among it, so it does not print itself.
pub(crate) struct AuthorizationServer {
    issuer: String,
    resource: String,
    accounts: Accounts,
    screens: Screens,
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
        config: Config,
        key: Arc<SigningKey>,
    ) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            resource,
            accounts: Accounts::new(config.users),
            screens: config.screens,
            faults: config.faults,
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
        .route("/token", post(token::token))
        .merge(screens(&it))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(it)
}

/// Everything that a browser asks for.
fn screens(it: &AuthorizationServer) -> Router<Arc<AuthorizationServer>> {
    let router = Router::new()
        .route("/authorize", get(authorize::begin))
        .route("/faults.js", get(pages::faults_script));
    let router = match it.screens {
        Screens::Plain => router
            .route("/login", get(login::page).post(login::sign_in))
            .route("/consent", get(consent::page).post(consent::decide)),
        Screens::MultiStep => router
            .route("/login", get(login::page).post(login::identify))
            .route("/login/password", get(login::password_page).post(login::sign_in))
            .route("/consent", get(consent::page).post(consent::decide)),
        Screens::SinglePage => {
            let in_json = || from_fn(app::in_json);
            router
                .route("/login", post(login::sign_in).layer(in_json()).get(app::page))
                .route("/consent", post(consent::decide).layer(in_json()).get(app::page))
                .route("/screen", get(app::screen).layer(in_json()))
                .route("/app.js", get(app::script))
        }
    };
    if it.faults.has(Fault::SlowScreens) { router.layer(from_fn(slowly)) } else { router }
}

async fn slowly(request: Request, next: Next) -> Response {
    tokio::time::sleep(SLOWNESS).await;
    next.run(request).await
}

/// 256 random bits, as they stand in a URL.
fn random_id() -> String {
    BASE64URL.encode(rand::random::<[u8; 32]>())
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().expect("no one panics holding the lock")
}
