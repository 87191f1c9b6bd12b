//! Two questions about a server that a single connection with a good token does not answer.

use crate::server::client::{Endpoint, Session};
use crate::server::refused::Refused;

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// A broken token is refused.
    Guarded,
    /// A broken token is taken, and none is not: what is measured is no authentication.
    AnyToken,
    /// Nobody is asked for a token.
    Open,
    /// Something else than a refusal of the token kept the answer from coming.
    Unknown,
}

/// Asks with a token that cannot be good, and if that is let in without any.
pub(crate) async fn door(endpoint: Endpoint<'_>) -> Door {
    let broken = broken(endpoint.bearer);
    match lets_in(Endpoint { bearer: &broken, ..endpoint }).await {
        None => Door::Unknown,
        Some(false) => Door::Guarded,
        Some(true) => match lets_in(Endpoint { bearer: "", ..endpoint }).await {
            Some(true) => Door::Open,
            _ => Door::AnyToken,
        },
    }
}

/// Whether a session can be opened and something be done in it; only a refusal of the token says that it cannot.
async fn lets_in(endpoint: Endpoint<'_>) -> Option<bool> {
    let tried = async {
        let mut session = endpoint.open().await?;
        let listed = session.tools().await;
        session.close().await;
        listed
    };
    match tried.await {
        Ok(_) => Some(true),
        Err(error) => {
            let is_refused = matches!(Refused::class(&error), Some("unauthorized" | "forbidden"));
            is_refused.then_some(false)
        }
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

/// On how many of how many new connections a session is not known that is open; `fresh` keeps no connection.
pub(crate) async fn strangers(session: &Session<'_>, fresh: &reqwest::Client) -> (usize, usize) {
    if !session.has_id() {
        return (0, 0);
    }
    let mut strangers = 0;
    for _ in 0..CONNECTIONS {
        let asked = session.ping_over(fresh).await;
        let is_stranger = asked.is_err_and(|it| Refused::class(&it) == Some("session_lost"));
        strangers += usize::from(is_stranger);
    }
    (strangers, CONNECTIONS)
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
