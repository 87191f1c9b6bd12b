//! What must hold for any text that a stranger sends; the fuzz targets call it, and nobody else.

use url::form_urlencoded;

use crate::authorization::response::{Expectation, Parameters, State};
use crate::discovery::challenge::Challenge;

/// A header is read to its end, and what is read from it stands in it.
pub fn challenge(header: &str) {
    if let Some(it) = Challenge::bearer([header]) {
        for name in ["resource_metadata", "scope", "error", "error_description"] {
            let value = it.parameter(name).unwrap_or_default();
            assert!(value.chars().all(|it| header.contains(it)), "{name}: {value}");
        }
    }
    let metadata = "https://a.example/metadata";
    let sound = format!("Bearer resource_metadata=\"{metadata}\"");
    let found = Challenge::bearer([header, &sound]).expect("the second header has a challenge");
    assert!(found.parameter("resource_metadata").is_some());
}

/// A query settles a wait only with the state in it, once, and gives a code only from the issuer.
///
/// The first character says by an odd number that the issuer announced itself; the rest is the query, in which `STATE` stands
/// for the right one.
pub fn callback(input: &str) {
    const ISSUER: &str = "https://a.example";
    let mut rest = input.chars();
    let issuer_is_sent = rest.next().is_some_and(|it| u32::from(it) % 2 == 1);
    let state = State::random();
    let sent = state.reveal().to_owned();
    let expected = Expectation { state, issuer: ISSUER.to_owned(), issuer_is_sent };
    let query = rest.as_str().replace("STATE", &sent);
    let parameters = Parameters::parse(&query);
    let Ok(Ok(answer)) = parameters.map(|it| it.judge(&expected)) else { return };
    let states: Vec<_> =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "state").collect();
    assert!(states.len() == 1 && states[0].1 == sent);
    match answer {
        Ok(code) => {
            let issuer = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "iss");
            assert!(issuer.map_or(!issuer_is_sent, |(_, it)| it == ISSUER));
            assert!(!code.is_empty());
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control) && said.chars().count() < 1000, "{said}");
        }
    }
}
