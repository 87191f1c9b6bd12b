//! Both servers on one socket, from the first connection to the last.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::authorization_server::router::router;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::target::Config;
use crate::resource_server::bearer::{self, Bearers};
use crate::resource_server::router::router as resource_router;
use crate::signing::access_tokens::AccessTokens;
use crate::signing::signing_keys::SigningKeys;

/// Once told to end, open connections have this long before they are cut.
const GRACE: Duration = Duration::from_millis(250);

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

/// Serves until `shutdown` resolves; open connections are then cut within a quarter of a second.
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
    let life = config.token_life.max(Duration::from_secs(1));
    let keys = SigningKeys::new(config.key_rotation, life);
    let tokens = AccessTokens::new(keys, config.token_kind, life, &issuer, &resource);
    let tokens = Arc::new(tokens);
    let bearers = Arc::new(Bearers::new(tokens.clone(), &issuer, config.faults));
    let (mcp, end_mcp) = resource_router(&config)?;
    let authorization_server = AuthorizationServer::new(issuer, resource, config, tokens)?;

    let routes = mcp
        .route_layer(from_fn_with_state(bearers, bearer::require))
        .merge(router(authorization_server))
        .route("/health", get(async || "ok"));

    // A small answer must not wait for the acknowledgement of the one before it.
    let listener = listener.tap_io(|it| {
        let _ = it.set_nodelay(true);
    });
    let (ending, ended) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        end_mcp();
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
        served = axum::serve(listener, routes).with_graceful_shutdown(shutdown) => served,
        () = cut => Ok(()),
    }
}
