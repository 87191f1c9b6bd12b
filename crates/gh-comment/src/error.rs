use std::{error::Error as StdError, time::Duration};

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

/// Why a comment could not be posted or found, by situation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was given names no issue.
    #[error("`{given}` is no issue: write owner/repo#12 or the issue's address")]
    NotAnIssue {
        /// What was given.
        given: String,
    },

    /// What was given cannot be a marker.
    #[error(
        "`{given}` is no marker: use up to 64 letters, digits, dots, underscores and single hyphens"
    )]
    BadMarker {
        /// What was given.
        given: String,
    },

    /// What was given names no account.
    #[error(
        "`{given}` is no account: write its numeric id, its login, or an app's login with `[bot]`"
    )]
    BadAuthor {
        /// What was given.
        given: String,
    },

    /// The token holds characters that no HTTP header may have.
    #[error("the token has a line break or another character that no token has")]
    BadToken,

    /// The API's address is no place to send a token to.
    #[error(
        "`{base}` is no address for the API: it must be https, or http on loopback, without a user name"
    )]
    BadBase {
        /// The address, without user name, password and query.
        base: String,
    },

    /// The issue's address names another server than the API's.
    #[error("the issue is on {host}, the API is {base}: set GITHUB_API_URL to the API of {host}")]
    OtherHost {
        /// The host in the issue's address.
        host: String,
        /// The API's address.
        base: String,
    },

    /// There is nothing to say.
    #[error("the comment has no text")]
    Empty,

    /// A key has to be hidden with data, and there is none.
    #[error("a comment with a key needs data to carry it")]
    KeyWithoutData,

    /// The body is longer than [`MAX_CHARACTERS`](crate::MAX_CHARACTERS).
    #[error("the comment has {characters} characters, {limit} are allowed: leave something out")]
    TooLong {
        /// How many it has, hidden block included.
        characters: usize,
        /// How many it may have.
        limit: usize,
    },

    /// 401.
    #[error("github does not accept the token (401): it is wrong, expired or revoked")]
    Unauthorized,

    /// 403 for want of a permission.
    #[error(
        "the token may not use the comments of {issue} (403: {message}): \
         give the job the permission `issues: write`, or a personal token write access to issues"
    )]
    MissingPermission {
        /// The issue.
        issue: String,
        /// What GitHub said.
        message: String,
    },

    /// 403 for a conversation that was closed to all but collaborators.
    #[error("{issue} is locked (403: {message}): unlock its conversation or name another issue")]
    Locked {
        /// The issue.
        issue: String,
        /// What GitHub said.
        message: String,
    },

    /// 403 for another reason.
    #[error("github refuses to comment on {issue} (403: {message})")]
    Forbidden {
        /// The issue.
        issue: String,
        /// What GitHub said.
        message: String,
    },

    /// 404, which is also the answer to a token that may not see a private repository.
    #[error(
        "{issue} was not found (404): it does not exist, or the token may not see its repository"
    )]
    NotFound {
        /// The issue.
        issue: String,
    },

    /// 410.
    #[error("{issue} is gone (410: {message}): it was deleted, or the repository has no issues")]
    Gone {
        /// The issue.
        issue: String,
        /// What GitHub said.
        message: String,
    },

    /// A redirect: the repository was renamed or the issue was transferred.
    #[error("{issue} has moved ({status}): use the address that it has now")]
    Moved {
        /// The issue.
        issue: String,
        /// The status, 3xx.
        status: u16,
    },

    /// 422 because GitHub counts more than it takes.
    #[error("github finds the comment too long (422: {message}): leave something out")]
    TooLongForGitHub {
        /// What GitHub said.
        message: String,
    },

    /// 422 for another reason than the length.
    #[error("github does not take the comment (422: {message})")]
    Unprocessable {
        /// What GitHub said.
        message: String,
    },

    /// 429, or 403 with the signs of a rate limit.
    #[error("github's rate limit is reached ({status}): try again {}", when(*.wait))]
    RateLimited {
        /// The status, 403 or 429.
        status: u16,
        /// How long GitHub asks to wait.
        wait: Option<Duration>,
    },

    /// The token's own account is not told, so that no comment could be believed.
    #[error(
        "github does not say whose token this is ({status}: {message}): name the author to be trusted"
    )]
    UnknownAuthor {
        /// The status of `GET /user`.
        status: u16,
        /// What GitHub said.
        message: String,
    },

    /// Another status.
    #[error("github answered {status} for {issue}: {message}")]
    Status {
        /// The status.
        status: u16,
        /// The issue.
        issue: String,
        /// What GitHub said.
        message: String,
    },

    /// No answer, or one that broke off.
    #[error("no complete answer from {address}")]
    Network {
        /// What was asked, without its query.
        address: String,
        /// What went wrong.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },

    /// An answer that is not what the API documents.
    #[error("the answer from {address} is not what github's API gives: is it the API's address?")]
    Answer {
        /// What was asked, without its query.
        address: String,
        /// What was wrong with it.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

impl Error {
    pub(crate) fn not_an_issue(given: &str) -> Self {
        Self::NotAnIssue { given: said(given) }
    }

    /// What a status other than the one hoped for means.
    pub(crate) fn refused(
        issue: &impl ToString,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let (issue, message) = (issue.to_string(), message(body));
        let lower = message.to_lowercase();
        if let Some(limited) = Self::rate_limited(status, headers, &lower) {
            return limited;
        }
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 if lower.contains("locked") => Self::Locked { issue, message },
            403 if lower.contains("not accessible by") => {
                Self::MissingPermission { issue, message }
            }
            403 => Self::Forbidden { issue, message },
            404 => Self::NotFound { issue },
            410 => Self::Gone { issue, message },
            422 if lower.contains("too long") => Self::TooLongForGitHub { message },
            422 => Self::Unprocessable { message },
            status @ 300..=399 => Self::Moved { issue, status },
            status => Self::Status { status, issue, message },
        }
    }

    pub(crate) fn unknown_author(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let message = message(body);
        match Self::rate_limited(status, headers, &message.to_lowercase()) {
            Some(limited) => limited,
            None if status == StatusCode::UNAUTHORIZED => Self::Unauthorized,
            None => Self::UnknownAuthor { status: status.as_u16(), message },
        }
    }

    fn rate_limited(status: StatusCode, headers: &HeaderMap, message: &str) -> Option<Self> {
        let number = |name| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
        let spent = number("x-ratelimit-remaining") == Some(0);
        let limited = status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::FORBIDDEN
                && (spent
                    || headers.contains_key("retry-after")
                    || message.contains("rate limit")));
        let until_reset = || {
            let now = std::time::UNIX_EPOCH.elapsed().ok()?.as_secs();
            Some(number("x-ratelimit-reset").filter(|_| spent)?.saturating_sub(now))
        };
        let wait = number("retry-after").or_else(until_reset).map(Duration::from_secs);
        limited.then_some(Self::RateLimited { status: status.as_u16(), wait })
    }
}

fn when(wait: Option<Duration>) -> String {
    match wait {
        Some(wait) => format!("in {} s", wait.as_secs().max(1)),
        None => "in a minute or later".to_owned(),
    }
}

/// What GitHub says in an error's body: `message`, and the messages of its `errors`.
fn message(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return "no reason given".to_owned();
    };
    let details = body["errors"].as_array().into_iter().flatten();
    let details = details.filter_map(|it| it.as_str().or_else(|| it["message"].as_str()));
    let said: Vec<String> = body["message"].as_str().into_iter().chain(details).map(said).collect();
    if said.is_empty() { "no reason given".to_owned() } else { said.join(": ") }
}

/// Text of others, fit for one line of a terminal.
pub(crate) fn said(text: &str) -> String {
    // The second range turns the direction of writing, which would garble the rest of the line.
    let harmful = |it: char| {
        it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|it| !harmful(*it)).take(200).collect()
}
