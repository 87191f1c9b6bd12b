//! What a request of the flow was for, and how it was refused.

use std::fmt;

/// A request of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Asking the MCP server for its challenge.
    Resource,
    /// RFC 9728.
    ResourceMetadata,
    /// RFC 8414.
    ServerMetadata,
    /// RFC 7591.
    Registration,
    /// Asking the authorization endpoint whether a remembered client is still known.
    Authorization,
    /// RFC 6749 §4.1.3.
    Token,
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 6749 §6.
    Refresh,
    /// RFC 7009.
    Revocation,
    /// RFC 7592 §2.3.
    Deletion,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resource => "asking the resource for its challenge",
            Self::ResourceMetadata => "reading the protected resource metadata",
            Self::ServerMetadata => "reading the authorization server metadata",
            Self::Registration => "registering the client",
            Self::Authorization => "asking whether the client is still known",
            Self::Token => "exchanging the code for a token",
            Self::ClientCredentials => "asking for a token with the client's own credentials",
            Self::Refresh => "refreshing the token",
            Self::Revocation => "revoking the token",
            Self::Deletion => "deleting the client",
        })
    }
}

/// An error response of an OAuth endpoint, RFC 6749 §5.2 and RFC 7591 §3.2.2.
#[derive(Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// What was asked.
    pub step: Step,
    /// Who was asked.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The error code, such as `invalid_grant`.
    pub error: Option<String>,
    /// What the server says beside it.
    pub description: Option<String>,
    /// What the server said about when to come back, as it said it.
    pub retry_after: Option<String>,
}

impl Refusal {
    /// Whether a registration was refused for want of a token, and not by a policy that has a code of its own.
    pub fn wants_initial_access_token(&self) -> bool {
        let by_code = self.error.as_deref().is_none_or(|it| {
            let it = it.to_ascii_lowercase();
            ["token", "unauthorized", "denied", "forbidden", "origin"]
                .iter()
                .any(|word| it.contains(word))
        });
        self.step == Step::Registration && matches!(self.status, 401 | 403) && by_code
    }

    /// What is known of such a refusal beyond the words of the server.
    fn meaning(&self) -> Option<&'static str> {
        Some(match (self.step, self.status, self.error.as_deref()) {
            (_, 429, _) => "too many requests",
            (Step::Registration, ..) if self.wants_initial_access_token() => {
                "registration here wants an initial access token"
            }
            (Step::Registration, _, Some("invalid_redirect_uri")) => {
                "the server does not take this redirect URI"
            }
            (_, _, Some("invalid_client")) => {
                "the client is not known there, or not by this secret or key; check them, or register it again"
            }
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
        for part in [self.error.as_deref(), self.description.as_deref(), self.meaning()]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_was_seen_and_what_that_means() {
        let mut refusal = Refusal {
            step: Step::Registration,
            url: "https://a/register".to_owned(),
            status: 401,
            error: Some("invalid_token".to_owned()),
            description: None,
            retry_after: None,
        };
        insta::assert_snapshot!(refusal, @"registering the client: https://a/register answered 401: invalid_token: registration here wants an initial access token");
        refusal.status = 429;
        refusal.error = None;
        refusal.retry_after = Some("60".to_owned());
        insta::assert_snapshot!(refusal, @"registering the client: https://a/register answered 429: too many requests, retry after 60");
    }
}
