use std::time::{Duration, Instant};

use crate::authorization::listener::LoopbackListener;
use crate::authorization::request::{AuthorizationRequest, Opening};
use crate::client::client_information::ClientInformation;
use crate::client::client_store::ClientStore;
use crate::discovery::discover::{Discovery, discover_challenged, discover_issuer};
use crate::error::Error;
use crate::flow::registrar::{Chosen, Origin, Registrar};
use crate::secret::AccessToken;
use crate::token::grant::Grant;

/// What [`authorize`] is to do.
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

    async fn discover(&self, http: &reqwest::Client) -> Result<Discovery, Error> {
        let mut discovery = if self.issuer_only {
            discover_issuer(http, &self.resource).await?
        } else {
            discover_challenged(http, &self.resource, self.challenge.as_deref()).await?
        };
        discovery.allow_unadvertised_pkce = self.allow_unadvertised_pkce;
        Ok(discovery)
    }
}

/// Gets a token: discovery, registration, authorization in a browser, callback, exchange.
///
/// `open` brings the browser to the URL it is given; see [`AuthorizationRequest::wait_for_code`]. It is called once, and
/// again where there is a remedy: a client that was remembered and is not known any more is registered anew, one that must
/// be linked to its resource is registered with it, and a person is asked after all if asking nobody did not do.
///
/// # Errors
/// The first step that fails.
pub async fn authorize<F, E>(
    http: &reqwest::Client,
    listener: LoopbackListener,
    config: &Config,
    mut open: F,
) -> Result<Grant, Error>
where
    F: AsyncFnMut(Opening) -> Result<(), E>,
    E: std::error::Error + Send + Sync + 'static,
{
    let discovery = config.discover(http).await?;
    let scope = match &config.challenge {
        Some(it) => discovery.step_up(&config.scope, it)?,
        None => discovery.scope(&config.scope),
    };
    let mut left = config.timeout;
    let registrar = Registrar { http, discovery: &discovery, config, scope: &scope };
    let mut chosen = registrar.choose(listener).await?;
    // A client may have been registered for less than is published, which counts where nobody named a scope.
    let asked = if config.challenge.is_some() { &scope } else { &config.scope };
    let mut silent = chosen.known.consented
        && !chosen.known.doubted
        && may_be_silent(config, &discovery, &scope);
    let mut linked = false;
    loop {
        let Chosen { known, listener, origin } = chosen;
        let place = listener.place();
        let mut request = AuthorizationRequest::new(&discovery, &known.client, listener, asked)?;
        if silent {
            request = request.silent();
        }
        let remembered = origin == Origin::Remembered;
        let outcome = if remembered && request.is_refused(http).await? {
            drop(request);
            Err(None)
        } else {
            let started = Instant::now();
            let attempt =
                async { request.wait_for_code(left, &mut open).await?.exchange(http).await };
            let outcome = attempt.await;
            left = left.saturating_sub(started.elapsed());
            outcome.map_err(Some)
        };
        let remedy = match outcome {
            Ok(grant) => {
                registrar.trust(known, origin).await;
                return Ok(grant);
            }
            Err(None) => Remedy::Replace,
            Err(Some(error)) => match remedy(&error, origin, silent, linked) {
                Some(it) if !left.is_zero() => it,
                _ => {
                    if remembered && is_lost(&error) {
                        registrar.doubt(&known).await;
                    }
                    return Err(error);
                }
            },
        };
        // A client that is yet to be registered listens anywhere.
        let listener = place.listen(!matches!(remedy, Remedy::Ask)).await?;
        silent = false;
        chosen = match remedy {
            Remedy::Ask => Chosen { known, listener, origin },
            Remedy::Replace => registrar.replace(&known, listener, linked).await?,
            Remedy::Link => {
                linked = true;
                registrar.replace(&known, listener, linked).await?
            }
        };
    }
}

/// What to do about an authorization that failed.
enum Remedy {
    /// Show the page: nobody was signed in, or has not consented.
    Ask,
    /// Register in the place of a client that the server has forgotten.
    Replace,
    /// Register with the resource, for a server whose clients must be linked to it.
    Link,
}

fn remedy(error: &Error, origin: Origin, silent: bool, linked: bool) -> Option<Remedy> {
    match error.code() {
        Some("invalid_client" | "unauthorized_client") if origin == Origin::Remembered => {
            Some(Remedy::Replace)
        }
        Some("invalid_target") if origin != Origin::Given && !linked => Some(Remedy::Link),
        Some(
            "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required",
        ) if silent => Some(Remedy::Ask),
        _ => None,
    }
}

/// Whether the browser ended nowhere: it broke, the password was wrong, or a page said that it does not know the client.
///
/// Nobody can tell them apart, and a password is not typed twice, not even after a request for no page, which a server may
/// have answered with one. So the client is doubted, and if the next flow ends nowhere too the one after it registers
/// another.
fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Browser { .. } | Error::NoCallbackAfterBrowser { .. })
}

fn may_be_silent(config: &Config, discovery: &Discovery, scope: &[String]) -> bool {
    let values = discovery.authorization_server.prompt_values_supported.as_ref();
    config.silent_first
        && config.challenge.is_none()
        && !discovery.wants_consent_for(&scope.join(" "))
        && values.is_none_or(|it| it.iter().any(|it| it == "none"))
}
