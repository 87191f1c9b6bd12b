//! The flow against a scripted authorization server, against `mcp-target`, and through the command line.

mod again;
mod arguments;
mod auth_method;
mod broker;
mod callback;
mod checks;
mod client_credentials;
mod client_store;
mod command_line;
mod discovery;
mod doctor;
mod grant_file;
mod left_behind;
mod lost_browser;
mod mcp_target;
mod nonce;
mod odd_servers;
mod offline_access;
mod pinned_issuer;
mod program;
mod proxy;
mod received;
mod registered_scope;
mod registrar;
mod registration;
mod server;
mod shared_listener;
mod token_endpoint;
mod transport;
mod wait;

use std::time::Duration;

use oauth_loopback::{
    AuthorizationCode, AuthorizationRequest, ClientInformation, Config, Discovery, Error, Grant,
    LoopbackListener, Opening, authorize, discover,
};
use reqwest::redirect::Policy;

use crate::server::Server;

/// A client without the machine's certificates, which no test needs and which take long to read.
fn builder() -> reqwest::ClientBuilder {
    oauth_loopback::http_client().no_proxy().tls_certs_only([])
}

/// The client of the flow, with a deadline that a test can wait for.
fn http() -> reqwest::Client {
    builder().timeout(Duration::from_secs(5)).build().expect("a plain client")
}

/// Something that follows redirects as a browser does.
fn browser() -> reqwest::Client {
    builder().redirect(Policy::limited(10)).build().expect("a plain client")
}

/// Opens the address and is content with any page.
async fn visit(opening: Opening) -> Result<(), reqwest::Error> {
    browser().get(opening.url).send().await.map(drop)
}

async fn discovered(server: &Server) -> Discovery {
    discover(&http(), &server.mcp()).await.expect("the script's discovery conforms")
}

/// A request for a client that the server does not have to register.
async fn request(server: &Server, redirect_uri: &str) -> AuthorizationRequest {
    let client = ClientInformation::preregistered("client-1");
    AuthorizationRequest::new(&discovered(server).await, &client, redirect_uri, &[])
        .expect("the script offers PKCE")
}

/// Such a request, and what comes of it.
async fn wait_for_code<E: std::error::Error + Send + Sync + 'static>(
    server: &Server,
    timeout: Duration,
    open: impl AsyncFnOnce(Opening) -> Result<(), E>,
) -> Result<AuthorizationCode, Error> {
    let listener = LoopbackListener::bind().await.expect("a free port");
    let request = request(server, listener.redirect_uri()).await;
    request.wait_for_code(listener, timeout, open).await
}

/// The whole flow.
async fn mint(server: &Server) -> Result<Grant, Error> {
    let listener = LoopbackListener::bind().await.expect("a free port");
    let mut config = Config::resource(server.mcp());
    config.timeout = Duration::from_secs(10);
    authorize(&http(), listener, &config, visit).await
}
