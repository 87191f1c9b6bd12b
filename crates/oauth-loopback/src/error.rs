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
    /// An address that cannot be parsed, is neither http nor https, has credentials in it, or leads to the own link.
    #[error("the {what} `{address}` is no plain http or https address: {reason}")]
    Address { what: AddressOf, address: String, reason: &'static str },
    /// An address to which nothing secret may be sent.
    #[error(
        "the {what} `{address}` is refused: it must be https on another machine, and only a resource on loopback may name loopback"
    )]
    Insecure { what: AddressOf, address: String },

    /// A request got no answer: the connection was not made, or it broke.
    #[error("{step}: no answer from {url}")]
    Request { step: Step, url: String, source: Source },
    /// A request took longer than the deadline of the HTTP client, or than 30 s.
    #[error("{step}: {url} did not answer in time")]
    Unanswered { step: Step, url: String },
    /// All requests of a step together took longer than it may.
    #[error("{what} `{address}` took longer than {} s, and was given up", .limit.as_secs())]
    Overdue { what: &'static str, address: String, limit: Duration },
    /// A response that is too large to be one of OAuth.
    #[error("{step}: {url} answered with more than {limit} bytes")]
    TooLarge { step: Step, url: String, limit: usize },
    /// A redirect to where a secret must not follow; also one that the HTTP client followed by itself.
    #[error("{step}: {url} redirects to `{to}`, which is not followed")]
    Redirected { step: Step, url: String, to: String },
    /// A success that is not what the specification describes.
    #[error("{step}: {url} answered {status}, but not as the specification describes: {reason}")]
    Malformed { step: Step, url: String, status: u16, reason: String },
    /// An error response of an endpoint, with the server's own words.
    #[error("{0}")]
    Refused(Box<Refusal>),

    /// A resource that cannot be named in a request.
    #[error("`{resource}` has a fragment, which no resource has (RFC 8707 section 2)")]
    Fragment { resource: String },
    /// There is nothing at the address of the resource, and no metadata either.
    #[error("`{resource}` answered {seen}")]
    NoResource { resource: String, seen: String },
    /// There is something at the address of the resource, but it does not say which server protects it.
    #[error("`{resource}` answered {seen} and publishes no protected resource metadata; tried {}", .tried.join("; "))]
    NoResourceMetadata { resource: String, seen: String, tried: Vec<String> },
    /// The metadata is that of another resource, RFC 9728 §3.3.
    #[error(
        "the metadata at {url} describes the resource `{found}`, which does not cover `{resource}`"
    )]
    ResourceMismatch { resource: String, found: String, url: String },
    /// The list of authorization servers is empty or not there.
    #[error("the metadata at {url} names no authorization server")]
    NoAuthorizationServer { url: String },
    /// One authorization server alone will do, and it is another.
    #[error("the authorization server is {}, and not `{issuer}`, which alone may be used", if .named.is_empty() { "none".to_owned() } else { format!("`{named}`") })]
    OtherIssuer { issuer: String, named: String },
    /// Neither RFC 8414 nor OpenID Connect Discovery finds the metadata of the authorization server.
    #[error("the authorization server `{issuer}` publishes no metadata; tried {}", .tried.join("; "))]
    NoServerMetadata { issuer: String, tried: Vec<String> },
    /// The metadata is that of another issuer, RFC 8414 §3.3.
    #[error(
        "the metadata at {url} is of the issuer `{found}`, not of `{issuer}`, and must not be used"
    )]
    IssuerMismatch { issuer: String, found: String, url: String },
    /// The authorization server names other code challenge methods than S256, or none at all.
    #[error("the authorization server `{issuer}` does not advertise PKCE with S256 (it says {})", Offered(.offered))]
    PkceUnadvertised { issuer: String, offered: Option<String> },

    /// No client can be registered; `documents` says whether the server reads client ID metadata documents instead.
    #[error("the authorization server `{issuer}` offers no registration")]
    NoRegistration { issuer: String, documents: bool },
    /// The server registered the client for other redirect URIs than it was asked for.
    #[error(
        "the client was registered without the redirect URI `{redirect_uri}`; the server kept {kept}"
    )]
    RedirectUriReplaced { redirect_uri: String, kept: String },
    /// The server registered the client for another way to authenticate than the one that was named, RFC 7591 §3.2.1.
    #[error(
        "the client was to authenticate by `{wanted}`, and the server registered it for `{kept}`"
    )]
    AuthMethodReplaced { wanted: String, kept: String },
    /// A registered client is known to the server that registered it, and to no other.
    #[error(
        "the client belongs to the authorization server `{registered_at}` and cannot be used at `{issuer}`"
    )]
    ForeignClient { registered_at: String, issuer: String },

    /// The file of a grant or of remembered clients.
    #[error("cannot read or write `{}`", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// A port of this machine cannot be had, or nobody listens on it any more.
    #[error("cannot listen on {address}")]
    Listen { address: String, source: std::io::Error },
    /// A redirect URI on which this machine cannot be reached, or where others could listen.
    #[error(
        "`{redirect_uri}` is no redirect URI to listen on: it must be http://127.0.0.1:PORT/PATH, or [::1] or localhost in its place, without a query"
    )]
    RedirectUri { redirect_uri: String },
    /// A listener that will not get the callback of the request.
    #[error(
        "the request is for the redirect URI `{redirect_uri}`, but `{listening}` is listened on"
    )]
    OtherRedirectUri { redirect_uri: String, listening: String },
    /// A parameter of the caller that the flow sets itself.
    #[error("the parameter `{name}` is set by the flow itself and cannot be given")]
    ReservedParameter { name: String },
    /// An address that no client can have as its id.
    #[error(
        "`{url}` is no client ID metadata document: it must be https with a path, without credentials, dot segments or a fragment"
    )]
    ClientMetadataUrl { url: String },
    /// Whoever waited for the token does not want it any more.
    #[error("the sign-in was interrupted")]
    Interrupted,
    /// What was to open the address failed. `ignored` says what was wrong with the last request that was not the callback.
    #[error("the browser step at `{issuer}` failed{}", Ignored(.ignored))]
    Browser { issuer: String, ignored: Option<&'static str>, source: Source },
    /// The time is up; `ignored` as in [`Error::Browser`].
    #[error("no callback at {redirect_uri} within {} s{}", .waited.as_secs_f32(), Ignored(.ignored))]
    NoCallback { redirect_uri: String, waited: Duration, ignored: Option<&'static str> },
    /// The browser ended well, but on another page.
    #[error("the browser step ended, but no callback came to {redirect_uri} within {} s after it{}", .waited.as_secs_f32(), Ignored(.ignored))]
    NoCallbackAfterBrowser { redirect_uri: String, waited: Duration, ignored: Option<&'static str> },
    /// The callback is of another issuer (RFC 9207), or of none where it must name one: a mix-up attack.
    #[error("the callback {} `{issuer}`; nothing it says is used", if *.missing { "has no `iss`, which was promised to name the issuer" } else { "does not come from the issuer" })]
    CallbackIssuer { issuer: String, missing: bool },
    /// The callback brought an error, RFC 6749 §4.1.2.1.
    #[error("the authorization server `{issuer}` did not give a code: {error}{}{}", More(.description.as_deref()), More(meaning(.error)))]
    Denied { issuer: String, error: String, description: Option<String> },
    /// Behind it is what was refused or failed; the scope was added to those that somebody wanted.
    #[error(
        "the scope `{scope}` was added to those that were asked for, since the authorization server lists it"
    )]
    AddedScope { scope: &'static str, source: Box<Self> },
    /// The private key of a client cannot be used.
    #[error("the client's key is {reason}")]
    ClientKey { reason: &'static str },
    /// A `WWW-Authenticate` header that asks for no bearer token.
    #[error("the challenge `{header}` holds no Bearer challenge")]
    NoChallenge { header: String },
    /// The authorization server has no endpoint for what was asked.
    #[error("the authorization server `{issuer}` offers no {what}")]
    NotOffered { what: &'static str, issuer: String },
    /// The callback passed every check and is empty.
    #[error(
        "the callback of the authorization server `{issuer}` brought neither a code nor an error; that is a fault of the server"
    )]
    NoCode { issuer: String },

    /// A token that is no bearer token.
    #[error("{step}: {url} issued a token of type `{token_type}` where Bearer was expected")]
    TokenType { step: Step, url: String, token_type: String },
    /// The ID token beside the access token is that of another request, OpenID Connect Core §3.1.3.7.
    #[error("the ID token of `{issuer}` has {} `nonce`, so it is not the answer to this request; nothing that came with it is used", if *.missing { "no" } else { "another" })]
    Nonce { issuer: String, missing: bool },
    /// A grant that cannot be renewed.
    #[error("there is no refresh token: the authorization server issued none")]
    NoRefreshToken,

    /// A token that says nothing to its owner.
    #[error("the access token is opaque, not a JWT")]
    OpaqueToken,
    /// A token of three parts of which the second is no JSON object.
    #[error("the access token looks like a JWT, but its claims are {reason}")]
    Claims { reason: &'static str },
    /// The token is of another issuer.
    #[error("the access token was issued by `{found}`, not by `{expected}`")]
    TokenIssuer { expected: String, found: String },
    /// The token is for another resource, or names none.
    #[error("the access token is for {}, which does not cover `{expected}`", .found.as_deref().unwrap_or("no audience"))]
    TokenAudience { expected: String, found: Option<String> },
    /// The token allows less than what is needed.
    #[error("the access token lacks the scope `{missing}`; it has `{found}`")]
    TokenScope { missing: String, found: String },
    /// The token ends too soon.
    #[error("the access token lives for {} s more, but {} s are needed", .lives_for.as_secs(), .needed.as_secs())]
    TokenLifetime { lives_for: Duration, needed: Duration },
    /// The token lacks a claim that is needed.
    #[error("the access token has no claim `{name}`; it has {has}")]
    TokenClaimMissing { name: String, has: String },
    /// The token has another value in a claim.
    #[error("the access token's claim `{name}` is `{found}`, not `{expected}`")]
    TokenClaim { name: String, expected: String, found: String },
}

impl Error {
    /// What to do about it, where something is known to help: in words that hold for every program, so that which option
    /// helps is the program's to say.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Fragment { .. } => "leave out what begins with `#`",
            Self::NoResource { .. } => "is it the address of the MCP server itself?",
            Self::NoChallenge { .. } => "give the WWW-Authenticate header of the 403 answer",
            Self::NoRefreshToken => "was `offline_access` granted?",
            Self::OpaqueToken => {
                "either the authorization server was not asked for the resource, or it issues no JWTs"
            }
            Self::TokenAudience { found: None, .. } => {
                "the scopes that were registered may have taken the place of those that the server gives every client, and the audience with them; a client registered beforehand has it"
            }
            Self::AddedScope { source, .. } => return source.advice(),
            Self::Denied { error, .. } => match error.as_str() {
                "access_denied" => "see what this user may do there",
                "invalid_client" | "unauthorized_client" => "register another",
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The error code that the authorization server gave, in the callback or in a response.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Denied { error, .. } => Some(error),
            Self::Refused(it) => it.error.as_deref(),
            Self::AddedScope { source, .. } => source.code(),
            _ => None,
        }
    }
}

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressOf {
    /// The MCP server.
    Resource,
    /// What the challenge of the MCP server names.
    ResourceMetadata,
    /// The authorization server.
    Issuer,
    /// RFC 6749 §3.1.
    AuthorizationEndpoint,
    /// RFC 6749 §3.2.
    TokenEndpoint,
    /// RFC 7591 §3.
    RegistrationEndpoint,
    /// RFC 7009 §2.
    RevocationEndpoint,
    /// Where a registered client is read and deleted, RFC 7592 §2.
    RegisteredClient,
}

impl fmt::Display for AddressOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resource => "resource",
            Self::ResourceMetadata => "resource_metadata of the challenge",
            Self::Issuer => "issuer",
            Self::AuthorizationEndpoint => "authorization endpoint",
            Self::TokenEndpoint => "token endpoint",
            Self::RegistrationEndpoint => "registration endpoint",
            Self::RevocationEndpoint => "revocation endpoint",
            Self::RegisteredClient => "registration client URI",
        })
    }
}

/// What an error code of a callback says.
fn meaning(error: &str) -> Option<&'static str> {
    Some(match error {
        "access_denied" => "the user, or a rule of the server, said no",
        "invalid_scope" => "the client or the user may not have these scopes",
        "invalid_target" => "the authorization server does not serve this resource for this client",
        "invalid_client" | "unauthorized_client" => {
            "the client is not known there or may not do this"
        }
        _ => return None,
    })
}

struct Offered<'a>(&'a Option<String>);

impl fmt::Display for Offered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(it) => write!(f, "`{it}`"),
            None => f.write_str("nothing about it"),
        }
    }
}

struct More<'a>(Option<&'a str>);

impl fmt::Display for More<'_> {
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
