//! The hidden block at the end of a comment, which a later run reads.
//!
//! It is an [HTML comment](https://html.spec.whatwg.org/multipage/syntax.html#comments) on one line:
//! `<!-- NAME:v1 {json} key="…" hmac="…" -->`, the last thing in the body. Version 1 is read for ever.

use std::{
    fmt::{self, Write as _},
    str::FromStr,
};

use serde_json::{Deserializer, Value};

use crate::body::signature::{Signature, SigningKey};
use crate::error::Error;
use crate::error::printable;
use crate::github::issue::Issue;

/// The name under which a tool finds its own comments: letters, digits, `.`, `_` and single `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(String);

/// What else a tool hides, beside the data of its runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// On a full issue: which one comes after it.
    Next,
    /// On an issue that follows a full one: which one that was.
    Previous,
    /// On an issue that follows a full one: the newest data of that one.
    Carried,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Next, Self::Previous, Self::Carried];

    fn suffix(self) -> &'static str {
        match self {
            Self::Next => ".next",
            Self::Previous => ".previous",
            Self::Carried => ".carried",
        }
    }
}

impl Marker {
    /// The data hidden at the end of `body` under this marker, if it is there and well-formed.
    ///
    /// It says nothing about who wrote it; [`Client::history`](crate::client::Client::history) does.
    pub fn data(&self, body: &str) -> Option<Value> {
        match Block::read(self, body) {
            Read::Block(it) => Some(it.data),
            _ => None,
        }
    }

    pub(crate) fn of(&self, kind: Kind) -> Self {
        Self(format!("{}{}", self.0, kind.suffix()))
    }
}

impl FromStr for Marker {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Error> {
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
        let valid = (1..=64).contains(&given.len())
            && given.bytes().all(plain)
            && !given.contains("--")
            && !given.starts_with('-')
            && !given.ends_with('-')
            && !Kind::ALL.iter().any(|it| given.ends_with(it.suffix()));
        if !valid {
            return Err(Error::BadMarker { given: printable(given) });
        }
        Ok(Self(given.to_owned()))
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A block that was read, and the text that its signature is about.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) data: Value,
    pub(crate) key: Option<String>,
    signed: &'a str,
    signature: Option<Signature>,
}

/// What a body holds under a marker.
#[derive(Debug)]
pub(crate) enum Read<'a> {
    Nothing,
    Malformed,
    UnknownVersion,
    Block(Block<'a>),
}

/// A block for the end of a comment on `issue`.
pub(crate) fn write(
    marker: &Marker,
    data: &Value,
    key: Option<&str>,
    signing: Option<(&SigningKey, &Issue)>,
) -> String {
    let mut text = format!("{marker}:v1 {}", unending(data));
    if let Some(key) = key {
        let _ = write!(text, " key={}", unending(&Value::from(key)));
    }
    if let Some((signing, issue)) = signing {
        let signature = signing.sign(issue, &text);
        let _ = write!(text, " hmac=\"{signature}\"");
    }
    format!("<!-- {text} -->")
}

impl<'a> Block<'a> {
    pub(crate) fn read(marker: &Marker, body: &'a str) -> Read<'a> {
        let opening = format!("<!-- {marker}:v");
        let mentioned = || {
            let mut starts = body.match_indices(&opening);
            starts.any(|(at, _)| at == 0 || body[..at].ends_with('\n'))
        };
        let Some(inside) = last_block(body).filter(|it| names(it, marker)) else {
            return if mentioned() { Read::Malformed } else { Read::Nothing };
        };
        let Some(rest) = inside[marker.0.len()..].strip_prefix(":v1 ") else {
            let digits = inside[marker.0.len() + 2..].split(' ').next().unwrap_or_default();
            let number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
            return if number { Read::UnknownVersion } else { Read::Malformed };
        };
        Self::parse(inside, rest).map_or(Read::Malformed, Read::Block)
    }

    fn parse(inside: &'a str, rest: &'a str) -> Option<Self> {
        let (data, mut rest) = leading::<Value>(rest)?;
        let (mut key, mut signature, mut signed) = (None, None, inside);
        while let Some((name, value)) = rest.split_once('=') {
            // What stands behind a signature would not be under it.
            if signature.is_some()
                || name.is_empty()
                || !name.bytes().all(|it| it.is_ascii_lowercase())
            {
                return None;
            }
            let (value, after) = leading::<String>(value)?;
            match name {
                "key" => key = Some(value),
                "hmac" => {
                    signature = Some(value.parse().ok()?);
                    signed = inside[..inside.len() - rest.len()].trim_end();
                }
                _ => {}
            }
            rest = after;
        }
        rest.is_empty().then_some(Self { data, key, signed, signature })
    }

    /// Whether a body has a block under `marker`, whole or not.
    pub(crate) fn names(marker: &Marker, body: &'a str) -> bool {
        !matches!(Self::read(marker, body), Read::Nothing)
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Whether it was signed with `key` for `issue` and is unchanged since.
    pub(crate) fn verify(&self, key: &SigningKey, issue: &Issue) -> bool {
        self.signature.as_ref().is_some_and(|it| key.verify(issue, self.signed, it))
    }
}

/// What stands in the block that ends `body`.
fn last_block(body: &str) -> Option<&str> {
    let body = body.trim_end().strip_suffix("-->")?;
    // No block holds a `<`, so that the last one cannot be one that stands inside our data.
    let start = body.rfind("<!--")?;
    if start > 0 && !body[..start].ends_with('\n') {
        return None;
    }
    body[start..].strip_prefix("<!-- ")
}

fn names(inside: &str, marker: &Marker) -> bool {
    inside.strip_prefix(&marker.0).is_some_and(|it| it.starts_with(":v"))
}

fn leading<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Option<(T, &'a str)> {
    let mut values = Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, text[values.byte_offset()..].trim_start()))
}

/// JSON in which nothing ends the HTML comment around it.
///
/// `<`, `>`, `&` and a `-` after a `-` stand only inside strings, where they can be written as `\u00XX`.
fn unending(value: &Value) -> String {
    let json = value.to_string();
    let mut text = String::with_capacity(json.len());
    let mut previous = ' ';
    for it in json.chars() {
        if matches!(it, '<' | '>' | '&') || (it == '-' && previous == '-') {
            let _ = write!(text, "\\u{:04x}", u32::from(it));
        } else {
            text.push(it);
        }
        previous = it;
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(data: &Value, expect: &str) {
        assert_eq!(unending(data), expect);
        assert_eq!(serde_json::from_str::<Value>(expect).unwrap(), *data);
    }

    #[test]
    fn what_could_end_a_comment_is_escaped() {
        check(&json!("-->"), r#""-\u002d\u003e""#);
        check(&json!("--!>"), r#""-\u002d!\u003e""#);
        check(&json!("a-b--c---d"), r#""a-b-\u002dc-\u002d\u002dd""#);
        check(&json!("<!-- &amp;"), r#""\u003c!-\u002d \u0026amp;""#);
        check(&json!({ "->": "\\<\"-" }), r#"{"-\u003e":"\\\u003c\"-"}"#);
        check(&json!([-1, "-"]), r#"[-1,"-"]"#);
    }

    #[test]
    fn a_marker_cannot_disturb_the_block_it_names() {
        let long = "a".repeat(65);
        for given in ["", "a b", "a:b", "a--b", "-a", "a-", "a>", "é", &long, "a.next"] {
            given.parse::<Marker>().expect_err(given);
        }
        "loadtest.2_x-y".parse::<Marker>().unwrap();
    }

    #[test]
    fn nothing_is_read_behind_a_signature() {
        let marker: Marker = "m".parse().unwrap();
        let hmac = "0".repeat(64);
        for (block, known) in [
            (format!("<!-- m:v1 1 hmac=\"{hmac}\" -->"), true),
            (format!("<!-- m:v1 1 hmac=\"{hmac}\" key=\"k\" -->"), false),
            ("<!-- m:v1 1 hmac=\"00\" -->".to_owned(), false),
        ] {
            assert_eq!(marker.data(&block).is_some(), known, "{block}");
        }
    }
}
