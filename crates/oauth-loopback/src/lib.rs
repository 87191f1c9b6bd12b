#![doc = include_str!("../README.md")]

mod address;
mod authorization;
mod callback;
mod challenge;
mod claims;
mod discovery;
mod error;
mod http;
mod pkce;
mod registration;
mod secret;
mod token;

use std::time::Duration;

pub use crate::authorization::{AuthorizationRequest, Opening};
pub use crate::callback::LoopbackListener;
pub use crate::claims::{Expected, UnverifiedClaims};
pub use crate::discovery::{AuthorizationServerMetadata, Discovery, discover};
pub use crate::error::{Error, Refusal, Step};
pub use crate::http::http_client;
pub use crate::registration::{ClientInformation, ClientMetadata, register};
pub use crate::secret::{AccessToken, ClientSecret, RefreshToken};
pub use crate::token::{AuthorizationCode, Grant, TokenResponse};

/// What [`authorize`] is to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The address of the MCP server.
    pub resource: String,
    /// The scopes to ask for; if there are none, [`Discovery::scope`] chooses.
    pub scope: Vec<String>,
    /// A client that was registered beforehand; without it one is registered.
    pub client_id: Option<String>,
    /// The name under which a client is registered, which people read on the consent page.
    pub client_name: String,
    /// How long the browser step may take.
    pub timeout: Duration,
    /// Go on although the authorization server does not say that it supports PKCE.
    pub allow_unadvertised_pkce: bool,
}

impl Config {
    /// Register a client, let the server choose the scopes, wait for five minutes.
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            scope: Vec::new(),
            client_id: None,
            client_name: "oauth-loopback".to_owned(),
            timeout: Duration::from_secs(300),
            allow_unadvertised_pkce: false,
        }
    }
}

/// Gets a token: discovery, registration, authorization in a browser, callback, exchange.
///
/// `open` brings the browser to the URL it is given; see [`AuthorizationRequest::wait_for_code`].
///
/// # Errors
/// The first step that fails.
pub async fn authorize<F, E>(
    http: &reqwest::Client,
    listener: LoopbackListener,
    config: &Config,
    open: F,
) -> Result<Grant, Error>
where
    F: AsyncFnOnce(Opening) -> Result<(), E>,
    E: std::error::Error + Send + Sync + 'static,
{
    let mut discovery = discover(http, &config.resource).await?;
    discovery.allow_unadvertised_pkce = config.allow_unadvertised_pkce;
    let client = match &config.client_id {
        Some(it) => ClientInformation::preregistered(it),
        None => {
            let mut metadata = ClientMetadata::native(&config.client_name, listener.redirect_uri());
            let scope = discovery.scope(&config.scope);
            metadata.scope = (!scope.is_empty()).then(|| scope.join(" "));
            register(http, &discovery, &metadata).await?
        }
    };
    let request = AuthorizationRequest::new(&discovery, &client, listener, &config.scope)?;
    request.wait_for_code(config.timeout, open).await?.exchange(http).await
}
