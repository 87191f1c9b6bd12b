//! What stands at `/mcp`.

use std::io;

use axum::Router;

use crate::config::target::Config;
use crate::store::place::Store;

/// The routes of the MCP server, and what ends its sessions and streams.
///
/// # Errors
/// The dataset cannot be loaded.
#[cfg(feature = "mcp")]
pub(crate) fn router(
    config: &Config,
    store: &Store,
) -> io::Result<(Router, impl FnOnce() + Send + use<>)> {
    use std::sync::Arc;

    use axum::middleware::from_fn;

    use crate::resource_server::mcp;
    use crate::resource_server::sessions::{Sessions, refuse};
    use crate::resource_server::sql::Database;

    let database = Database::open().map_err(io::Error::other)?;
    let sessions = Arc::new(Sessions::new(config.max_sessions, config.session_idle, store));
    let (service, end) = mcp::service(database, sessions, config.faults);
    let router = Router::new().route_service("/mcp", service);
    Ok((router.route_layer(from_fn(refuse)), end))
}

/// A place that a good bearer opens, with nothing in it.
#[cfg(not(feature = "mcp"))]
pub(crate) fn router(_: &Config, _: &Store) -> io::Result<(Router, impl FnOnce() + Send + use<>)> {
    use axum::http::StatusCode;
    use axum::routing::any;

    Ok((Router::new().route("/mcp", any(async || StatusCode::NO_CONTENT)), || {}))
}
