//! What an authorization server says about itself, [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414).

use reqwest::Client;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{AddressOf, Error, printable};
use crate::http::address::{permitted, server_metadata};
use crate::http::{lenient, transport};
use crate::refusal::Step;

/// The part of RFC 8414's document that the flow needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthorizationServerMetadata {
    /// Compared letter by letter wherever it is named.
    pub issuer: String,
    /// Not there where tokens are given to clients alone.
    #[serde(default, deserialize_with = "lenient::text")]
    pub authorization_endpoint: Option<String>,
    /// Where codes, refresh tokens and credentials of clients become access tokens.
    pub token_endpoint: String,
    /// Where a client is registered, RFC 7591.
    #[serde(default, deserialize_with = "lenient::text")]
    pub registration_endpoint: Option<String>,
    /// Where a token is given back, RFC 7009.
    #[serde(default, deserialize_with = "lenient::text")]
    pub revocation_endpoint: Option<String>,
    /// What the server lists, which need not be all.
    #[serde(default, deserialize_with = "lenient::words")]
    pub scopes_supported: Option<Vec<String>>,
    /// S256 must be among them; see [`Discovery::allow_unadvertised_pkce`](crate::Discovery).
    #[serde(default, deserialize_with = "lenient::words")]
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// How a client may prove who it is.
    #[serde(default, deserialize_with = "lenient::words")]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// What a client may show for a token; none says that all is well that RFC 8414 has.
    #[serde(default, deserialize_with = "lenient::words")]
    pub grant_types_supported: Option<Vec<String>>,
    /// OpenID Connect: the pages that a request may insist on, or do without.
    #[serde(default, deserialize_with = "lenient::words")]
    pub prompt_values_supported: Option<Vec<String>>,
    /// Whether every callback names its issuer, RFC 9207.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub authorization_response_iss_parameter_supported: Option<bool>,
    /// Whether a client's id may be the address of a document about it.
    #[serde(default, deserialize_with = "lenient::flag")]
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
            grant_types_supported: None,
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
    /// What was asked and what was seen there.
    Nothing(Vec<String>),
}

/// The first address that answers with a JSON object that is the document.
///
/// A page for everything, a 404, a redirect elsewhere, JSON of another kind or a document of somebody else (`is_ours`)
/// leads to the next one. If none is right, the first that was a document at all tells what was wrong.
pub(crate) async fn first_document<T: for<'de> Deserialize<'de>>(
    http: &Client,
    step: Step,
    candidates: Vec<Url>,
    is_ours: impl Fn(&str, &T) -> Result<(), Error>,
) -> Result<Found<T>, Error> {
    let mut tried = Vec::new();
    let mut wrong = None;
    for url in candidates {
        let response = match transport::document(http, step, url).await {
            Ok(it) => it,
            Err(it @ Error::Redirected { .. }) => {
                wrong = wrong.or(Some(it));
                continue;
            }
            Err(it) => return Err(it),
        };
        let is_object = response.json::<serde_json::Map<_, _>>();
        if response.status.is_success() && is_object.is_ok_and(|it| !it.is_empty()) {
            let document = response.json().and_then(|it| is_ours(&response.url, &it).map(|()| it));
            match document {
                Ok(it) => return Ok(Found::Document(response.url.clone(), it)),
                Err(it) => wrong = wrong.or(Some(it)),
            }
        }
        tried.push(format!("{}: {}", response.url, response.seen()));
    }
    wrong.map_or(Ok(Found::Nothing(tried)), Err)
}

/// The first of the listed authorization servers whose metadata is sound and, if that is wanted, where a client can be
/// had; else the first that is sound; if none is, what is wrong with the first.
pub(crate) async fn first_server(
    http: &Client,
    issuers: &[String],
    url: String,
    on_loopback: bool,
    registers: bool,
) -> Result<(AuthorizationServerMetadata, bool), Error> {
    const LOOKED_AT: usize = 4;
    let mut first_error = None;
    let mut sound = None;
    for issuer in issuers.iter().take(LOOKED_AT) {
        match server(http, issuer, on_loopback).await {
            Ok(it) if !registers || it.0.registration_endpoint.is_some() => return Ok(it),
            Ok(it) => sound = sound.or(Some(it)),
            Err(it) => first_error = first_error.or(Some(it)),
        }
    }
    if let Some(it) = sound {
        return Ok(it);
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
    let is_ours = |url: &str, it: &AuthorizationServerMetadata| match it.issuer == issuer {
        true => Ok(()),
        false => Err(Error::IssuerMismatch {
            issuer: printable(issuer),
            found: printable(&it.issuer),
            url: url.to_owned(),
        }),
    };
    let candidates = server_metadata(&address);
    let (url, metadata) =
        match first_document(http, Step::ServerMetadata, candidates, is_ours).await? {
            Found::Document(url, metadata) => (url, metadata),
            Found::Nothing(tried) => {
                return Err(Error::NoServerMetadata { issuer: printable(issuer), tried });
            }
        };
    metadata.check_addresses(on_loopback)?;
    Ok((metadata, url.contains("/.well-known/openid-configuration")))
}
