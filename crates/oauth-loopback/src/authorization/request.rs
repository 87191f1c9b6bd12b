//! The authorization request, [RFC 6749 §4.1.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1) with the resource
//! indicator of [RFC 8707](https://www.rfc-editor.org/rfc/rfc8707).

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::authorization::code::AuthorizationCode;
use crate::authorization::listener::LoopbackListener;
use crate::authorization::opening::Opening;
use crate::authorization::pkce::CodeVerifier;
use crate::authorization::prompt::Prompt;
use crate::authorization::response::{Expectation, Nonce, State};
use crate::client::client_information::ClientInformation;
use crate::discovery::discover::Discovery;
use crate::error::{AddressOf, Error, printable};
use crate::http::transport::{self, FirstPage};
use crate::token::endpoint::{TokenEndpoint, check_parameters};
use crate::token::grant::Grant;

/// What the flow says itself in an authorization request.
pub(crate) const RESERVED: [&str; 10] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "scope",
    "prompt",
    "nonce",
];

/// A request that waits for someone to open its URL. It gives one code.
///
/// ```compile_fail,E0382
/// # fn example(request: oauth_loopback::AuthorizationRequest) {
/// let first = request.receive("code=a&state=b");
/// let second = request.receive("code=a&state=b");
/// # }
/// ```
pub struct AuthorizationRequest {
    url: Url,
    pub(crate) redirect_uri: String,
    pub(crate) expectation: Expectation,
    pub(crate) verifier: CodeVerifier,
    /// What an ID token has to repeat, where one was asked for.
    pub(crate) nonce: Option<Nonce>,
    pub(crate) endpoint: TokenEndpoint,
}

impl AuthorizationRequest {
    /// Puts a request together; an empty `scope` leaves the choice to [`Discovery::scope`], of which the client then asks for
    /// no more than it was registered for.
    ///
    /// # Errors
    /// [`Error::PkceUnadvertised`], [`Error::NotOffered`], [`Error::ForeignClient`] for a client that another issuer
    /// registered, and [`Error::Address`] or [`Error::Insecure`] for an endpoint to which no secret may be sent.
    pub fn new(
        discovery: &Discovery,
        client: &ClientInformation,
        redirect_uri: &str,
        scope: &[String],
    ) -> Result<Self, Error> {
        let added = discovery.adds_offline_access(scope, None);
        let scope = match scope {
            [] => client.registered_for(discovery.scope(scope)),
            _ => scope.to_vec(),
        };
        Self::asking(discovery, client, redirect_uri, &scope, !added)
    }

    /// A request for these scopes and no others; see [`Discovery::wants_consent_for`] for `insist`.
    pub(crate) fn asking(
        discovery: &Discovery,
        client: &ClientInformation,
        redirect_uri: &str,
        scope: &[String],
        insist: bool,
    ) -> Result<Self, Error> {
        discovery.require_pkce()?;
        let server = &discovery.authorization_server;
        let endpoint = TokenEndpoint::new(discovery, client, scope.join(" "))?;
        let Some(address) = &server.authorization_endpoint else {
            let issuer = printable(discovery.issuer());
            return Err(Error::NotOffered { what: "authorization endpoint", issuer });
        };
        let (state, verifier) = (State::random(), CodeVerifier::random());
        let mut url = Url::parse(address).map_err(|_| Error::Address {
            what: AddressOf::AuthorizationEndpoint,
            address: printable(address),
            reason: "it cannot be read",
        })?;
        url.set_fragment(None);
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", state.reveal())
            .append_pair("code_challenge", &verifier.challenge())
            .append_pair("code_challenge_method", "S256");
        if let Some(it) = &discovery.resource {
            query.append_pair("resource", it);
        }
        if !endpoint.scope.is_empty() {
            query.append_pair("scope", &endpoint.scope);
        }
        let openid = endpoint.scope.split_ascii_whitespace().any(|it| it == "openid");
        let nonce = openid.then(Nonce::random);
        if let Some(it) = &nonce {
            query.append_pair("nonce", it.reveal());
        }
        if discovery.wants_consent_for(&endpoint.scope, insist) {
            query.append_pair("prompt", "consent");
        }
        drop(query);
        let expectation = Expectation {
            state,
            issuer: discovery.issuer().to_owned(),
            issuer_is_sent: server
                .authorization_response_iss_parameter_supported
                .unwrap_or_default(),
        };
        let redirect_uri = redirect_uri.to_owned();
        Ok(Self { url, redirect_uri, expectation, verifier, nonce, endpoint })
    }

    /// A request like an earlier one, with a state, a code challenge and a nonce of its own and without `prompt`.
    ///
    /// Opened with the cookies of a browser that is signed in, and has consented, it leads to the redirect URI without a
    /// page; that is for who needs many tokens of one sign-in.
    ///
    /// # Errors
    /// [`Error::Address`] where `earlier` has no redirect URI.
    pub fn again(earlier: &Url, grant: &Grant) -> Result<Self, Error> {
        const ITS_OWN: [&str; 4] = ["state", "code_challenge", "nonce", "prompt"];
        let asked: Vec<(String, String)> = earlier.query_pairs().into_owned().collect();
        let redirect_uri = asked.iter().find(|(name, _)| name == "redirect_uri");
        let redirect_uri =
            redirect_uri.map(|(_, it)| it.clone()).ok_or_else(|| Error::Address {
                what: AddressOf::AuthorizationEndpoint,
                address: printable(earlier.origin().ascii_serialization().as_str()),
                reason: "it is no authorization request",
            })?;
        let (state, verifier) = (State::random(), CodeVerifier::random());
        let nonce = asked.iter().any(|(name, _)| name == "nonce").then(Nonce::random);
        let mut url = earlier.clone();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(asked.iter().filter(|(name, _)| !ITS_OWN.contains(&name.as_str())))
            .append_pair("state", state.reveal())
            .append_pair("code_challenge", &verifier.challenge())
            .extend_pairs(nonce.iter().map(|it| ("nonce", it.reveal())));
        let expectation =
            Expectation { state, issuer: grant.issuer.clone(), issuer_is_sent: false };
        Ok(Self {
            url,
            redirect_uri,
            expectation,
            verifier,
            nonce,
            endpoint: grant.endpoint.clone(),
        })
    }

    /// Adds parameters to the address, such as `access_type` or `login_hint`.
    ///
    /// # Errors
    /// [`Error::ReservedParameter`].
    pub fn with_parameters(mut self, parameters: &[(String, String)]) -> Result<Self, Error> {
        check_parameters(parameters, &RESERVED)?;
        if !parameters.is_empty() {
            self.url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(self)
    }

    /// Adds parameters to the token request and to those that refresh the token, such as `audience`.
    ///
    /// # Errors
    /// [`Error::ReservedParameter`].
    pub fn with_token_parameters(mut self, parameters: &[(String, String)]) -> Result<Self, Error> {
        self.endpoint = self.endpoint.with_parameters(parameters)?;
        Ok(self)
    }

    /// Asks for a code without showing a page (`prompt=none`), which does where someone is signed in and has consented.
    ///
    /// Where it does not, the wait ends in [`Error::Denied`] with `login_required`, `consent_required` or
    /// `interaction_required`.
    #[must_use]
    pub fn silent(self) -> Self {
        self.with_prompt(&Prompt::Value("none".to_owned()))
    }

    /// Sends another `prompt` than the one that the scope calls for, or none.
    #[must_use]
    pub fn with_prompt(mut self, prompt: &Prompt) -> Self {
        let value = match prompt {
            Prompt::AsNeeded => return self,
            Prompt::Omitted => None,
            Prompt::Value(it) => Some(("prompt", it)),
        };
        let others: Vec<(String, String)> =
            self.url.query_pairs().into_owned().filter(|(name, _)| name != "prompt").collect();
        self.url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value);
        self
    }

    /// Whether the server turns the client away before anyone is asked anything.
    ///
    /// For a client that is only remembered: the server would show that on a page of its own, and no callback would come.
    pub(crate) async fn is_refused(&self, http: &reqwest::Client) -> Result<bool, Error> {
        // A wall against robots answers 403 or 404 as well, and knows nothing of clients.
        const CLIENT: [&str; 4] =
            ["invalid_client", "unauthorized_client", "client_id", "redirect_uri"];
        let of_the_client = |text: &str| CLIENT.iter().any(|it| text.contains(it));
        Ok(match transport::first_page(http, self.url.clone()).await? {
            FirstPage::Page(status, text) => {
                matches!(status.as_u16(), 400 | 401 | 422) || of_the_client(&text)
            }
            // A login page may be handed the whole request, so the error alone counts.
            FirstPage::Redirect(to) => to
                .query_pairs()
                .filter(|(name, _)| matches!(&**name, "error" | "error_description"))
                .any(|(_, it)| of_the_client(&it)),
        })
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
    /// [`Error::NoCallback`] after `timeout`, [`Error::NoCallbackAfterBrowser`], [`Error::Browser`], [`Error::Denied`] when the
    /// server says so, [`Error::CallbackIssuer`], [`Error::NoCode`], and [`Error::OtherRedirectUri`] for a listener that is
    /// not on the redirect URI of the request.
    pub async fn wait_for_code<F, E>(
        self,
        listener: LoopbackListener,
        timeout: Duration,
        open: F,
    ) -> Result<AuthorizationCode, Error>
    where
        F: AsyncFnOnce(Opening) -> Result<(), E>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let Self { url, redirect_uri, expectation, verifier, nonce, endpoint } = self;
        if listener.redirect_uri() != redirect_uri {
            let listening = listener.redirect_uri().to_owned();
            let redirect_uri = printable(&redirect_uri);
            return Err(Error::OtherRedirectUri { redirect_uri, listening });
        }
        let (opening, settle) = Opening::new(url, endpoint.client.client_name.clone());
        let issuer = printable(&expectation.issuer);
        let browser = async {
            let opened = open(opening).await;
            opened.map_err(|it| Error::Browser { issuer, ignored: None, source: it.into() })
        };
        let code = listener.wait(expectation, timeout, browser, settle).await?;
        Ok(AuthorizationCode { code, redirect_uri, verifier, nonce, endpoint })
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
