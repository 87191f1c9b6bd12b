#![doc = include_str!("../README.md")]

mod access_token;
mod authorization_server;
mod bearer;
mod faults;
mod mcp;
mod novamart;
mod screens;
mod sessions;
mod sql;
mod users;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::access_token::SigningKey;
use crate::authorization_server::AuthorizationServer;
use crate::bearer::Bearers;
use crate::sessions::Sessions;
use crate::sql::Database;

pub use crate::faults::{Fault, Faults, UnknownFault};
pub use crate::screens::{Screens, UnknownScreens};
pub use crate::users::{Password, User};

/// Once told to end, open connections have this long before they are cut.
const GRACE: Duration = Duration::from_millis(250);

/// What a target serves, and how it misbehaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everyone who may sign in; e-mail addresses are compared without case.
    pub users: Vec<User>,
    /// How people sign in and consent.
    pub screens: Screens,
    /// What is to go wrong; empty for a target that conforms.
    pub faults: Faults,
    /// Open MCP sessions beyond this are answered with 503.
    pub max_sessions: usize,
    /// A session without a request for this long is closed, and then answered with 404.
    pub session_idle: Duration,
}

impl Config {
    /// A conforming target for `users` with plain screens and room for 1000 sessions that may idle for 5 minutes.
    pub fn new(users: Vec<User>) -> Self {
        Self {
            users,
            screens: Screens::default(),
            faults: Faults::default(),
            max_sessions: 1000,
            session_idle: Duration::from_secs(300),
        }
    }
}

/// The issuer of a target that listens on `address`.
pub fn issuer(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The MCP endpoint of a target that listens on `address`, which is also its resource identifier.
pub fn resource(address: SocketAddr) -> String {
    format!("http://{address}/mcp")
}

/// Serves until `shutdown` resolves; open connections are then cut within a quarter of a second.
///
/// The listener must be bound to the address that clients use: issuer, resource and every endpoint are derived from
/// it. Fails when the address cannot be read or the dataset cannot be loaded.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let (issuer, resource) = (issuer(address), resource(address));
    let key = Arc::new(SigningKey::generate());
    let database = Database::open().map_err(io::Error::other)?;
    let sessions = Arc::new(Sessions::new(config.max_sessions, config.session_idle));
    let bearers = Arc::new(Bearers::new(key.clone(), &issuer, &resource));
    let (mcp, mcp_end) = mcp::service(database, sessions, config.faults.clone());
    let authorization_server = AuthorizationServer::new(issuer, resource, config, key);

    let router = Router::new()
        .route_service("/mcp", mcp)
        .route_layer(from_fn(sessions::refuse_when_full))
        .route_layer(from_fn_with_state(bearers, bearer::require))
        .merge(authorization_server::router(authorization_server))
        .route("/health", get(async || "ok"));

    // A small answer must not wait for the acknowledgement of the one before it.
    let listener = listener.tap_io(|it| {
        let _ = it.set_nodelay(true);
    });
    let (ending, ended) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        mcp_end();
        let _ = ending.send(());
    };
    let cut = async {
        if ended.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(shutdown) => served,
        () = cut => Ok(()),
    }
}
