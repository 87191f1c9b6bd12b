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

use crate::access_token::SigningKey;
use crate::authorization_server::router::router;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::target::Config;
use crate::resource_server::bearer::{self, Bearers};
use crate::resource_server::router::router as resource_router;
use crate::store::place::Store;
use crate::store::unavailable::Unavailable;

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
/// The address cannot be read, the dataset cannot be loaded, or Redis does not answer.
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
    let store = Store::open(
        &config,
        #[cfg(feature = "redis")]
        Arc::new(|operation, ok, time| tracing::trace!(operation, ok, ?time, "redis")),
    )
    .await?;
    let store = Arc::new(store);
    let (mcp, end_mcp) = resource_router(&config, &store)?;
    let authorization_server = AuthorizationServer::new(issuer, resource, config, key, &store);

    let routes = mcp
        .route_layer(from_fn_with_state(bearers, bearer::require))
        .merge(router(authorization_server))
        .route("/health", get(async || "ok"))
        .route("/ready", get(move || ready(store.clone())));

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

async fn ready(store: Arc<Store>) -> Result<&'static str, Unavailable> {
    store.ping().await.map(|()| "ok")
}
