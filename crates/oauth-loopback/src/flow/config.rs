use std::time::Duration;

use crate::authorization::prompt::Prompt;
use crate::authorization::request;
use crate::client::client_information::ClientInformation;
use crate::client::client_store::ClientStore;
use crate::discovery::discover::{Discovery, Wanted, discover_challenged, discover_issuer};
use crate::error::{Error, printable};
use crate::secret::AccessToken;
use crate::token::endpoint::{self, check_parameters};

/// What [`authorize`](crate::authorize) is to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    target: Target,
    /// The only authorization server that may be used; for a resource, its metadata must name it.
    pub pinned_issuer: Option<String>,
    /// The scopes to ask for; if there are none, [`Discovery::scope`] chooses.
    pub scope: Vec<String>,
    /// The `WWW-Authenticate` header of a 403; what it wants is added to the scopes, see [`Discovery::step_up`].
    pub challenge: Option<String>,
    /// A client that was registered beforehand. It comes before the other ways to get one.
    pub client: Option<ClientInformation>,
    /// How the client authenticates at the token endpoint, by its name at IANA; a client is registered so, and one that was
    /// registered beforehand has a field of its own. Without it the server's metadata decides.
    pub client_auth_method: Option<String>,
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
    /// The `prompt` of the authorization request; another than [`Prompt::AsNeeded`] is sent in every attempt.
    pub prompt: Prompt,
    /// How long the browser step may take, all attempts together.
    pub timeout: Duration,
    /// Parameters beside those of the flow, for the authorization request: `access_type`, `login_hint` … They are no place
    /// for secrets.
    pub authorization_parameters: Vec<(String, String)>,
    /// The same for the requests that give a token or refresh it: `audience` …
    pub token_parameters: Vec<(String, String)>,
    /// Go on although the authorization server does not say that it supports PKCE.
    pub allow_unadvertised_pkce: bool,
}

/// What the token is for, and what is known of it.
#[derive(Debug, Clone)]
enum Target {
    Resource(String),
    Issuer(String),
    Discovered(Box<Discovery>),
}

/// Each of them registers a client, lets the server choose the scopes and waits for five minutes.
impl Config {
    /// A token for the MCP server at this address.
    pub fn resource(address: impl Into<String>) -> Self {
        Self::new(Target::Resource(address.into()))
    }

    /// A token of this authorization server that is meant for no resource in particular.
    pub fn issuer(address: impl Into<String>) -> Self {
        Self::new(Target::Issuer(address.into()))
    }

    /// A token for what was discovered before, of which nobody is asked again.
    pub fn discovered(discovery: Discovery) -> Self {
        Self::new(Target::Discovered(Box::new(discovery)))
    }

    fn new(target: Target) -> Self {
        Self {
            target,
            pinned_issuer: None,
            scope: Vec::new(),
            challenge: None,
            client: None,
            client_auth_method: None,
            client_metadata_url: None,
            client_name: "oauth-loopback".to_owned(),
            initial_access_token: None,
            clients: None,
            silent_first: true,
            prompt: Prompt::AsNeeded,
            timeout: Duration::from_secs(300),
            authorization_parameters: Vec::new(),
            token_parameters: Vec::new(),
            allow_unadvertised_pkce: false,
        }
    }

    /// Refuses what could not be done in the end, before anyone is asked anything.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_parameters(&self.authorization_parameters, &request::RESERVED)?;
        check_parameters(&self.token_parameters, &endpoint::RESERVED)
    }

    pub(crate) async fn discover(&self, http: &reqwest::Client) -> Result<Discovery, Error> {
        let mut discovery = match &self.target {
            Target::Resource(it) => {
                let registers = self.client.is_none() && self.client_metadata_url.is_none();
                let wanted = Wanted {
                    challenge: self.challenge.as_deref(),
                    issuer: self.pinned_issuer.as_deref(),
                    registers,
                };
                discover_challenged(http, it, &wanted).await?
            }
            Target::Issuer(it) => discover_issuer(http, it).await?,
            Target::Discovered(it) => (**it).clone(),
        };
        if let Some(pinned) = self.pinned_issuer.as_ref().filter(|it| **it != discovery.issuer()) {
            return Err(Error::OtherIssuer {
                issuer: printable(pinned),
                named: printable(discovery.issuer()),
            });
        }
        discovery.allow_unadvertised_pkce |= self.allow_unadvertised_pkce;
        Ok(discovery)
    }
}
