//! What an authorization server says about itself, [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414).

use reqwest::Client;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{AddressOf, Error, printable};
use crate::http::address::{permitted, server_metadata};
use crate::http::transport;
use crate::refusal::Step;

/// The part of RFC 8414's document that the flow needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthorizationServerMetadata {
    /// Compared letter by letter wherever it is named.
    pub issuer: String,
    /// Not there where tokens are given to clients alone.
    pub authorization_endpoint: Option<String>,
    /// Where codes, refresh tokens and credentials of clients become access tokens.
    pub token_endpoint: String,
    /// Where a client is registered, RFC 7591.
    pub registration_endpoint: Option<String>,
    /// Where a token is given back, RFC 7009.
    pub revocation_endpoint: Option<String>,
    /// What the server lists, which need not be all.
    pub scopes_supported: Option<Vec<String>>,
    /// S256 must be among them; see [`Discovery::allow_unadvertised_pkce`](crate::Discovery).
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// How a client may prove who it is.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// OpenID Connect: the pages that a request may insist on, or do without.
    pub prompt_values_supported: Option<Vec<String>>,
    /// Whether every callback names its issuer, RFC 9207.
    pub authorization_response_iss_parameter_supported: Option<bool>,
    /// Whether a client's id may be the address of a document about it.
    pub client_id_metadata_document_supported: Option<bool>,
}

impl AuthorizationServerMetadata {
    /// A server with a token endpoint and nothing else.
    pub fn new(issuer: impl Into<String>, token_endpoint: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            authorization_endpoint: None,
            token_endpoint: token_endpoint.into(),
            registration_endpoint: None,
            revocation_endpoint: None,
            scopes_supported: None,
            code_challenge_methods_supported: None,
            token_endpoint_auth_methods_supported: None,
            prompt_values_supported: None,
            authorization_response_iss_parameter_supported: None,
            client_id_metadata_document_supported: None,
        }
    }

    /// Refuses endpoints to which no secret may be sent.
    pub(crate) fn check_addresses(&self, on_loopback: bool) -> Result<(), Error> {
        for (what, address) in [
            (AddressOf::Issuer, Some(&self.issuer)),
            (AddressOf::AuthorizationEndpoint, self.authorization_endpoint.as_ref()),
            (AddressOf::TokenEndpoint, Some(&self.token_endpoint)),
            (AddressOf::RegistrationEndpoint, self.registration_endpoint.as_ref()),
            (AddressOf::RevocationEndpoint, self.revocation_endpoint.as_ref()),
        ] {
            address.map(|it| permitted(what, it, on_loopback)).transpose()?;
        }
        Ok(())
    }
}

pub(crate) enum Found<T> {
    Document(String, T),
    Nothing(Vec<String>),
}

/// The first address that answers with a JSON object; a page for everything or a 404 leads to the next one.
pub(crate) async fn first_document<T: for<'de> Deserialize<'de>>(
    http: &Client,
    step: Step,
    candidates: Vec<Url>,
) -> Result<Found<T>, Error> {
    let mut tried = Vec::new();
    for url in candidates {
        let response = transport::document(http, step, url).await?;
        if response.status.is_success() && response.json::<serde_json::Map<_, _>>().is_ok() {
            return Ok(Found::Document(response.url.clone(), response.json()?));
        }
        tried.push(format!("{}: {}", response.url, response.seen()));
    }
    Ok(Found::Nothing(tried))
}

/// The first of the listed authorization servers whose metadata is sound; if none is, what is wrong with the first.
pub(crate) async fn first_server(
    http: &Client,
    issuers: &[String],
    url: String,
    on_loopback: bool,
) -> Result<(AuthorizationServerMetadata, bool), Error> {
    const LOOKED_AT: usize = 4;
    let mut first_error = None;
    for issuer in issuers.iter().take(LOOKED_AT) {
        match server(http, issuer, on_loopback).await {
            Ok(it) => return Ok(it),
            Err(it) => first_error = first_error.or(Some(it)),
        }
    }
    Err(first_error.unwrap_or(Error::NoAuthorizationServer { url }))
}

/// The metadata of one issuer, in the forms of RFC 8414 and of OpenID Connect, and whether it had the latter.
pub(crate) async fn server(
    http: &Client,
    issuer: &str,
    on_loopback: bool,
) -> Result<(AuthorizationServerMetadata, bool), Error> {
    let address = permitted(AddressOf::Issuer, issuer, on_loopback)?;
    let found = first_document(http, Step::ServerMetadata, server_metadata(&address)).await?;
    let (url, metadata): (_, AuthorizationServerMetadata) = match found {
        Found::Document(url, metadata) => (url, metadata),
        Found::Nothing(tried) => {
            return Err(Error::NoServerMetadata { issuer: printable(issuer), tried });
        }
    };
    if metadata.issuer != issuer {
        return Err(Error::IssuerMismatch {
            issuer: printable(issuer),
            found: printable(&metadata.issuer),
            url,
        });
    }
    metadata.check_addresses(on_loopback)?;
    Ok((metadata, url.contains("/.well-known/openid-configuration")))
}
