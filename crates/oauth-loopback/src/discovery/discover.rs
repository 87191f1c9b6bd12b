//! Which authorization server protects a resource, [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728).

use reqwest::header::{ACCEPT, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::discovery::challenge::Challenge;
use crate::discovery::server_metadata::{
    AuthorizationServerMetadata, Found, first_document, first_server, server,
};
use crate::error::{AddressOf, Error, printable};
use crate::http::address::{covers, inserted, is_loopback, permitted};
use crate::http::deadline::{DISCOVERY, within};
use crate::http::{lenient, transport};
use crate::refusal::Step;

/// The scope for a refresh token that outlives the session, OpenID Connect Core §11.
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// What is known about a resource before anyone signs in.
///
/// It can be kept with serde, or made by hand for a server that publishes nothing of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Discovery {
    /// The resource indicator, in the very spelling of the metadata; `None` after [`discover_issuer`].
    pub resource: Option<String>,
    /// What the authorization server says about itself.
    pub authorization_server: AuthorizationServerMetadata,
    /// Whether the resource answered with a Bearer challenge.
    #[serde(default)]
    pub challenged: bool,
    /// The scope that the resource's challenge asked for.
    pub challenge_scope: Option<String>,
    /// The scopes in the resource's metadata.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
    /// Whether the authorization server's metadata was found where OpenID Connect has it.
    #[serde(default)]
    pub openid: bool,
    /// Go on although the authorization server does not say that it supports PKCE; false after [`discover`].
    #[serde(default)]
    pub allow_unadvertised_pkce: bool,
}

#[derive(Deserialize)]
struct ProtectedResourceMetadata {
    resource: String,
    #[serde(default, deserialize_with = "lenient::words")]
    authorization_servers: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient::words")]
    scopes_supported: Option<Vec<String>>,
}

/// Finds the authorization server of the MCP server at `resource`.
///
/// # Errors
/// Any request that fails, metadata that is missing or belongs to another resource or issuer, an address that is neither
/// https nor loopback, and [`Error::Overdue`] if all of it takes longer than a minute.
pub async fn discover(http: &Client, resource: &str) -> Result<Discovery, Error> {
    discover_challenged(http, resource, &Wanted::default()).await
}

/// The same where one authorization server alone will do, and no other is asked for anything.
///
/// # Errors
/// Those of [`discover`], and [`Error::OtherIssuer`] where the metadata of the resource does not name `issuer`.
pub async fn discover_at(http: &Client, resource: &str, issuer: &str) -> Result<Discovery, Error> {
    let wanted = Wanted { issuer: Some(issuer), ..Wanted::default() };
    discover_challenged(http, resource, &wanted).await
}

/// What is wanted of a discovery.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    /// What the resource said before, which may name the metadata where it now does not.
    pub(crate) challenge: Option<&'a str>,
    /// The authorization server that alone will do.
    pub(crate) issuer: Option<&'a str>,
    /// Whether a client has to be registered.
    pub(crate) registers: bool,
}

/// Finds it for someone who knows something beforehand.
pub(crate) async fn discover_challenged(
    http: &Client,
    resource: &str,
    wanted: &Wanted<'_>,
) -> Result<Discovery, Error> {
    let found = found(http, resource, wanted);
    within(DISCOVERY, "finding the authorization server of", resource, found).await
}

async fn found(http: &Client, resource: &str, wanted: &Wanted<'_>) -> Result<Discovery, Error> {
    let server = permitted(AddressOf::Resource, resource, true)?;
    // RFC 8707 section 2: a resource indicator has no fragment.
    if server.fragment().is_some() {
        return Err(Error::Fragment { resource: printable(resource) });
    }
    let on_loopback = is_loopback(&server);
    let (status, headers) = challenge(http, &server).await?;
    let lines: Vec<_> = headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned())
        .collect();
    let challenge = Challenge::bearer_of_lines(&lines);
    let before = wanted.challenge.and_then(|it| Challenge::bearer([it]));
    let named = [&challenge, &before].into_iter().flatten();
    let named = named.flat_map(|it| it.parameters_of("resource_metadata"));
    let mut candidates = named
        .map(|it| permitted(AddressOf::ResourceMetadata, it, on_loopback))
        .collect::<Result<Vec<_>, _>>()?;
    for it in inserted(&server, "oauth-protected-resource") {
        if !candidates.contains(&it) {
            candidates.push(it);
        }
    }
    let seen = match (status, &challenge) {
        (StatusCode::UNAUTHORIZED, None) => {
            format!("{} without a Bearer challenge", transport::seen(status, &headers))
        }
        _ => transport::seen(status, &headers),
    };
    let is_ours = |url: &str, it: &ProtectedResourceMetadata| match covers(&it.resource, resource) {
        true => Ok(()),
        false => Err(Error::ResourceMismatch {
            resource: printable(resource),
            found: printable(&it.resource),
            url: url.to_owned(),
        }),
    };
    let found = first_document(http, Step::ResourceMetadata, candidates, is_ours).await?;
    let (url, metadata) = match found {
        Found::Document(url, metadata) => (url, metadata),
        Found::Nothing(_) if status == StatusCode::NOT_FOUND => {
            return Err(Error::NoResource { resource: printable(resource), seen });
        }
        Found::Nothing(tried) => {
            return Err(Error::NoResourceMetadata { resource: printable(resource), seen, tried });
        }
    };
    let issuers = metadata.authorization_servers.unwrap_or_default();
    let issuers = match wanted.issuer {
        Some(it) if issuers.iter().any(|named| named == it) => vec![it.to_owned()],
        Some(it) => {
            let named = printable(&issuers.join("`, `"));
            return Err(Error::OtherIssuer { issuer: printable(it), named });
        }
        None => issuers,
    };
    let (authorization_server, openid) =
        first_server(http, &issuers, url, on_loopback, wanted.registers).await?;
    Ok(Discovery {
        resource: Some(metadata.resource),
        challenged: challenge.is_some(),
        challenge_scope: challenge.and_then(|it| it.parameter("scope").map(str::to_owned)),
        scopes_supported: metadata.scopes_supported.unwrap_or_default(),
        openid,
        ..Discovery::new(authorization_server)
    })
}

/// Reads the metadata of an authorization server for a token that is meant for no resource in particular.
///
/// # Errors
/// Any request that fails, metadata that is missing or of another issuer, an address that is neither https nor loopback.
pub async fn discover_issuer(http: &Client, issuer: &str) -> Result<Discovery, Error> {
    let on_loopback = is_loopback(&permitted(AddressOf::Issuer, issuer, true)?);
    let server = server(http, issuer, on_loopback);
    let what = "reading the metadata of the authorization server";
    let (authorization_server, openid) = within(DISCOVERY, what, issuer, server).await?;
    Ok(Discovery { openid, ..Discovery::new(authorization_server) })
}

impl Discovery {
    /// An authorization server that is known beforehand, for no resource in particular until `resource` names one.
    pub fn new(authorization_server: AuthorizationServerMetadata) -> Self {
        Self {
            resource: None,
            authorization_server,
            challenged: false,
            challenge_scope: None,
            scopes_supported: Vec::new(),
            openid: false,
            allow_unadvertised_pkce: false,
        }
    }

    /// The issuer, in the very spelling of the metadata.
    pub fn issuer(&self) -> &str {
        &self.authorization_server.issuer
    }

    /// Refuses addresses to which no secret may be sent, since not everyone gets a discovery from [`discover`].
    pub(crate) fn check_addresses(&self) -> Result<(), Error> {
        let asked = self.resource.as_deref().unwrap_or(self.issuer());
        let on_loopback = Url::parse(asked).is_ok_and(|it| is_loopback(&it));
        self.authorization_server.check_addresses(on_loopback)
    }

    /// The scopes to ask for: the given ones, else those of the challenge, else those of the resource's metadata.
    ///
    /// To scopes that were not given, `offline_access` is added if the authorization server lists it, and taken away if
    /// it lists others only. An empty answer means that no scope is named at all.
    pub fn scope(&self, given: &[String]) -> Vec<String> {
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
            scope.retain(|it| it != OFFLINE_ACCESS);
            if supported.iter().any(|it| it == OFFLINE_ACCESS) {
                scope.push(OFFLINE_ACCESS.to_owned());
            }
        }
        scope
    }

    /// Whether `offline_access` is asked for only because the authorization server lists it: neither the caller nor a
    /// challenge, that of the resource or `header`, names it, and there are other scopes.
    pub(crate) fn adds_offline_access(&self, given: &[String], header: Option<&str>) -> bool {
        let names = |it: &str| it.split_ascii_whitespace().any(|it| it == OFFLINE_ACCESS);
        let header = header.and_then(|it| Challenge::bearer([it]));
        let wanted = header.as_ref().and_then(|it| it.parameter("scope")).is_some_and(names)
            || self.challenge_scope.as_deref().is_some_and(names);
        let scope = self.scope(given);
        given.is_empty() && !wanted && scope.len() > 1 && scope.iter().any(|it| names(it))
    }

    /// Whether `scope` is granted as a whole only to a request that insists on the consent page.
    ///
    /// [OpenID Connect §11](https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess) has a server ignore
    /// `offline_access` without `prompt=consent`; one that offers this prompt may do so, and one that speaks OpenID Connect
    /// and lists no prompts, which few do. Others need not know the parameter and do not get it, nor does one that lists no
    /// prompts unless it is to `insist`: some ask an administrator then.
    pub(crate) fn wants_consent_for(&self, scope: &str, insist: bool) -> bool {
        let server = &self.authorization_server;
        let has = |list: &[String], value: &str| list.iter().any(|it| it == value);
        let openid =
            self.openid || server.scopes_supported.as_deref().is_some_and(|it| has(it, "openid"));
        let prompts = server.prompt_values_supported.as_deref();
        scope.split_ascii_whitespace().any(|it| it == OFFLINE_ACCESS)
            && prompts.map_or(openid && insist, |it| has(it, "consent"))
    }

    /// Takes up the challenge of a request that was refused for lack of scope: the `WWW-Authenticate` value of the 403.
    ///
    /// Returns the union of `given`, or of what [`Discovery::scope`] chooses without it, and of what the challenge wants.
    ///
    /// # Errors
    /// [`Error::NoChallenge`] if it holds no Bearer challenge.
    pub fn step_up(&self, given: &[String], header: &str) -> Result<Vec<String>, Error> {
        let challenge = Challenge::bearer([header])
            .ok_or_else(|| Error::NoChallenge { header: printable(header) })?;
        let mut scope = self.scope(given);
        for wanted in challenge.parameter("scope").unwrap_or_default().split_ascii_whitespace() {
            if !scope.iter().any(|it| it == wanted) {
                scope.push(wanted.to_owned());
            }
        }
        Ok(scope)
    }

    /// Refuses an authorization server that does not advertise the S256 code challenge.
    pub(crate) fn require_pkce(&self) -> Result<(), Error> {
        let offered = self.authorization_server.code_challenge_methods_supported.as_deref();
        let supported =
            offered.map_or(self.allow_unadvertised_pkce, |it| it.iter().any(|it| it == "S256"));
        if supported {
            return Ok(());
        }
        let offered = offered.map(|it| printable(&it.join(" ")));
        Err(Error::PkceUnadvertised { issuer: printable(self.issuer()), offered })
    }
}

/// Asks the resource as an MCP client without a token does.
///
/// With `ping` and not with `initialize`, which would leave a session behind where no token is wanted.
async fn challenge(http: &Client, server: &Url) -> Result<(StatusCode, HeaderMap), Error> {
    const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    transport::head(Step::Resource, server.clone(), |method, url| {
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
