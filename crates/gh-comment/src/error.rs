use std::{error::Error as StdError, time::Duration};

use url::ParseError;

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

    /// What was given names no repository.
    #[error("`{given}` is no repository: write owner/repo")]
    NotARepository {
        /// What was given.
        given: String,
    },

    /// What was given cannot be a marker.
    #[error(
        "`{given}` is no marker: use up to 64 letters, digits, dots, underscores, single hyphens"
    )]
    BadMarker {
        /// What was given.
        given: String,
    },

    /// What was given names no account.
    #[error("`{given}` is no account: write its id, its login, or an app's login with `[bot]`")]
    BadAuthor {
        /// What was given.
        given: String,
    },

    /// The token holds characters that no HTTP header may have.
    #[error("the token has a line break or another character that no token has")]
    BadToken,

    /// The secret for signatures is too short.
    #[error("the key for signatures has {bytes} bytes of {least}: take `openssl rand -hex 32`")]
    ShortKey {
        /// How long it is.
        bytes: usize,
        /// How long it has to be.
        least: usize,
    },

    /// A variable of the environment that should hold an address.
    #[error("{name} is `{given}`, which is no address")]
    BadVariable {
        /// The variable.
        name: &'static str,
        /// What it holds.
        given: String,
        /// What is wrong with it.
        source: ParseError,
    },

    /// The API's address is no place to send a token to.
    #[error("`{base}` is no address for the API: only https, or http on loopback, with no user")]
    BadBase {
        /// The address, without user name, password and query.
        base: String,
    },

    /// The issue's address names another server than the API's.
    #[error("the issue is on {host}, the API is {base}")]
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

    /// The body is longer than [`MAX_CHARACTERS`](crate::body::comment::MAX_CHARACTERS).
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

    /// 403 because the issue has as many comments as GitHub allows.
    #[error("{issue} has as many comments as github allows (403: {message})")]
    TooManyComments {
        /// The issue.
        issue: String,
        /// What GitHub said.
        message: String,
    },

    /// 403 because nobody may write in the repository any more.
    #[error(
        "the repository of {issue} is archived (403: {message}): \
         unarchive it or name an issue of another repository"
    )]
    Archived {
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
    #[error("{issue} was not found (404): it is not there, or the token may not see it")]
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

    /// An issue was opened, but GitHub did not give it the label.
    #[error("{issue} was opened without the label `{label}`, which the token may not set: set it")]
    NoLabel {
        /// The issue.
        issue: String,
        /// The label.
        label: String,
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

    /// 429, or 403 for a rate limit.
    #[error("github's {} is reached ({status}): try again {}", limit(*.secondary), when(*.wait))]
    RateLimited {
        /// The status, 403 or 429.
        status: u16,
        /// Whether it is the limit on bursts and not the one on requests an hour.
        secondary: bool,
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

    /// The token's account is not the one whose comments are believed, so that it would not find its own.
    #[error("{}", writes_as(login, believed, posted.as_deref()))]
    WrongAuthor {
        /// Who writes with the token.
        login: String,
        /// Whose comments are believed.
        believed: String,
        /// The address of what it has posted already.
        posted: Option<String>,
    },

    /// An issue is full, and which one comes after it cannot be verified.
    #[error("{link} leads on to another issue, but {why}: restore the key, or unlink it by hand")]
    UnverifiedLink {
        /// The address of the link of ours.
        link: String,
        /// What is wrong with it.
        why: &'static str,
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
        /// How long it asks to wait.
        wait: Option<Duration>,
    },

    /// The whole call took longer than it may.
    #[error(
        "{doing} did not end within {seconds} s: run it again, under the same key nothing is posted twice"
    )]
    Deadline {
        /// What was being done.
        doing: &'static str,
        /// How long it had.
        seconds: u64,
    },

    /// A comment without a key may have been posted and cannot be looked for.
    #[error("it is not known whether {issue} has the comment: look before posting it again")]
    Unconfirmed {
        /// The issue.
        issue: String,
        /// What came instead of an answer.
        #[source]
        source: Box<Self>,
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

fn limit(secondary: bool) -> &'static str {
    if secondary { "secondary rate limit" } else { "rate limit" }
}

fn when(wait: Option<Duration>) -> String {
    let told = wait.map(|it| format!("in {} s", it.as_secs().max(1)));
    told.unwrap_or_else(|| "in a minute or later".to_owned())
}

fn writes_as(login: &str, believed: &str, posted: Option<&str>) -> String {
    let done = match posted {
        Some(address) => format!("{address} was posted as `{login}`"),
        None => format!("nothing was posted: the token writes as `{login}`"),
    };
    format!("{done}, but comments of {believed} are believed")
}

/// What GitHub or a caller said, fit to stand in an error.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 200;
    tool_edge::printable_within(text, LONGEST)
}
