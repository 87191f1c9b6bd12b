//! A token and how to keep it fresh, [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Client;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::client_information::ClientInformation;
use crate::client::deletion::delete;
use crate::error::{AddressOf, Error, printable};
use crate::http::address::{is_loopback, permitted};
use crate::refusal::Step;
use crate::secret::RefreshToken;
use crate::token::endpoint::{ClientAuthentication, TokenEndpoint};
use crate::token::response::TokenResponse;

/// A token with all that is needed to use and to refresh it.
///
/// Written with serde it is the token response of RFC 6749 §5.1 with `issuer`, `token_endpoint`, `client_id`, `resource`
/// and `expires_at` (seconds since 1970) beside it, and what a registration gave that a refresh or a deletion needs: a
/// secret as a whole. The secret of a client that was registered beforehand is not written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Record", from = "Record")]
#[non_exhaustive]
pub struct Grant {
    /// What the authorization server gave.
    pub token: TokenResponse,
    /// The authorization server.
    pub issuer: String,
    /// Where the token was asked for, and the next one is.
    pub token_endpoint: String,
    /// The client that it was given to.
    pub client_id: String,
    /// The resource indicator that the token was asked for.
    pub resource: Option<String>,
    /// When the access token ends by the token response, on this machine's clock.
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) endpoint: TokenEndpoint,
}

impl Grant {
    pub(crate) fn new(
        (token, expires_at): (TokenResponse, Option<SystemTime>),
        endpoint: TokenEndpoint,
    ) -> Self {
        Self {
            token,
            issuer: endpoint.issuer.clone(),
            token_endpoint: endpoint.url.clone(),
            client_id: endpoint.client.client_id.clone(),
            resource: endpoint.resource.clone(),
            expires_at,
            endpoint,
        }
    }

    /// When the access token ends, as far as anyone says: the earlier of what the token response and what the token says.
    pub fn ends_at(&self) -> Option<SystemTime> {
        self.token.earlier_end(self.expires_at)
    }

    /// What each token request of its client has beside the code or the refresh token, for who sends them by other means.
    ///
    /// `None` for a client that signs something new for each request (`private_key_jwt`).
    pub fn client_authentication(&self) -> Option<ClientAuthentication> {
        self.endpoint.client_authentication()
    }

    /// Gets the next access token; resource and scope are sent again, and a rotated refresh token replaces the old one.
    ///
    /// # Errors
    /// [`Error::NoRefreshToken`], [`Error::Refused`]; the grant is then as it was. After [`Error::Malformed`] and
    /// [`Error::TokenType`] it may have the next refresh token, and is to be stored: the one of before may be used up.
    pub async fn refresh(&mut self, http: &Client) -> Result<(), Error> {
        let refresh_token = self.token.refresh_token.clone().ok_or(Error::NoRefreshToken)?;
        let mut form =
            vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.reveal())];
        let scope = self.token.scope.clone().unwrap_or_default();
        if !scope.is_empty() {
            form.push(("scope", &scope));
        }
        let secrets = [refresh_token.reveal()];
        let asked_at = SystemTime::now();
        let mut answer = self.endpoint.ask(http, Step::Refresh, &form, &secrets).await;
        // To name the scope is optional (RFC 6749 §6), and to some servers it is wrong.
        let is_wrong = |it: &Error| matches!(it.code(), Some("invalid_scope" | "invalid_request"));
        if !scope.is_empty() && answer.as_ref().is_err_and(is_wrong) {
            form.pop();
            answer = self.endpoint.ask(http, Step::Refresh, &form, &secrets).await;
        }
        let answer = answer?;
        let rotated = answer.text_of("refresh_token").map(RefreshToken::new);
        let (mut token, expires_at) = match self.endpoint.read(&answer, asked_at) {
            Ok(it) => it,
            Err(it) => {
                // The one of before may be good for nothing now.
                self.token.refresh_token = rotated.or(Some(refresh_token));
                return Err(it);
            }
        };
        token.refresh_token.get_or_insert(refresh_token);
        if !scope.is_empty() {
            token.scope.get_or_insert(scope);
        }
        (self.token, self.expires_at) = (token, expires_at);
        Ok(())
    }

    /// Gives a client that was registered beforehand its secret or key again, which [`Serialize`] leaves out.
    ///
    /// One that was registered for this grant has its own.
    #[must_use]
    pub fn with_credentials_of(mut self, client: &ClientInformation) -> Self {
        if self.endpoint.client.issuer.is_none() && client.client_id == self.client_id {
            let told = self.endpoint.client.token_endpoint_auth_method.take();
            self.endpoint.client = client.clone();
            let method = &mut self.endpoint.client.token_endpoint_auth_method;
            *method = method.take().or(told);
        }
        self
    }

    /// Revokes the refresh token and the access token, [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009); the one also where
    /// the other was refused.
    ///
    /// # Errors
    /// [`Error::NotOffered`] where the server has no revocation endpoint or takes neither token there, [`Error::Refused`].
    pub async fn revoke(&self, http: &Client) -> Result<(), Error> {
        let endpoint = &self.endpoint;
        let Some(url) = &endpoint.revocation else {
            let issuer = printable(&self.issuer);
            return Err(Error::NotOffered { what: "revocation of tokens", issuer });
        };
        permitted(AddressOf::RevocationEndpoint, url, self.on_loopback())?;
        let registered = endpoint.client.issuer.is_some();
        let refresh_token = self.token.refresh_token.as_ref();
        let tokens = refresh_token
            .map(|it| ("refresh_token", it.reveal()))
            .into_iter()
            .chain([("access_token", self.token.access_token.reveal())]);
        let (mut revoked, mut refused) = (0, None);
        for (kind, token) in tokens {
            let mut form = vec![("token", token), ("token_type_hint", kind)];
            let mut response = endpoint.send(http, Step::Revocation, url, &form, &[token]).await;
            // The MCP Python SDK wants the parameter even of a client that has no secret.
            if response.as_ref().is_err_and(|it| it.code() == Some("invalid_request"))
                && endpoint.is_public()
            {
                form.push(("client_secret", ""));
                response = endpoint.send(http, Step::Revocation, url, &form, &[token]).await;
            }
            match response {
                // A server that has forgotten the client it registered has no token of it either. One that was registered
                // beforehand may only lack its secret.
                Err(it) if it.code() == Some("invalid_client") && registered => return Ok(()),
                // RFC 7009 §2.2.1: it knows how to revoke the other kind alone.
                Err(it) if it.code() == Some("unsupported_token_type") => {}
                Err(it) => refused = refused.or(Some(it)),
                Ok(_) => revoked += 1,
            }
        }
        if let Some(it) = refused {
            return Err(it);
        }
        if revoked == 0 {
            let issuer = printable(&self.issuer);
            return Err(Error::NotOffered { what: "revocation of tokens of this kind", issuer });
        }
        Ok(())
    }

    /// Deletes the client that was registered for this grant, [RFC 7592 §2.3](https://www.rfc-editor.org/rfc/rfc7592#section-2.3).
    ///
    /// # Errors
    /// [`Error::NotOffered`] where the registration gave no means to do so, [`Error::Refused`]; that the client is not there
    /// any more is none.
    pub async fn delete_client(&self, http: &Client) -> Result<(), Error> {
        delete(http, &self.issuer, &self.endpoint.client).await
    }

    fn on_loopback(&self) -> bool {
        Url::parse(&self.issuer).is_ok_and(|it| is_loopback(&it))
    }
}

/// The members of [`Record`] beside the token response, which a server may have sent as well, with another meaning.
const BESIDE: [&str; 10] = [
    "issuer",
    "token_endpoint",
    "resource",
    "expires_at",
    "revocation_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_method",
    "token_parameters",
    "client_id",
    "client",
];

/// The token response with what belongs to it beside it.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    token: TokenResponse,
    issuer: String,
    token_endpoint: String,
    resource: Option<String>,
    /// Seconds since 1970.
    expires_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// How a client that was registered beforehand was told to authenticate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    token_parameters: Vec<(String, String)>,
    client_id: String,
    /// What a registration gave; a client that was registered beforehand has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<ClientInformation>,
}

impl From<Grant> for Record {
    fn from(grant: Grant) -> Self {
        let ends_at = grant.ends_at().and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        let client = grant.endpoint.client;
        let mut token = grant.token;
        token.other.retain(|name, _| !BESIDE.contains(&name.as_str()));
        Self {
            token,
            issuer: grant.issuer,
            token_endpoint: grant.token_endpoint,
            resource: grant.resource,
            expires_at: ends_at.map(|it| it.as_secs()),
            revocation_endpoint: grant.endpoint.revocation,
            token_endpoint_auth_methods_supported: grant.endpoint.methods,
            token_endpoint_auth_method: client
                .token_endpoint_auth_method
                .clone()
                .filter(|_| client.issuer.is_none()),
            token_parameters: grant.endpoint.parameters,
            client_id: grant.client_id,
            client: client.issuer.is_some().then_some(client),
        }
    }
}

impl From<Record> for Grant {
    fn from(record: Record) -> Self {
        let expires_at =
            record.expires_at.and_then(|it| UNIX_EPOCH.checked_add(Duration::from_secs(it)));
        let client = match record.client {
            Some(it) => ClientInformation { issuer: Some(record.issuer.clone()), ..it },
            None => {
                let mut client = ClientInformation::preregistered(record.client_id);
                client.token_endpoint_auth_method = record.token_endpoint_auth_method;
                client
            }
        };
        let endpoint = TokenEndpoint {
            url: record.token_endpoint,
            issuer: record.issuer,
            client,
            resource: record.resource,
            scope: record.token.scope.clone().unwrap_or_default(),
            parameters: record.token_parameters,
            methods: record.token_endpoint_auth_methods_supported,
            revocation: record.revocation_endpoint,
        };
        Self::new((record.token, expires_at), endpoint)
    }
}
