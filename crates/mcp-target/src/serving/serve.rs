//! Both servers on one socket, from the first connection to the last.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::{TcpListener, TcpSocket};

use crate::authorization_server::router::router;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::target::Config;
use crate::http::answer::Habits;
use crate::http::connections;
use crate::misbehavior::layers::Layers;
use crate::observability::metrics::Metrics;
use crate::observability::ready::{self, Check};
use crate::observability::requests::observe;
use crate::resource_server::bearer::{self, Bearers};
use crate::resource_server::router::router as resource_router;
use crate::signing::access_tokens::AccessTokens;
use crate::signing::signing_keys::SigningKeys;
use crate::store::place::Store;

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

/// Connections that may wait to be accepted; a load test begins with a thousand at once.
const BACKLOG: u32 = 4096;

/// Binds a listener with room for as many connections as a load test opens at once.
///
/// # Errors
/// The address cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The issuer of a target that listens on `address`.
pub fn issuer(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The MCP endpoint of a target that listens on `address`, which is also its resource identifier.
pub fn resource(address: SocketAddr) -> String {
    format!("http://{address}/mcp")
}

/// Serves until `shutdown` resolves; what is open then is cut once [`Limits::grace`](crate::Limits::grace) is over.
///
/// The listener must be bound to the address that clients use: issuer, resource and every endpoint are derived from
/// it.
///
/// # Errors
/// As [`prepare`].
pub fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Serving {
    Box::pin(async {
        prepare(listener, config).await?.serve(shutdown).await;
        Ok(())
    })
}

/// A target that serves until it is told to end.
pub type Serving = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A target that is about to serve.
pub type Preparing = Pin<Box<dyn Future<Output = io::Result<Prepared>> + Send>>;

/// Makes everything ready that serving needs, so that nothing but a signal is left to end it.
///
/// # Errors
/// The address cannot be read or is not one of loopback, the configuration contradicts itself, the dataset cannot be loaded, or Redis does not
/// answer.
pub fn prepare(listener: TcpListener, config: Config) -> Preparing {
    // A future with a type is compiled where it is awaited: the whole server again in each program.
    Box::pin(prepared(listener, config))
}

/// A target with everything that it needs; connections already wait in its listener's queue.
pub struct Prepared {
    listener: TcpListener,
    routes: Router,
    habits: Arc<Habits>,
    end_mcp: Box<dyn FnOnce() + Send>,
    pub(crate) authorization_server: Arc<AuthorizationServer>,
}

impl Prepared {
    /// Serves until `shutdown` resolves.
    pub fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            connections::serve(self.listener, self.routes, self.habits, shutdown, self.end_mcp)
                .await;
        })
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("listener", &self.listener).finish_non_exhaustive()
    }
}

async fn prepared(listener: TcpListener, config: Config) -> io::Result<Prepared> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let wrong = "a target without authorization, or at all, is served on loopback only";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, wrong));
    }
    let (issuer, resource) = (issuer(address), resource(address));
    let metrics = Metrics::new();
    let store = Store::open(
        &config,
        #[cfg(feature = "redis")]
        observer(metrics.clone()),
    )
    .await?;
    let life = config.token_life.max(Duration::from_secs(1));
    let keys = SigningKeys::new(config.key_rotation, life);
    let tokens = AccessTokens::new(keys, config.token_kind, life, &issuer, &resource, &store);
    let tokens = Arc::new(tokens);
    let bearers = Arc::new(Bearers::new(tokens.clone(), &issuer));
    let faults = Layers::of(&config);
    let (mcp, end_mcp) = resource_router(&config, address.ip(), &metrics, &store)?;
    let mcp = faults.behind_the_bearer(mcp, &config);
    let mcp = if config.auth {
        mcp.route_layer(from_fn_with_state(bearers, bearer::require))
    } else {
        mcp
    };
    let mcp = faults.before_the_bearer(mcp, &issuer);
    let is_protected = config.auth;
    let habits = Arc::new(Habits::new(&config, metrics.clone()));
    let authorization_server = AuthorizationServer::new(issuer, resource, config, tokens, &store);
    let routes = mcp
        .merge(router(authorization_server.clone(), is_protected))
        .merge(metrics.routes())
        .merge(ready::routes(vec![check(store)]))
        .layer(from_fn_with_state(metrics.clone(), observe));
    let routes = faults.around(routes);
    #[cfg(feature = "compression")]
    let routes = crate::http::compression::packed(routes);
    let end_mcp = Box::new(end_mcp);
    Ok(Prepared { listener, routes, habits, end_mcp, authorization_server })
}

/// Whether the place where things are kept answers.
fn check(store: Store) -> Check {
    let store = Arc::new(store);
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move {
            store.ping().await.map_err(|_| "the session store cannot be used now".to_owned())
        })
    })
}

#[cfg(feature = "redis")]
fn observer(metrics: Metrics) -> Arc<dyn Fn(&'static str, bool, Duration) + Send + Sync> {
    Arc::new(move |operation, ok, time| {
        tracing::trace!(operation, ok, ?time, "redis");
        metrics.redis(operation, ok, time);
    })
}
