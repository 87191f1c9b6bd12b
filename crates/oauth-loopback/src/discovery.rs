//! Which authorization server protects a resource: [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728), then
//! [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414).

use reqwest::header::{ACCEPT, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::address::{covers, inserted, is_loopback, permitted, server_metadata};
use crate::challenge::Challenge;
use crate::error::{Error, Step, clean};
use crate::http;

/// What is known about a resource before anyone signs in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Discovery {
    /// The resource indicator, in the very spelling of the metadata.
    pub resource: String,
    /// The issuer, in the very spelling of the metadata.
    pub issuer: String,
    pub authorization_server: AuthorizationServerMetadata,
    /// The scope that the resource's challenge asked for.
    pub challenge_scope: Option<String>,
    /// The scopes in the resource's metadata.
    pub scopes_supported: Vec<String>,
    /// Go on although the authorization server does not say that it supports PKCE; false after [`discover`].
    pub allow_unadvertised_pkce: bool,
}

/// The part of RFC 8414's document that the flow needs.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct AuthorizationServerMetadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub registration_endpoint: Option<String>,
    pub scopes_supported: Option<Vec<String>>,
    pub code_challenge_methods_supported: Option<Vec<String>>,
    pub authorization_response_iss_parameter_supported: Option<bool>,
}

#[derive(Deserialize)]
struct ProtectedResourceMetadata {
    resource: String,
    authorization_servers: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
}

/// Finds the authorization server of the MCP server at `resource`.
///
/// # Errors
/// Any request that fails, metadata that is missing or belongs to another resource or issuer, an address that is neither
/// https nor loopback.
pub async fn discover(http: &Client, resource: &str) -> Result<Discovery, Error> {
    let server = permitted("resource", resource, true)?;
    let on_loopback = is_loopback(&server);
    let (status, headers) = challenge(http, &server).await?;
    let challenge = Challenge::bearer(
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|it| it.to_str().ok()),
    );
    let named = challenge.as_ref().and_then(|it| it.parameter("resource_metadata"));
    let candidates = match named {
        Some(it) => vec![permitted("resource_metadata of the challenge", it, on_loopback)?],
        None => inserted(&server, "oauth-protected-resource"),
    };
    let seen = match (status, &challenge) {
        (StatusCode::UNAUTHORIZED, None) => {
            format!("{} without a Bearer challenge", http::seen(status, &headers))
        }
        _ => http::seen(status, &headers),
    };
    let (url, metadata) = match first_document(http, Step::ResourceMetadata, candidates).await? {
        Found::Document(url, metadata) => (url, metadata),
        Found::Nothing(_) if status == StatusCode::NOT_FOUND => {
            return Err(Error::NoResource { resource: clean(resource), seen });
        }
        Found::Nothing(tried) => {
            return Err(Error::NoResourceMetadata { resource: clean(resource), seen, tried });
        }
    };
    let metadata: ProtectedResourceMetadata = metadata;
    if !covers(&metadata.resource, resource) {
        return Err(Error::ResourceMismatch {
            resource: clean(resource),
            found: clean(&metadata.resource),
            url,
        });
    }
    let issuers = metadata.authorization_servers.unwrap_or_default();
    let authorization_server = first_server(http, &issuers, url, on_loopback).await?;
    Ok(Discovery {
        resource: metadata.resource,
        issuer: authorization_server.issuer.clone(),
        authorization_server,
        challenge_scope: challenge.and_then(|it| it.parameter("scope").map(str::to_owned)),
        scopes_supported: metadata.scopes_supported.unwrap_or_default(),
        allow_unadvertised_pkce: false,
    })
}

impl Discovery {
    /// The scopes to ask for: the given ones, else those of the challenge, else those of the resource's metadata.
    ///
    /// To scopes that were not given, `offline_access` is added if the authorization server lists it, and taken away if
    /// it lists others only. An empty answer means that no scope is named at all.
    pub fn scope(&self, given: &[String]) -> Vec<String> {
        const OFFLINE: &str = "offline_access";
        if !given.is_empty() {
            return given.to_vec();
        }
        let mut scope: Vec<String> = match &self.challenge_scope {
            Some(it) => it.split_ascii_whitespace().map(str::to_owned).collect(),
            None => self.scopes_supported.clone(),
        };
        if let Some(supported) = &self.authorization_server.scopes_supported
            && !scope.is_empty()
        {
            scope.retain(|it| it != OFFLINE);
            if supported.iter().any(|it| it == OFFLINE) {
                scope.push(OFFLINE.to_owned());
            }
        }
        scope
    }

    /// Refuses an authorization server that does not advertise the S256 code challenge.
    pub(crate) fn require_pkce(&self) -> Result<(), Error> {
        let offered = self.authorization_server.code_challenge_methods_supported.as_deref();
        let supported =
            offered.map_or(self.allow_unadvertised_pkce, |it| it.iter().any(|it| it == "S256"));
        if supported {
            return Ok(());
        }
        let offered = offered
            .map_or_else(|| "nothing about it".to_owned(), |it| format!("`{}`", it.join(" ")));
        Err(Error::PkceUnadvertised { issuer: clean(&self.issuer), offered: clean(&offered) })
    }
}

/// Asks the resource as an MCP client without a token does.
///
/// With `ping` and not with `initialize`, which would leave a session behind where no token is wanted.
async fn challenge(http: &Client, server: &Url) -> Result<(StatusCode, HeaderMap), Error> {
    const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    http::head(Step::Resource, server.clone(), |method, url| {
        let request =
            http.request(method.clone(), url).header(ACCEPT, "application/json, text/event-stream");
        if method == reqwest::Method::POST {
            request.header("content-type", "application/json").body(PING)
        } else {
            request
        }
    })
    .await
}

enum Found<T> {
    Document(String, T),
    Nothing(Vec<String>),
}

/// The first address that answers with a JSON object; a page for everything or a 404 leads to the next one.
async fn first_document<T: for<'de> Deserialize<'de>>(
    http: &Client,
    step: Step,
    candidates: Vec<Url>,
) -> Result<Found<T>, Error> {
    let mut tried = Vec::new();
    for url in candidates {
        let answer = http::document(http, step, url).await?;
        if answer.status.is_success() && answer.json::<serde_json::Map<_, _>>().is_ok() {
            return Ok(Found::Document(answer.url.clone(), answer.json()?));
        }
        tried.push(format!("{}: {}", answer.url, answer.seen()));
    }
    Ok(Found::Nothing(tried))
}

/// The first of the listed authorization servers whose metadata is sound; if none is, what is wrong with the first.
async fn first_server(
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

async fn server(
    http: &Client,
    issuer: &str,
    on_loopback: bool,
) -> Result<AuthorizationServerMetadata, Error> {
    let address = permitted("issuer", issuer, on_loopback)?;
    let found = first_document(http, Step::ServerMetadata, server_metadata(&address)).await?;
    let (url, metadata): (_, AuthorizationServerMetadata) = match found {
        Found::Document(url, metadata) => (url, metadata),
        Found::Nothing(tried) => {
            return Err(Error::NoServerMetadata { issuer: clean(issuer), tried });
        }
    };
    if metadata.issuer != issuer {
        return Err(Error::IssuerMismatch {
            issuer: clean(issuer),
            found: clean(&metadata.issuer),
            url,
        });
    }
    permitted("authorization endpoint", &metadata.authorization_endpoint, on_loopback)?;
    permitted("token endpoint", &metadata.token_endpoint, on_loopback)?;
    if let Some(it) = &metadata.registration_endpoint {
        permitted("registration endpoint", it, on_loopback)?;
    }
    Ok(metadata)
}
