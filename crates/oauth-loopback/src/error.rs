use std::fmt;
use std::time::Duration;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no token, by the step of the flow.
///
/// Text that a server sent is cleaned of control characters and cut before it stands here; no field holds a secret.
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
        "the authorization server `{issuer}` offers no registration; use the id of a client registered beforehand (`--client-id`)"
    )]
    NoRegistration { issuer: String },
    #[error(
        "the client was registered without the redirect URI `{redirect_uri}`; the server kept {kept}"
    )]
    RedirectUriReplaced { redirect_uri: String, kept: String },
    #[error(
        "the client belongs to the authorization server `{registered_at}` and cannot be used at `{issuer}`"
    )]
    ForeignClient { registered_at: String, issuer: String },

    #[error("cannot listen on 127.0.0.1")]
    Listen { source: std::io::Error },
    #[error("the browser step failed")]
    Browser { source: Source },
    #[error("no callback at {redirect_uri} within {} s{}", .waited.as_secs_f32(), Ignored(.ignored))]
    NoCallback { redirect_uri: String, waited: Duration, ignored: Option<&'static str> },
    #[error("the browser step ended, but no callback came to {redirect_uri} within {} s after it{}", .waited.as_secs_f32(), Ignored(.ignored))]
    NoCallbackAfterBrowser { redirect_uri: String, waited: Duration, ignored: Option<&'static str> },
    #[error("the callback does not come from the issuer `{issuer}`; nothing it says is used")]
    CallbackIssuer { issuer: String },
    #[error("the authorization server did not give a code: {error}{}", Described(.description))]
    Denied { error: String, description: Option<String> },
    #[error("the callback brought neither a code nor an error")]
    NoCode,

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
}

/// A request of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    Resource,
    ResourceMetadata,
    ServerMetadata,
    Registration,
    Token,
    Refresh,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resource => "asking the resource for its challenge",
            Self::ResourceMetadata => "reading the protected resource metadata",
            Self::ServerMetadata => "reading the authorization server metadata",
            Self::Registration => "registering the client",
            Self::Token => "exchanging the code for a token",
            Self::Refresh => "refreshing the token",
        })
    }
}

/// An error answer of an OAuth endpoint, RFC 6749 §5.2 and RFC 7591 §3.2.2.
#[derive(Debug)]
#[non_exhaustive]
pub struct Refusal {
    pub step: Step,
    pub url: String,
    pub status: u16,
    pub error: Option<String>,
    pub description: Option<String>,
    /// What the server said about when to come back, as it said it.
    pub retry_after: Option<String>,
}

impl Refusal {
    fn advice(&self) -> Option<&'static str> {
        Some(match (self.step, self.status, self.error.as_deref()) {
            (_, 429, _) => "too many requests",
            (Step::Registration, 401 | 403, _) => {
                "registration here wants an initial access token; use the id of a client registered beforehand (`--client-id`)"
            }
            (Step::Registration, _, Some("invalid_redirect_uri")) => {
                "the server takes no loopback redirect URI; use the id of a client registered beforehand (`--client-id`)"
            }
            (_, _, Some("invalid_client")) => "the client is not known there; register it again",
            (_, _, Some("invalid_target")) => {
                "the authorization server does not serve this resource for this client"
            }
            (Step::Refresh, _, Some("invalid_grant")) => {
                "the refresh token is no longer good; sign in again"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} answered {}", self.step, self.url, self.status)?;
        for part in [self.error.as_deref(), self.description.as_deref(), self.advice()]
            .into_iter()
            .flatten()
        {
            write!(f, ": {part}")?;
        }
        match &self.retry_after {
            Some(it) => write!(f, ", retry after {it}"),
            None => Ok(()),
        }
    }
}

struct Described<'a>(&'a Option<String>);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |it| write!(f, ": {it}"))
    }
}

struct Ignored<'a>(&'a Option<&'static str>);

impl fmt::Display for Ignored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |it| write!(f, "; requests did come, but the last {it}"))
    }
}

/// Makes text of a server fit for a terminal: one line, no control or direction characters, at most 300 characters.
pub(crate) fn clean(text: &str) -> String {
    const LIMIT: usize = 300;
    let hidden = |it: char| {
        it.is_control()
            || matches!(it, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut kept = text.trim().chars().map(|it| if hidden(it) { ' ' } else { it });
    let mut cleaned: String = kept.by_ref().take(LIMIT).collect();
    if kept.next().is_some() {
        cleaned.push('…');
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_text_is_one_short_line() {
        assert_eq!(clean(" a\x1b[31mb\r\nc\u{202e}d "), "a [31mb  c d");
        assert_eq!(clean(&"é".repeat(1000)).chars().count(), 301);
    }

    #[test]
    fn a_refusal_says_what_was_seen_and_what_to_do() {
        let mut refusal = Refusal {
            step: Step::Registration,
            url: "https://a/register".to_owned(),
            status: 401,
            error: Some("invalid_token".to_owned()),
            description: None,
            retry_after: None,
        };
        insta::assert_snapshot!(refusal, @"registering the client: https://a/register answered 401: invalid_token: registration here wants an initial access token; use the id of a client registered beforehand (`--client-id`)");
        refusal.status = 429;
        refusal.error = None;
        refusal.retry_after = Some("60".to_owned());
        insta::assert_snapshot!(refusal, @"registering the client: https://a/register answered 429: too many requests, retry after 60");
    }
}
