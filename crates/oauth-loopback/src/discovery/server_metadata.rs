//! What an authorization server says about itself, [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414).

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use crate::error::{AddressOf, Error, printable};
use crate::http::address::{permitted, server_metadata};
use crate::http::transport;
use crate::refusal::Step;

/// The part of RFC 8414's document that the flow needs.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct AuthorizationServerMetadata {
    pub issuer: String,
    /// Not there where tokens are given to clients alone.
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: String,
    pub registration_endpoint: Option<String>,
    pub revocation_endpoint: Option<String>,
    pub scopes_supported: Option<Vec<String>>,
    pub code_challenge_methods_supported: Option<Vec<String>>,
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub prompt_values_supported: Option<Vec<String>>,
    pub authorization_response_iss_parameter_supported: Option<bool>,
    pub client_id_metadata_document_supported: Option<bool>,
    /// Whether it was found where OpenID Connect has it.
    #[serde(skip)]
    pub(crate) openid: bool,
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
) -> Result<AuthorizationServerMetadata, Error> {
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

/// The metadata of one issuer, in the forms of RFC 8414 and of OpenID Connect.
pub(crate) async fn server(
    http: &Client,
    issuer: &str,
    on_loopback: bool,
) -> Result<AuthorizationServerMetadata, Error> {
    let address = permitted(AddressOf::Issuer, issuer, on_loopback)?;
    let found = first_document(http, Step::ServerMetadata, server_metadata(&address)).await?;
    let (url, mut metadata): (_, AuthorizationServerMetadata) = match found {
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
    metadata.openid = url.contains("/.well-known/openid-configuration");
    for (what, endpoint) in [
        (AddressOf::AuthorizationEndpoint, metadata.authorization_endpoint.as_ref()),
        (AddressOf::TokenEndpoint, Some(&metadata.token_endpoint)),
        (AddressOf::RegistrationEndpoint, metadata.registration_endpoint.as_ref()),
        (AddressOf::RevocationEndpoint, metadata.revocation_endpoint.as_ref()),
    ] {
        endpoint.map(|it| permitted(what, it, on_loopback)).transpose()?;
    }
    Ok(metadata)
}
