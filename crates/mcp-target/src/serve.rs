//! Both servers on one socket, from the first connection to the last.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::access_token::SigningKey;
use crate::authorization_server::router::router;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::target::Config;
use crate::http::answer::Habits;
use crate::http::connections;
use crate::misbehavior::layers::Layers;
use crate::observability::metrics::Metrics;
use crate::observability::ready;
use crate::observability::requests::observe;
use crate::resource_server::bearer::{self, Bearers};
use crate::resource_server::router::router as resource_router;

/// Reads an address to listen on, which has to be one of loopback.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "expected an address like 127.0.0.1:8080".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("only loopback addresses are served".to_owned())
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

/// Serves until `shutdown` resolves; requests in flight then have [`Limits::grace`](crate::Limits) to end.
///
/// The listener must be bound to the address that clients use: issuer, resource and every endpoint are derived from
/// it.
///
/// # Errors
/// The address cannot be read, or the dataset cannot be loaded.
pub fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Serving {
    start(listener, config, Box::pin(shutdown), oneshot::channel().0)
}

/// [`serve`], which hands out the authorization server once everything stands.
pub(crate) fn start(
    listener: TcpListener,
    config: Config,
    shutdown: Shutdown,
    started: oneshot::Sender<Arc<AuthorizationServer>>,
) -> Serving {
    // A future with a type is compiled where it is awaited: the whole server again in each program.
    Box::pin(run(listener, config, shutdown, started))
}

/// A target that serves until it is told to end.
pub type Serving = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;
pub(crate) type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: Shutdown,
    started: oneshot::Sender<Arc<AuthorizationServer>>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let (issuer, resource) = (issuer(address), resource(address));
    let key = Arc::new(SigningKey::generate());
    let bearers = Arc::new(Bearers::new(key.clone(), &issuer, &resource));
    let metrics = Metrics::new();
    let faults = Layers::of(&config);
    let (mcp, end_mcp) = resource_router(&config, &metrics)?;
    let mcp = faults.behind_the_bearer(mcp, &config);
    let mcp = if config.auth {
        mcp.route_layer(from_fn_with_state(bearers, bearer::require))
    } else {
        mcp
    };
    let mcp = faults.before_the_bearer(mcp, &issuer);
    let is_protected = config.auth;
    let habits = Arc::new(Habits::new(&config, metrics.clone()));
    let authorization_server = AuthorizationServer::new(issuer, resource, config, key);
    let routes = mcp
        .merge(router(authorization_server.clone(), is_protected))
        .merge(metrics.routes())
        .merge(ready::routes(Vec::new()))
        .layer(from_fn_with_state(metrics.clone(), observe));
    let routes = faults.around(routes);
    #[cfg(feature = "compression")]
    let routes = crate::http::compression::packed(routes);
    let _ = started.send(authorization_server);
    let shutdown = async move {
        shutdown.await;
        end_mcp();
    };
    connections::serve(listener, routes, habits, shutdown).await;
    Ok(())
}
