//! The authorization request, [RFC 6749 §4.1.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1) with the resource
//! indicator of [RFC 8707](https://www.rfc-editor.org/rfc/rfc8707).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;
use url::Url;

use crate::callback::{Expectation, LoopbackListener};
use crate::discovery::Discovery;
use crate::error::{Error, clean};
use crate::pkce::CodeVerifier;
use crate::registration::ClientInformation;
use crate::token::{AuthorizationCode, TokenEndpoint};

/// A request that waits for someone to open its URL. It holds the listener, so it can be answered once.
pub struct AuthorizationRequest {
    url: Url,
    listener: LoopbackListener,
    expectation: Expectation,
    verifier: CodeVerifier,
    endpoint: TokenEndpoint,
}

/// What the one who opens the browser is given.
#[non_exhaustive]
pub struct Opening {
    /// The address to open.
    pub url: Url,
    /// The client's name as the consent page will show it, where it is known.
    pub client_name: Option<String>,
    settled: watch::Receiver<bool>,
}

impl Opening {
    /// Resolves once the listener holds the answer, a code or a refusal, so that a browser can be closed in order.
    ///
    /// It resolves as well when nobody waits any longer.
    pub async fn code_arrived(&mut self) {
        // An error means that the waiting side is gone, which ends the browser's work just the same.
        let _ = self.settled.wait_for(|it| *it).await;
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL holds the state.
        f.debug_struct("Opening").field("client_name", &self.client_name).finish_non_exhaustive()
    }
}

impl AuthorizationRequest {
    /// Puts a request together; an empty `scope` leaves the choice to [`Discovery::scope`].
    ///
    /// # Errors
    /// [`Error::PkceUnadvertised`], and [`Error::ForeignClient`] for a client that another issuer registered.
    pub fn new(
        discovery: &Discovery,
        client: &ClientInformation,
        listener: LoopbackListener,
        scope: &[String],
    ) -> Result<Self, Error> {
        discovery.require_pkce()?;
        if let Some(registered_at) = client.issuer.as_ref().filter(|it| **it != discovery.issuer) {
            return Err(Error::ForeignClient {
                registered_at: clean(registered_at),
                issuer: clean(&discovery.issuer),
            });
        }
        let server = &discovery.authorization_server;
        let (state, verifier) = (State::random(), CodeVerifier::random());
        let scope = discovery.scope(scope).join(" ");
        let mut url = Url::parse(&server.authorization_endpoint).map_err(|_| Error::Address {
            what: "authorization endpoint",
            address: clean(&server.authorization_endpoint),
        })?;
        url.set_fragment(None);
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.client_id)
            .append_pair("redirect_uri", listener.redirect_uri())
            .append_pair("state", state.reveal())
            .append_pair("code_challenge", &verifier.challenge())
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &discovery.resource);
        if !scope.is_empty() {
            query.append_pair("scope", &scope);
        }
        drop(query);
        let expectation = Expectation {
            state,
            issuer: discovery.issuer.clone(),
            issuer_is_sent: server
                .authorization_response_iss_parameter_supported
                .unwrap_or_default(),
        };
        let endpoint = TokenEndpoint {
            url: server.token_endpoint.clone(),
            issuer: discovery.issuer.clone(),
            client: client.clone(),
            resource: discovery.resource.clone(),
            scope,
        };
        Ok(Self { url, listener, expectation, verifier, endpoint })
    }

    /// The address to open in a browser.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Serves the redirect URI until the code is there, with `open` beside it.
    ///
    /// An error of `open` ends the wait at once; after it ends well the callback has ten seconds to have come. Once the
    /// answer is there, `open` has ten seconds to close what it opened, and what it then says changes nothing.
    ///
    /// # Errors
    /// [`Error::NoCallback`] after `timeout`, [`Error::Denied`] when the server says so, [`Error::CallbackIssuer`].
    pub async fn wait_for_code<F, E>(
        self,
        timeout: Duration,
        open: F,
    ) -> Result<AuthorizationCode, Error>
    where
        F: AsyncFnOnce(Opening) -> Result<(), E>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let Self { url, listener, expectation, verifier, endpoint } = self;
        let redirect_uri = listener.redirect_uri().to_owned();
        let (settle, settled) = watch::channel(false);
        let opening = Opening { url, client_name: endpoint.client.client_name.clone(), settled };
        let browser =
            async { open(opening).await.map_err(|it| Error::Browser { source: it.into() }) };
        let code = listener.wait(expectation, timeout, browser, settle).await?;
        Ok(AuthorizationCode { code, redirect_uri, verifier, endpoint })
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// The value that ties a callback to its request, RFC 6749 §10.12.
pub(crate) struct State(String);

impl State {
    /// 32 random bytes, independent of the code verifier.
    pub(crate) fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// Compares in constant time.
    pub(crate) fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }

    fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(…)")
    }
}
