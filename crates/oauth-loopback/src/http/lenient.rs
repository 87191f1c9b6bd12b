//! How optional members are read that servers write in other ways than the specifications do.
//!
//! An empty text is no text, a number may be quoted, a list may be a text with spaces and the other way round.

use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

/// A text, also where a number stands; an empty one is absent.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(it) if !it.is_empty() => Some(it),
        Value::Number(it) => Some(it.to_string()),
        _ => None,
    })
}

/// A text that has to be there, also as a number.
pub(crate) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from)?.ok_or_else(|| serde::de::Error::custom("a text was expected"))
}

/// Words in a list, or in a text between spaces.
pub(crate) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(it) => Some(it.split_ascii_whitespace().map(str::to_owned).collect()),
        Value::Array(all) => {
            Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        _ => None,
    })
}

/// Words as one text with spaces between them.
pub(crate) fn scope<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(it) => Some(it),
        Value::Array(all) => {
            Some(all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        _ => None,
    })
}

/// A whole number that is not negative, also in quotes or with a fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is not negative, and what is too large is as large as it can be"
)]
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(from)?;
    if let Some(it) = value.as_u64() {
        return Ok(Some(it));
    }
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    Ok(number.filter(|it| *it >= 0.0).map(|it| it as u64))
}

/// Yes or no, also in quotes.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(it) => Some(it),
        Value::String(it) => it.trim().parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct It {
        #[serde(default, deserialize_with = "text")]
        text: Option<String>,
        #[serde(default, deserialize_with = "words")]
        words: Option<Vec<String>>,
        #[serde(default, deserialize_with = "scope")]
        scope: Option<String>,
        #[serde(default, deserialize_with = "number")]
        number: Option<u64>,
        #[serde(default, deserialize_with = "flag")]
        flag: Option<bool>,
    }

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let it: It = serde_json::from_str(json).expect("an object");
        let It { text, words, scope, number, flag } = it;
        assert_eq!(format!("{text:?} {words:?} {scope:?} {number:?} {flag:?}"), expected, "{json}");
    }

    #[test]
    fn members_are_read_as_servers_write_them() {
        check("{}", "None None None None None");
        check(
            r#"{"text":"a","words":["b","c"],"scope":"d e","number":5,"flag":true}"#,
            r#"Some("a") Some(["b", "c"]) Some("d e") Some(5) Some(true)"#,
        );
        check(
            r#"{"text":7,"words":"b c","scope":["d","e"],"number":"5.9","flag":"false"}"#,
            r#"Some("7") Some(["b", "c"]) Some("d e") Some(5) Some(false)"#,
        );
        check(
            r#"{"text":"","words":null,"scope":null,"number":-1,"flag":""}"#,
            "None None None None None",
        );
        check(
            r#"{"text":[],"words":{},"scope":1,"number":18446744073709551615,"flag":0}"#,
            "None None None Some(18446744073709551615) None",
        );
    }
}
