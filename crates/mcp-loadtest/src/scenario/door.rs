//! Two questions about a server that a single connection with a good token does not answer.

use std::time::Duration;

use anyhow::Context as _;

use crate::scenario::client::{Endpoint, Session};
use crate::scenario::refused::Refused;

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// A broken token is refused.
    Guarded,
    /// A broken token is taken, and none is not: what is measured is no authentication.
    AnyToken,
    /// Nobody is asked for a token.
    Open,
}

/// Asks with a token that cannot be good, and if that is let in without any.
pub(crate) async fn door(endpoint: Endpoint<'_>) -> Door {
    let broken = broken(endpoint.bearer);
    if !lets_in(Endpoint { bearer: &broken, ..endpoint }).await {
        Door::Guarded
    } else if lets_in(Endpoint { bearer: "", ..endpoint }).await {
        Door::Open
    } else {
        Door::AnyToken
    }
}

/// Whether a session can be opened and something be done in it.
async fn lets_in(endpoint: Endpoint<'_>) -> bool {
    let Ok(mut session) = endpoint.open().await else { return false };
    let listed = session.tools().await;
    session.close().await;
    // A refusal of the token is the question, and nothing else.
    match listed {
        Ok(_) => true,
        Err(error) => !matches!(Refused::class(&error), Some("unauthorized" | "forbidden")),
    }
}

/// A token of the same form whose signature cannot be right.
fn broken(bearer: &str) -> String {
    let middle = bearer.rfind('.').map_or(bearer.len() / 2, |it| (it + 1 + bearer.len()) / 2);
    let wrong = if bearer[middle..].starts_with('A') { "B" } else { "A" };
    let rest = bearer.get(middle + 1..).unwrap_or_default();
    format!("{}{wrong}{rest}", &bearer[..middle])
}

/// Connections on which a session is asked for again.
const CONNECTIONS: usize = 6;

/// How long one of them may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// On how many of how many new connections a session is not known that is open.
pub(crate) async fn strangers(session: &Session<'_>) -> anyhow::Result<(usize, usize)> {
    if !session.has_id() {
        return Ok((0, 0));
    }
    // Nothing is kept, so that each request makes a connection of its own.
    let http = oauth_loopback::http_client().timeout(PATIENCE).pool_max_idle_per_host(0);
    let http = http.build().context("failed to set up HTTP")?;
    let mut strangers = 0;
    for _ in 0..CONNECTIONS {
        let asked = session.ping_over(&http).await;
        let is_stranger = asked.is_err_and(|it| Refused::class(&it) == Some("session_lost"));
        strangers += usize::from(is_stranger);
    }
    Ok((strangers, CONNECTIONS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_token_is_another_one_of_the_same_form() {
        assert_eq!(broken("e30.e30.AAAAAAAA"), "e30.e30.AAAABAAA");
        for it in ["opaque-token", "A", "AB", "e30.e30.A"] {
            let other = broken(it);
            assert!(other != it && other.len() == it.len(), "{other}");
        }
    }
}
