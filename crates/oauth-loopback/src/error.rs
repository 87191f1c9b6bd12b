use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tool_edge::printable_within;

use crate::refusal::{Refusal, Step};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no token, by the step of the flow.
///
/// Text that a server sent is made printable and cut before it stands here; no field holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("the {what} `{address}` is no plain http or https address")]
    Address { what: &'static str, address: String },
    #[error(
        "the {what} `{address}` is refused: it must be https on another machine, and only a resource on loopback may name loopback"
    )]
    Insecure { what: &'static str, address: String },

    #[error("{step}: no answer from {url}")]
    Request { step: Step, url: String, source: Source },
    #[error("{step}: {url} did not answer in time")]
    Unanswered { step: Step, url: String },
    #[error("{step}: {url} answered with more than {limit} bytes")]
    TooLarge { step: Step, url: String, limit: usize },
    #[error("{step}: {url} redirects to `{to}`, which is not followed")]
    Redirected { step: Step, url: String, to: String },
    #[error("{step}: {url} answered {status}, but not as the specification describes: {reason}")]
    Malformed { step: Step, url: String, status: u16, reason: String },
    #[error("{0}")]
    Refused(Box<Refusal>),

    #[error(
        "`{resource}` has a fragment, which no resource has (RFC 8707 section 2); leave out what begins with `#`"
    )]
    Fragment { resource: String },
    #[error("`{resource}` answered {seen}; is it the address of the MCP server itself?")]
    NoResource { resource: String, seen: String },
    #[error("`{resource}` answered {seen} and publishes no protected resource metadata; is it the address of an MCP server that uses OAuth? tried {}", .tried.join("; "))]
    NoResourceMetadata { resource: String, seen: String, tried: Vec<String> },
    #[error(
        "the metadata at {url} describes the resource `{found}`, which does not cover `{resource}`"
    )]
    ResourceMismatch { resource: String, found: String, url: String },
    #[error("the metadata at {url} names no authorization server")]
    NoAuthorizationServer { url: String },
    #[error("the authorization server `{issuer}` publishes no metadata; tried {}", .tried.join("; "))]
    NoServerMetadata { issuer: String, tried: Vec<String> },
    #[error(
        "the metadata at {url} is of the issuer `{found}`, not of `{issuer}`, and must not be used"
    )]
    IssuerMismatch { issuer: String, found: String, url: String },
    #[error(
        "the authorization server `{issuer}` does not advertise PKCE with S256 (it says {offered}); if it is known to support it, allow that with `--allow-unadvertised-pkce`"
    )]
    PkceUnadvertised { issuer: String, offered: String },

    #[error(
        "the authorization server `{issuer}` offers no registration; use the id of a client registered beforehand (`--client-id`){}",
        if *.documents { ", or a client ID metadata document (`--client-metadata-url`)" } else { "" }
    )]
    NoRegistration { issuer: String, documents: bool },
    #[error(
        "the client was registered without the redirect URI `{redirect_uri}`; the server kept {kept}"
    )]
    RedirectUriReplaced { redirect_uri: String, kept: String },
    #[error(
        "the client belongs to the authorization server `{registered_at}` and cannot be used at `{issuer}`"
    )]
    ForeignClient { registered_at: String, issuer: String },

    #[error("cannot read or write `{}`", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("cannot listen on {address}")]
    Listen { address: String, source: std::io::Error },
    #[error(
        "`{redirect_uri}` is no redirect URI to listen on: it must be http://127.0.0.1:PORT/PATH, or [::1] or localhost in its place, without a query"
    )]
    RedirectUri { redirect_uri: String },
    #[error(
        "`{url}` is no client ID metadata document: it must be https with a path, without credentials, dot segments or a fragment"
    )]
    ClientMetadataUrl { url: String },
    #[error("the browser step at `{issuer}` failed")]
    Browser { issuer: String, source: Source },
    #[error("no callback at {redirect_uri} within {} s{}", .waited.as_secs_f32(), Ignored(.ignored))]
    NoCallback { redirect_uri: String, waited: Duration, ignored: Option<&'static str> },
    #[error("the browser step ended, but no callback came to {redirect_uri} within {} s after it{}", .waited.as_secs_f32(), Ignored(.ignored))]
    NoCallbackAfterBrowser { redirect_uri: String, waited: Duration, ignored: Option<&'static str> },
    #[error("the callback does not come from the issuer `{issuer}`; nothing it says is used")]
    CallbackIssuer { issuer: String },
    #[error("the authorization server `{issuer}` did not give a code: {error}{}{}", Said(.description.as_deref()), Said(advice(.error)))]
    Denied { issuer: String, error: String, description: Option<String> },
    #[error("the client's key is {reason}")]
    ClientKey { reason: &'static str },
    #[error(
        "the challenge `{header}` holds no Bearer challenge; give the WWW-Authenticate header of the 403 answer"
    )]
    NoChallenge { header: String },
    #[error("the authorization server `{issuer}` offers no {what}")]
    NotOffered { what: &'static str, issuer: String },
    #[error(
        "the callback of the authorization server `{issuer}` brought neither a code nor an error; that is a fault of the server"
    )]
    NoCode { issuer: String },

    #[error("{step}: {url} issued a token of type `{token_type}` where Bearer was expected")]
    TokenType { step: Step, url: String, token_type: String },
    #[error(
        "there is no refresh token: the authorization server issued none (was `offline_access` granted?)"
    )]
    NoRefreshToken,

    #[error(
        "the access token is opaque, not a JWT: either the authorization server was not asked for the resource, or it issues no JWTs"
    )]
    OpaqueToken,
    #[error("the access token looks like a JWT, but its claims are {reason}")]
    Claims { reason: &'static str },
    #[error("the access token was issued by `{found}`, not by `{expected}`")]
    TokenIssuer { expected: String, found: String },
    #[error("the access token is for {found}, which does not cover `{expected}`")]
    TokenAudience { expected: String, found: String },
    #[error("the access token lacks the scope `{missing}`; it has `{found}`")]
    TokenScope { missing: String, found: String },
    #[error("the access token lives for {} s more, but {} s are needed", .lives_for.as_secs(), .needed.as_secs())]
    TokenLifetime { lives_for: Duration, needed: Duration },
    #[error("the access token has no claim `{name}`; it has {has}")]
    TokenClaimMissing { name: String, has: String },
    #[error("the access token's claim `{name}` is `{found}`, not `{expected}`")]
    TokenClaim { name: String, expected: String, found: String },
}

impl Error {
    /// The error code that the authorization server gave, in the callback or in an answer.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Denied { error, .. } => Some(error),
            Self::Refused(it) => it.error.as_deref(),
            _ => None,
        }
    }
}

/// What to do about an error that came in a callback.
fn advice(error: &str) -> Option<&'static str> {
    Some(match error {
        "access_denied" => {
            "the user, or a rule of the server, said no; see what this user may do there"
        }
        "invalid_scope" => {
            "the client or the user may not have these scopes; name others (`--scope`)"
        }
        "invalid_target" => "the authorization server does not serve this resource for this client",
        "invalid_client" | "unauthorized_client" => {
            "the client is not known there or may not do this; register another"
        }
        _ => return None,
    })
}

struct Said<'a>(Option<&'a str>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |it| write!(f, ": {it}"))
    }
}

struct Ignored<'a>(&'a Option<&'static str>);

impl fmt::Display for Ignored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |it| write!(f, "; requests did come, but the last {it}"))
    }
}

/// Text of a server on one line of at most 300 characters, fit for a terminal.
pub(crate) fn printable(text: &str) -> String {
    printable_within(text, 300)
}
