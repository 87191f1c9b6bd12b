//! What stands at `/mcp`, and below it.

use std::io;
use std::net::IpAddr;

use axum::Router;

use crate::config::target::Config;
use crate::observability::metrics::Metrics;
use crate::store::place::Store;

/// Pages in a browser that may ask: those of this machine.
#[cfg(feature = "mcp")]
const ORIGINS: [&str; 6] = [
    "http://localhost:*",
    "http://127.0.0.1:*",
    "http://[::1]:*",
    "https://localhost:*",
    "https://127.0.0.1:*",
    "https://[::1]:*",
];

/// The routes of the MCP server, and what ends its sessions and streams.
///
/// # Errors
/// A tool of the configuration cannot be offered, or the dataset cannot be loaded.
#[cfg(feature = "mcp")]
pub(crate) fn router(
    config: &Config,
    ip: IpAddr,
    metrics: &Metrics,
    store: &Store,
) -> io::Result<(Router, impl FnOnce() + Send + use<>)> {
    use std::sync::Arc;

    use axum::middleware::from_fn;
    use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

    use crate::resource_server::mcp;
    use crate::resource_server::sessions::{Sessions, refuse};

    let server = mcp::server(config, metrics.clone())?;
    let sessions = Arc::new(Sessions::new(config.max_sessions, config.session_idle, store));
    let counted = sessions.clone();
    metrics.ask_for_sessions(move || counted.open());
    let mut settings = StreamableHttpServerConfig::default()
        .with_json_response(true)
        .with_legacy_session_mode(config.sessions)
        .with_max_request_body_bytes(config.limits.max_body)
        .with_allowed_origins(ORIGINS);
    // Any address of loopback may be listened on, not only those that are allowed by default.
    settings.allowed_hosts.push(ip.to_string());
    #[cfg(feature = "redis")]
    {
        settings.session_store = sessions.store();
    }
    let end = settings.cancellation_token.clone();
    #[cfg(feature = "websocket")]
    let sockets = crate::resource_server::websocket::route(config, server.clone(), &settings);
    let service = StreamableHttpService::new(move || Ok(server.anew()), sessions, settings);
    let router = Router::new().route_service("/mcp", service).route_layer(from_fn(refuse));
    #[cfg(feature = "websocket")]
    let router = router.merge(sockets);
    Ok((router, move || end.cancel()))
}

/// A place that a good bearer opens, with nothing in it.
#[cfg(not(feature = "mcp"))]
pub(crate) fn router(
    _: &Config,
    _: IpAddr,
    _: &Metrics,
    _: &Store,
) -> io::Result<(Router, impl FnOnce() + Send + use<>)> {
    use axum::http::StatusCode;
    use axum::routing::any;

    Ok((Router::new().route("/mcp", any(async || StatusCode::NO_CONTENT)), || {}))
}
