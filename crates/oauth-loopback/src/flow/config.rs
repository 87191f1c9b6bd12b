use std::time::Duration;

use crate::client::client_information::ClientInformation;
use crate::client::client_store::ClientStore;
use crate::discovery::discover::{Discovery, discover_challenged, discover_issuer};
use crate::error::Error;
use crate::secret::AccessToken;

/// What [`authorize`](crate::authorize) is to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The address of the MCP server, or of the authorization server after [`Config::without_resource`].
    pub resource: String,
    /// `resource` is an issuer, and the token is for nothing in particular.
    pub issuer_only: bool,
    /// The scopes to ask for; if there are none, [`Discovery::scope`] chooses.
    pub scope: Vec<String>,
    /// The `WWW-Authenticate` header of a 403; what it wants is added to the scopes, see [`Discovery::step_up`].
    pub challenge: Option<String>,
    /// A client that was registered beforehand. It comes before the other ways to get one.
    pub client: Option<ClientInformation>,
    /// The address of a client ID metadata document, for a server that reads such documents.
    pub client_metadata_url: Option<String>,
    /// The name under which a client is registered, which people read on the consent page.
    pub client_name: String,
    /// What a registration is authorized with, where the server wants that.
    pub initial_access_token: Option<AccessToken>,
    /// Where registered clients are remembered; without it every flow registers one.
    pub clients: Option<ClientStore>,
    /// Ask without a page first (`prompt=none`) where a remembered client was once consented to. It costs a second opening
    /// of the browser where that does not do.
    pub silent_first: bool,
    /// How long the browser step may take, all attempts together.
    pub timeout: Duration,
    /// Go on although the authorization server does not say that it supports PKCE.
    pub allow_unadvertised_pkce: bool,
}

impl Config {
    /// Register a client, let the server choose the scopes, wait for five minutes.
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            issuer_only: false,
            scope: Vec::new(),
            challenge: None,
            client: None,
            client_metadata_url: None,
            client_name: "oauth-loopback".to_owned(),
            initial_access_token: None,
            clients: None,
            silent_first: true,
            timeout: Duration::from_secs(300),
            allow_unadvertised_pkce: false,
        }
    }

    /// A token of an authorization server that is meant for no resource in particular.
    pub fn without_resource(issuer: impl Into<String>) -> Self {
        Self { issuer_only: true, ..Self::new(issuer) }
    }

    pub(crate) async fn discover(&self, http: &reqwest::Client) -> Result<Discovery, Error> {
        let mut discovery = if self.issuer_only {
            discover_issuer(http, &self.resource).await?
        } else {
            discover_challenged(http, &self.resource, self.challenge.as_deref()).await?
        };
        discovery.allow_unadvertised_pkce = self.allow_unadvertised_pkce;
        Ok(discovery)
    }
}
