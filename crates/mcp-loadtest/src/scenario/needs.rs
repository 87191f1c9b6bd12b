//! What a scenario needs beyond a token and tools: where it is not to be had, the scenario is skipped with the reason.

use std::collections::BTreeMap;

use k6_summary::run::Skipped;

use crate::scenario::entry::Need;
use crate::scenario::profiles::Planned;
use crate::server::client::Session;
use crate::server::connections::{lacks_event_stream, lacks_websocket};
use crate::sign_in::by_browser::Minted;

/// What of the needs of a plan is lacking, with the reason.
pub(crate) type Lacking = BTreeMap<Need, String>;

/// What the sign-in does not give; `again` is what a further one without a page came to.
pub(crate) fn of_the_sign_in(minted: &Minted, again: Option<&anyhow::Result<()>>) -> Lacking {
    let mut lacking = Lacking::new();
    match again {
        None => {
            let words = "no Chromium was signed in for this run, whose cookies get further tokens";
            lacking.insert(Need::SignedIn, words.to_owned());
        }
        Some(Err(error)) => {
            lacking.insert(Need::SignedIn, format!("a further token was not given: {error:#}"));
        }
        Some(Ok(())) => {}
    }
    let words = match &minted.grant {
        Some(it) => it.token.refresh_token.is_none().then_some("the server gave no refresh token"),
        None => Some("the token was not asked for by this run, so that none is known to renew it"),
    };
    lacking.extend(words.map(|it| (Need::RefreshToken, it.to_owned())));
    lacking
}

/// Adds what the server does not offer of what the plan needs.
pub(crate) async fn of_the_server(plan: &[Planned], session: &Session<'_>, lacking: &mut Lacking) {
    let needs = |need: Need| plan.iter().any(|it| it.needs.contains(&need));
    if needs(Need::Websocket) {
        let reason = lacks_websocket(session).await;
        lacking.extend(reason.map(|it| (Need::Websocket, it)));
    }
    if needs(Need::EventStream) {
        let reason = lacks_event_stream(session).await;
        lacking.extend(reason.map(|it| (Need::EventStream, it)));
    }
}

/// The scenarios that have all they need, and the others with the first reason.
pub(crate) fn met(plan: &[Planned], lacking: &Lacking) -> (Vec<Planned>, Vec<Skipped>) {
    let mut kept = Vec::new();
    let mut skipped = Vec::new();
    for planned in plan {
        match planned.needs.iter().find_map(|it| lacking.get(it)) {
            Some(reason) => skipped.push(Skipped::new(planned.name.clone(), reason.clone())),
            None => kept.push(planned.clone()),
        }
    }
    (kept, skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_that_lacks_something_is_skipped_by_name() {
        let planned = |name: &str, needs: &[Need]| Planned {
            name: name.to_owned(),
            needs: needs.to_vec(),
            ..Planned::default()
        };
        let plan = [planned("a", &[]), planned("b", &[Need::SignedIn, Need::RefreshToken])];
        let lacking = Lacking::from([(Need::RefreshToken, "none given".to_owned())]);
        let (kept, skipped) = met(&plan, &lacking);
        assert_eq!(kept.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a"]);
        assert_eq!(skipped, [Skipped::new("b".to_owned(), "none given".to_owned())]);
        assert_eq!(met(&plan, &Lacking::new()).0.len(), 2);
    }
}
