//! What a comment says, and the hidden block at its end that a later run reads.
//!
//! The block is an [HTML comment](https://html.spec.whatwg.org/multipage/syntax.html#comments):
//! `<!-- NAME:v1 {json} key="…" -->`, the last thing in the body, on one line.

use std::{
    fmt::{self, Write as _},
    str::FromStr,
};

use serde_json::{Deserializer, Value};

use crate::{Error, error::said};

/// How many characters a comment may have, hidden block included; GitHub's own limit is 65,536.
pub const MAX_CHARACTERS: usize = 60_000;

/// A comment before it is posted: text for people, data for the next run.
#[derive(Debug, Clone)]
pub struct Comment {
    text: String,
    data: Option<(Marker, Value)>,
    key: Option<String>,
}

impl Comment {
    /// A comment that says `text`, in Markdown.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), data: None, key: None }
    }

    /// Hides `data` at the end, to be found again under `marker`.
    pub fn with_data(mut self, marker: &Marker, data: &Value) -> Self {
        self.data = Some((marker.clone(), data.clone()));
        self
    }

    /// Names the run: posting again under the same key edits the comment that is there.
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The whole body as it is sent to GitHub.
    ///
    /// It is never cut: what is longer than [`MAX_CHARACTERS`] is an error, as is an empty text.
    pub fn body(&self) -> Result<String, Error> {
        let mut body = self.text.trim_end().to_owned();
        if body.is_empty() {
            return Err(Error::Empty);
        }
        match (&self.data, &self.key) {
            (Some((marker, data)), key) => {
                let _ = write!(body, "\n\n<!-- {marker}:v1 {}", unending(data));
                if let Some(key) = key {
                    let _ = write!(body, " key={}", unending(&Value::from(key.as_str())));
                }
                body.push_str(" -->");
            }
            (None, Some(_)) => return Err(Error::KeyWithoutData),
            // A text that ends in a hidden block of its own must not be read as our data.
            (None, None) if body.ends_with("-->") => body.push_str("\n\n<!-- -->"),
            (None, None) => {}
        }
        let characters = body.chars().count();
        if characters > MAX_CHARACTERS {
            return Err(Error::TooLong { characters, limit: MAX_CHARACTERS });
        }
        Ok(body)
    }

    pub(crate) fn address(&self) -> Option<(&Marker, &str)> {
        Some((&self.data.as_ref()?.0, self.key.as_deref()?))
    }
}

/// The name under which a tool finds its own comments: letters, digits, `.`, `_` and single `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(String);

impl Marker {
    /// The data hidden at the end of `body` under this marker, if it is there and well-formed.
    ///
    /// It says nothing about who wrote it; [`Client::last_data`](crate::Client::last_data) does.
    pub fn data(&self, body: &str) -> Option<Value> {
        self.read(body).map(|it| it.data)
    }

    pub(crate) fn key(&self, body: &str) -> Option<String> {
        self.read(body)?.key
    }

    fn read(&self, body: &str) -> Option<Hidden> {
        let body = body.trim_end().strip_suffix("-->")?;
        // No block holds a `<`, so that the last one cannot be one that stands inside our data.
        let start = body.rfind("<!--")?;
        if start > 0 && !body[..start].ends_with('\n') {
            return None;
        }
        let inside =
            body[start..].strip_prefix("<!-- ")?.strip_prefix(&self.0)?.strip_prefix(":v1 ")?;
        let (data, mut rest) = leading::<Value>(inside)?;
        let mut key = None;
        while let Some((name, value)) = rest.split_once('=') {
            let (value, after) = leading::<String>(value)?;
            if name.is_empty() || !name.bytes().all(|it| it.is_ascii_lowercase()) {
                return None;
            }
            if name == "key" {
                key = Some(value);
            }
            rest = after;
        }
        rest.is_empty().then_some(Hidden { data, key })
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
            && !given.ends_with('-');
        if !valid {
            return Err(Error::BadMarker { given: said(given) });
        }
        Ok(Self(given.to_owned()))
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key that a run's comment has by itself.
///
/// In GitHub Actions (`variable` looks up the environment) it is repository, workflow and run id, which
/// a re-run keeps, and the record's `environment`; elsewhere it is the record's `id`.
pub fn default_key(variable: impl Fn(&str) -> Option<String>, record: &Value) -> Option<String> {
    let field = |name| record.get(name).and_then(Value::as_str).map(str::to_owned);
    let run = ["GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_RUN_ID"].map(variable);
    let [Some(repository), Some(workflow), Some(run)] = run else { return field("id") };
    let environment = field("environment").unwrap_or_default();
    Some(format!("{repository}/{workflow}/{run}/{environment}"))
}

struct Hidden {
    data: Value,
    key: Option<String>,
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
        for given in ["", "a b", "a:b", "a--b", "-a", "a-", "a>", "é", &"a".repeat(65)] {
            given.parse::<Marker>().expect_err(given);
        }
        "loadtest.2_x-y".parse::<Marker>().unwrap();
    }

    #[test]
    fn a_run_in_actions_keeps_its_key_when_it_is_run_again() {
        let actions = |name: &str| match name {
            "GITHUB_REPOSITORY" => Some("acme/api".to_owned()),
            "GITHUB_WORKFLOW" => Some("load test".to_owned()),
            "GITHUB_RUN_ID" => Some("42".to_owned()),
            _ => None,
        };
        let record = json!({ "id": "20261121T110203Z-3f9a", "environment": "staging" });
        assert_eq!(default_key(actions, &record).unwrap(), "acme/api/load test/42/staging");
        assert_eq!(default_key(|_| None, &record).unwrap(), "20261121T110203Z-3f9a");
        assert_eq!(default_key(|_| None, &json!([1])), None);
    }
}
