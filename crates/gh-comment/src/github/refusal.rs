//! What a status other than the one hoped for means.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;

use crate::error::Error;
use crate::error::printable;

/// The error for a refusal of something about `issue`.
pub(crate) fn refused(
    issue: &impl ToString,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Error {
    let (issue, message) = (issue.to_string(), message(body));
    let lower = message.to_lowercase();
    let about_limits = serde_json::from_slice::<Value>(body).is_ok_and(|it| {
        it["documentation_url"].as_str().is_some_and(|it| it.contains("rate-limit"))
    });
    if let Some(limited) = rate_limited(status, headers, &lower, about_limits) {
        return limited;
    }
    match status.as_u16() {
        401 => Error::Unauthorized,
        403 if lower.contains("is locked") => Error::Locked { issue, message },
        403 if lower.contains("commenting is disabled") => {
            Error::TooManyComments { issue, message }
        }
        403 if lower.contains("archived") => Error::Archived { issue, message },
        403 if lower.contains("not accessible by") => Error::MissingPermission { issue, message },
        403 => Error::Forbidden { issue, message },
        404 => Error::NotFound { issue },
        410 => Error::Gone { issue, message },
        422 if lower.contains("too long") => Error::TooLongForGitHub { message },
        422 => Error::Unprocessable { message },
        status @ 300..=399 => Error::Moved { issue, status },
        status => {
            Error::Status { status, issue, message, wait: seconds(headers, RETRY_AFTER.as_str()) }
        }
    }
}

/// The error for a refusal to say whose token this is.
pub(crate) fn unknown_author(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    match refused(&"/user", status, headers, body) {
        it @ (Error::RateLimited { .. } | Error::Unauthorized) => it,
        it @ Error::Status { status: 500.., .. } => it,
        _ => Error::UnknownAuthor { status: status.as_u16(), message: message(body) },
    }
}

/// The primary limit says when it ends, the secondary one may keep that to itself.
fn rate_limited(
    status: StatusCode,
    headers: &HeaderMap,
    message: &str,
    about_limits: bool,
) -> Option<Error> {
    let abuse = message.contains("abuse");
    let number = |name| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let spent = number("x-ratelimit-remaining") == Some(0);
    let asked = seconds(headers, RETRY_AFTER.as_str());
    let limited = status == StatusCode::TOO_MANY_REQUESTS
        || (status == StatusCode::FORBIDDEN
            && (spent
                || asked.is_some()
                || abuse
                || about_limits
                || message.contains("rate limit")));
    let until_reset = || {
        let now = UNIX_EPOCH.elapsed().ok()?.as_secs();
        let left = number("x-ratelimit-reset").filter(|_| spent)?.saturating_sub(now);
        // Their clock and ours may differ by a little.
        Some(Duration::from_secs(left.saturating_add(1)))
    };
    let secondary = !spent || abuse || message.contains("secondary");
    let wait = asked.or_else(until_reset);
    limited.then_some(Error::RateLimited { status: status.as_u16(), secondary, wait })
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// What GitHub says in an error's body: `message`, and the messages of its `errors`.
fn message(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return "no reason given".to_owned();
    };
    let details = body["errors"].as_array().into_iter().flatten();
    let details = details.filter_map(|it| it.as_str().or_else(|| it["message"].as_str()));
    let said: Vec<String> =
        body["message"].as_str().into_iter().chain(details).map(printable).collect();
    if said.is_empty() { "no reason given".to_owned() } else { said.join(": ") }
}
