//! Requests of one client to the token endpoint, [RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2).

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, RequestBuilder};

use crate::client::client_information::{Authentication, ClientInformation};
use crate::discovery::discover::Discovery;
use crate::error::{Error, printable};
use crate::http::transport::{self, Response};
use crate::refusal::Step;
use crate::token::response::TokenResponse;

/// What the flow says itself in a token request.
pub(crate) const RESERVED: [&str; 11] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "resource",
    "scope",
];

/// Refuses parameters of the caller that are those of the flow.
pub(crate) fn check_parameters(given: &[(String, String)], reserved: &[&str]) -> Result<(), Error> {
    match given.iter().find(|(name, _)| reserved.contains(&name.as_str())) {
        Some((name, _)) => Err(Error::ReservedParameter { name: printable(name) }),
        None => Ok(()),
    }
}

/// What a request to the token endpoint has beside its grant,
/// [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). It is a secret where the client has one.
#[non_exhaustive]
pub struct ClientAuthentication {
    /// Fields of the form: the client's id and secret where they go there, the resource, and what the caller adds.
    pub form: Vec<(String, String)>,
    /// The header `Authorization` of a client that uses HTTP Basic.
    pub authorization: Option<String>,
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAuthentication(..)")
    }
}

/// Where tokens come from, for one client and one resource.
#[derive(Debug, Clone)]
pub(crate) struct TokenEndpoint {
    pub(crate) url: String,
    pub(crate) issuer: String,
    pub(crate) client: ClientInformation,
    pub(crate) resource: Option<String>,
    /// The scope of the authorization request, space-separated, empty if none was named.
    pub(crate) scope: String,
    /// What the caller adds to each request for a token.
    pub(crate) parameters: Vec<(String, String)>,
    /// `token_endpoint_auth_methods_supported`.
    pub(crate) methods: Option<Vec<String>>,
    pub(crate) revocation: Option<String>,
}

impl TokenEndpoint {
    /// Binds the client to the server, unless another one registered it.
    pub(crate) fn new(
        discovery: &Discovery,
        client: &ClientInformation,
        scope: String,
    ) -> Result<Self, Error> {
        discovery.check_addresses()?;
        if let Some(registered_at) = client.issuer.as_ref().filter(|it| **it != discovery.issuer())
        {
            return Err(Error::ForeignClient {
                registered_at: printable(registered_at),
                issuer: printable(discovery.issuer()),
            });
        }
        let server = &discovery.authorization_server;
        Ok(Self {
            url: server.token_endpoint.clone(),
            issuer: discovery.issuer().to_owned(),
            client: client.clone(),
            resource: discovery.resource.clone(),
            scope,
            parameters: Vec::new(),
            methods: server.token_endpoint_auth_methods_supported.clone(),
            revocation: server.revocation_endpoint.clone(),
        })
    }

    pub(crate) fn with_parameters(
        mut self,
        parameters: &[(String, String)],
    ) -> Result<Self, Error> {
        check_parameters(parameters, &RESERVED)?;
        self.parameters = parameters.to_vec();
        Ok(self)
    }

    /// Asks for a token and reads it.
    pub(crate) async fn request(
        &self,
        http: &Client,
        step: Step,
        form: &[(&str, &str)],
        secrets: &[&str],
    ) -> Result<(TokenResponse, Option<SystemTime>), Error> {
        let asked_at = SystemTime::now();
        self.read(&self.ask(http, step, form, secrets).await?, asked_at)
    }

    /// Asks for a token; `secrets` are struck from what the server echoes.
    pub(crate) async fn ask(
        &self,
        http: &Client,
        step: Step,
        form: &[(&str, &str)],
        secrets: &[&str],
    ) -> Result<Response, Error> {
        let mut form = form.to_vec();
        form.extend(self.resource.as_deref().map(|it| ("resource", it)));
        form.extend(self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.send(http, step, &self.url, &form, secrets).await
    }

    /// Reads the answer to a request that was made at `asked_at`.
    pub(crate) fn read(
        &self,
        response: &Response,
        asked_at: SystemTime,
    ) -> Result<(TokenResponse, Option<SystemTime>), Error> {
        let step = response.step;
        let mut token: TokenResponse = response.json()?;
        if token.access_token.reveal().is_empty() {
            return Err(Error::Malformed {
                step,
                url: self.url.clone(),
                status: response.status.as_u16(),
                reason: "an empty `access_token`".to_owned(),
            });
        }
        if !token.token_type.eq_ignore_ascii_case("bearer") {
            return Err(Error::TokenType {
                step,
                url: self.url.clone(),
                token_type: printable(&token.token_type),
            });
        }
        if step != Step::Refresh && !self.scope.is_empty() {
            token.scope.get_or_insert_with(|| self.scope.clone());
        }
        let expires_at =
            token.expires_in.and_then(|it| asked_at.checked_add(Duration::from_secs(it)));
        Ok((token, expires_at))
    }

    /// Whether the client authenticates with nothing but its name.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.client.authentication(self.methods.as_deref()), Authentication::None)
    }

    /// Posts a form as this client.
    pub(crate) async fn send(
        &self,
        http: &Client,
        step: Step,
        url: &str,
        form: &[(&str, &str)],
        secrets: &[&str],
    ) -> Result<Response, Error> {
        let mut own = Vec::new();
        let mut named = !self.is_basic();
        loop {
            let request = || self.authenticated(http, url, form, named, &mut own);
            let response = transport::fetch(step, request).await?;
            // RFC 7009 §2.2: all that a client has to know of a revocation is in the status.
            if step == Step::Revocation && response.status.is_success() {
                return Ok(response);
            }
            let secrets = secrets.iter().copied().chain(own.iter().map(String::as_str));
            match response.refusal(&secrets.collect::<Vec<_>>()) {
                // Beside Basic a name in the body is a second way to authenticate (RFC 6749 §2.3), but some want it.
                Some(it) if !named && it.code() == Some("invalid_request") => named = true,
                Some(it) => return Err(it),
                None => return Ok(response),
            }
        }
    }

    /// What every request for a token has beside its grant; `None` for a client that proves itself anew each time.
    pub(crate) fn client_authentication(&self) -> Option<ClientAuthentication> {
        let mut form = self.parameters.clone();
        form.extend(self.resource.iter().map(|it| ("resource".to_owned(), it.clone())));
        let id = &self.client.client_id;
        let mut authorization = None;
        match self.client.authentication(self.methods.as_deref()) {
            Authentication::None => form.push(("client_id".to_owned(), id.clone())),
            Authentication::Post(secret) => {
                form.push(("client_id".to_owned(), id.clone()));
                form.push(("client_secret".to_owned(), secret.reveal().to_owned()));
            }
            Authentication::Basic(secret) => {
                let both = format!("{}:{}", encoded(id), encoded(secret.reveal()));
                authorization = Some(format!("Basic {}", STANDARD.encode(both)));
            }
            #[cfg(feature = "private-key-jwt")]
            Authentication::Assertion(_) => return None,
        }
        Some(ClientAuthentication { form, authorization })
    }

    fn is_basic(&self) -> bool {
        matches!(self.client.authentication(self.methods.as_deref()), Authentication::Basic(_))
    }

    /// A request with the client's credentials, which are added to `secrets`, and its id in the body if it is `named` there.
    fn authenticated(
        &self,
        http: &Client,
        url: &str,
        form: &[(&str, &str)],
        named: bool,
        secrets: &mut Vec<String>,
    ) -> Result<RequestBuilder, Error> {
        #[cfg(feature = "private-key-jwt")]
        let assertion;
        let mut form = form.to_vec();
        if named {
            form.push(("client_id", &self.client.client_id));
        }
        let mut request = http.post(url).header("accept", "application/json");
        match self.client.authentication(self.methods.as_deref()) {
            Authentication::None => {}
            Authentication::Post(secret) => {
                form.push(("client_secret", secret.reveal()));
                secrets.push(secret.reveal().to_owned());
            }
            Authentication::Basic(secret) => {
                request = request
                    .basic_auth(encoded(&self.client.client_id), Some(encoded(secret.reveal())));
                // In Base64 it is the encoded one that a server may repeat.
                secrets.extend([secret.reveal().to_owned(), encoded(secret.reveal())]);
            }
            #[cfg(feature = "private-key-jwt")]
            Authentication::Assertion(key) => {
                assertion = key.assertion(&self.client.client_id, &self.issuer)?;
                form.push(("client_assertion_type", crate::client::client_key::ASSERTION_TYPE));
                form.push(("client_assertion", &assertion));
                secrets.push(assertion.clone());
            }
        }
        Ok(request.form(&form))
    }
}

/// The encoding of RFC 6749 §2.3.1, which comes before that of Basic.
fn encoded(it: &str) -> String {
    url::form_urlencoded::byte_serialize(it.as_bytes()).collect()
}
