//! Both servers on one socket, from the first connection to the last.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::access_token::SigningKey;
use crate::authorization_server::router::router;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::target::Config;
use crate::http::answer::Habits;
use crate::http::connections;
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
    // A future with a type is compiled where it is awaited: the whole server again in each program.
    fn boxed(listener: TcpListener, config: Config, shutdown: Shutdown) -> Serving {
        Box::pin(run(listener, config, shutdown))
    }
    boxed(listener, config, Box::pin(shutdown))
}

/// A target that serves until it is told to end.
pub type Serving = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;
type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn run(listener: TcpListener, config: Config, shutdown: Shutdown) -> io::Result<()> {
    let address = listener.local_addr()?;
    let (issuer, resource) = (issuer(address), resource(address));
    let key = Arc::new(SigningKey::generate());
    let bearers = Arc::new(Bearers::new(key.clone(), &issuer, &resource));
    let (mcp, end_mcp) = resource_router(&config)?;
    let mcp = if config.auth {
        mcp.route_layer(from_fn_with_state(bearers, bearer::require))
    } else {
        mcp
    };
    let is_protected = config.auth;
    let habits = Arc::new(Habits::new(&config));
    let authorization_server = AuthorizationServer::new(issuer, resource, config, key);

    let routes =
        mcp.merge(router(authorization_server, is_protected)).route("/health", get(async || "ok"));

    #[cfg(feature = "compression")]
    let routes = crate::http::compression::packed(routes);

    let shutdown = async move {
        shutdown.await;
        end_mcp();
    };
    connections::serve(listener, routes, habits, shutdown).await;
    Ok(())
}
