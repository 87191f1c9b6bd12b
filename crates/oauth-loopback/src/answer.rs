//! The query of a callback, [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2) with the `iss` of
//! [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207).

use std::collections::BTreeMap;

use crate::authorization::State;
use crate::error::{Error, clean};

/// What a callback must bring along to be the answer that is waited for.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) state: State,
    pub(crate) issuer: String,
    /// Whether the server announced the `iss` parameter of RFC 9207, so that an answer without it is forged.
    pub(crate) issuer_is_sent: bool,
}

/// Reads the query of a callback: `Err` says why it is not the answer that is waited for, `Ok` is the answer.
pub(crate) fn judge(
    query: &str,
    expected: &Expectation,
) -> Result<Result<String, Error>, &'static str> {
    let mut parameters = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if parameters.insert(name, value).is_some() {
            return Err("repeated a parameter");
        }
    }
    let parameter = |name: &str| parameters.get(name).map(|it| it.as_ref());
    if !parameter("state").is_some_and(|it| expected.state.matches(it)) {
        return Err("had no state or a wrong one");
    }
    let from_issuer = match parameter("iss") {
        Some(it) => it == expected.issuer,
        None => !expected.issuer_is_sent,
    };
    if !from_issuer {
        return Ok(Err(Error::CallbackIssuer { issuer: clean(&expected.issuer) }));
    }
    if let Some(error) = parameter("error").filter(|it| !it.is_empty()) {
        let description = parameter("error_description").map(clean);
        return Ok(Err(Error::Denied { error: clean(error), description }));
    }
    Ok(parameter("code").filter(|it| !it.is_empty()).map(str::to_owned).ok_or(Error::NoCode))
}
