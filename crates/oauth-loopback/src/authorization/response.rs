//! The query of a callback, [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2) with the `iss` of
//! [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207).

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use tool_edge::secret;

use crate::error::{Error, printable};

/// What a callback must bring along to be the answer that is waited for.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) state: State,
    pub(crate) issuer: String,
    /// Whether the server announced the `iss` parameter of RFC 9207, so that an answer without it is forged.
    pub(crate) issuer_is_sent: bool,
}

/// The parameters of a callback, each of them once.
pub(crate) struct Parameters<'a>(BTreeMap<Cow<'a, str>, Cow<'a, str>>);

impl<'a> Parameters<'a> {
    pub(crate) fn parse(query: &'a str) -> Result<Self, &'static str> {
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if parameters.insert(name, value).is_some() {
                return Err("repeated a parameter");
            }
        }
        Ok(Self(parameters))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|it| it.as_ref())
    }

    /// `Err` says why this is not the answer that is waited for, `Ok` is the answer.
    pub(crate) fn judge(
        &self,
        expected: &Expectation,
    ) -> Result<Result<String, Error>, &'static str> {
        if !self.get("state").is_some_and(|it| expected.state.matches(it)) {
            return Err("had no state or a wrong one");
        }
        let from_issuer = match self.get("iss") {
            Some(it) => it == expected.issuer,
            None => !expected.issuer_is_sent,
        };
        let issuer = printable(&expected.issuer);
        if !from_issuer {
            let missing = self.get("iss").is_none();
            return Ok(Err(Error::CallbackIssuer { issuer, missing }));
        }
        if let Some(error) = self.get("error").filter(|it| !it.is_empty()) {
            let description = self.get("error_description").map(printable);
            return Ok(Err(Error::Denied { issuer, error: printable(error), description }));
        }
        Ok(self
            .get("code")
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .ok_or(Error::NoCode { issuer }))
    }
}

secret! {
    /// The value that ties an ID token to its request, OpenID Connect Core §3.1.2.1.
    pub(crate) struct Nonce;
}

impl Nonce {
    /// 32 random bytes, independent of the state.
    pub(crate) fn random() -> Self {
        Self::new(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }
}

secret! {
    /// The value that ties a callback to its request, RFC 6749 §10.12.
    pub(crate) struct State;
}

impl State {
    /// 32 random bytes, independent of the code verifier.
    pub(crate) fn random() -> Self {
        Self::new(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// Compares in constant time.
    pub(crate) fn matches(&self, other: &str) -> bool {
        self.reveal().as_bytes().ct_eq(other.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use url::form_urlencoded::Serializer;

    use super::*;

    const ISSUER: &str = "https://a.example";

    fn expectation(issuer_is_sent: bool) -> (String, Expectation) {
        let state = State::random();
        let sent = state.reveal().to_owned();
        (sent, Expectation { state, issuer: ISSUER.to_owned(), issuer_is_sent })
    }

    fn judge(query: &str, expected: &Expectation) -> Result<Result<String, Error>, &'static str> {
        Parameters::parse(query)?.judge(expected)
    }

    fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// Names and values as an attacker or a careless server would put them together.
    fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
        let name = prop_oneof![
            3 => prop_oneof![Just("code"), Just("state"), Just("iss"), Just("error")]
                .prop_map(str::to_owned),
            1 => "[a-z_]{1,8}",
        ];
        let value = prop_oneof![Just(ISSUER.to_owned()), Just(String::new()), any::<String>()];
        vec((name, value), 0..7)
    }

    proptest! {
        #[test]
        fn nothing_without_the_state_is_an_answer(query in any::<String>(), pairs in pairs()) {
            let (_, expected) = expectation(false);
            prop_assert!(judge(&query, &expected).is_err());
            let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            prop_assert!(judge(&self::query(pairs), &expected).is_err());
        }

        #[test]
        fn a_code_is_taken_from_the_issuer_alone_and_whole(
            pairs in pairs(),
            at in any::<prop::sample::Index>(),
            issuer_is_sent in any::<bool>(),
        ) {
            let (state, expected) = expectation(issuer_is_sent);
            let mut pairs: Vec<(&str, &str)> =
                pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            pairs.insert(at.index(pairs.len() + 1), ("state", &state));
            let mut names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            let repeated = names.windows(2).any(|it| it[0] == it[1]);
            let value = |name: &str| pairs.iter().find(|it| it.0 == name).map(|it| it.1);
            let outcome = judge(&query(pairs.iter().copied()), &expected);
            match outcome {
                Err(_) => prop_assert!(repeated),
                Ok(answer) => {
                    prop_assert!(!repeated);
                    let trusted = value("iss").map_or(!issuer_is_sent, |it| it == ISSUER);
                    let error = value("error").filter(|it| !it.is_empty());
                    let code = value("code").filter(|it| !it.is_empty());
                    match answer {
                        Ok(it) => prop_assert!(trusted && error.is_none() && code == Some(&it)),
                        Err(Error::CallbackIssuer { .. }) => prop_assert!(!trusted),
                        Err(Error::Denied { .. }) => prop_assert!(trusted && error.is_some()),
                        Err(Error::NoCode { .. }) => {
                            prop_assert!(trusted && error.is_none() && code.is_none());
                        }
                        Err(it) => prop_assert!(false, "{it}"),
                    }
                }
            }
        }

        #[test]
        fn what_an_error_says_is_one_short_line(text in any::<String>()) {
            let (state, expected) = expectation(false);
            let query =
                query([("state", state.as_str()), ("error", "x"), ("error_description", &text)]);
            let Ok(Err(error @ Error::Denied { .. })) = judge(&query, &expected) else {
                return Err(TestCaseError::fail("an error is an error"));
            };
            let said = error.to_string();
            prop_assert!(!said.contains(char::is_control) && said.chars().count() < 500);
        }
    }
}
