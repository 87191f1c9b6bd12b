//! One line of `--out json`.
//!
//! k6 always writes a point as
//! `{"metric":"…","type":"Point","data":{"time":"…","value":…,"tags":{…}}}`, so a line that begins
//! so is taken apart by position; any other line is read as JSON, whatever the order of its keys.

use crate::error::Flaw;
use crate::summary::metric::{Contains, Kind};
use memchr::memchr;
use serde::Deserialize;
use serde_json::error::Category;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a line holds.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    Point(Point<'a>),
    Declaration(Declaration),
}

/// A sample and where it belongs.
#[derive(Debug)]
pub(crate) struct Point<'a> {
    pub(crate) metric: Cow<'a, str>,
    pub(crate) time: Cow<'a, str>,
    pub(crate) value: f64,
    pub(crate) tags: Tags<'a>,
}

pub(crate) type Tags<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

/// A metric's line before its first point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declaration {
    pub(crate) metric: String,
    pub(crate) kind: Kind,
    pub(crate) contains: Option<Contains>,
    /// The sources of the thresholds on the metric itself; those on submetrics are not written.
    pub(crate) thresholds: BTreeSet<String>,
    /// Each with its name as the script spells it.
    pub(crate) submetrics: BTreeSet<String>,
}

/// A point taken apart by position; `tags` runs to the end of the line and is not checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawPoint<'a> {
    pub(crate) metric: &'a [u8],
    pub(crate) time: &'a [u8],
    pub(crate) value: f64,
    pub(crate) tags: &'a [u8],
}

pub(crate) const BEGINNING: &[u8] = b"{\"metric\":\"";
const AFTER_NAME: &[u8] = b"\",\"type\":\"Point\",\"data\":{\"time\":\"";
const AFTER_TIME: &[u8] = b"\",\"value\":";
const AFTER_VALUE: &[u8] = b",\"tags\":";

/// How the line of a point of `metric` begins, up to its time.
pub(crate) fn beginning_of(metric: &str) -> Vec<u8> {
    [BEGINNING, metric.as_bytes(), AFTER_NAME].concat()
}

impl<'a> RawPoint<'a> {
    /// Takes the line of a point apart; `None` where it is not exactly as k6 writes it.
    pub(crate) fn of(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_prefix(BEGINNING)?;
        let (metric, rest) = rest.split_at(memchr(b'"', rest)?);
        let rest = rest.strip_prefix(AFTER_NAME)?;
        if metric.contains(&b'\\') { None } else { Self::after_name(metric, rest) }
    }

    /// The same behind [`beginning_of`].
    pub(crate) fn after_name(metric: &'a [u8], rest: &'a [u8]) -> Option<Self> {
        // Nine digits of a second in UTC, as nearly always.
        let end = if rest.get(29..31) == Some(b"Z\"") { 30 } else { memchr(b'"', rest)? };
        let (time, rest) = rest.split_at(end);
        let (value, rest) = value(rest.strip_prefix(AFTER_TIME)?)?;
        let tags = rest.strip_prefix(AFTER_VALUE)?;
        Some(Self { metric, time, value, tags })
    }
}

/// A number before a comma, and the rest from the comma on.
fn value(text: &[u8]) -> Option<(f64, &[u8])> {
    short(text).or_else(|| {
        let (value, rest) = text.split_at(memchr(b',', text)?);
        Some((number(value)?, rest))
    })
}

/// The same for up to fifteen digits: those and a power of ten up to that are floats without
/// rounding, so that the division rounds once, as reading the number does.
fn short(text: &[u8]) -> Option<(f64, &[u8])> {
    const TENS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (mut number, mut digits, mut point) = (0_u64, 0, None);
    for (at, byte) in text.iter().enumerate().take(17) {
        match byte {
            b'0'..=b'9' => {
                number = number * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if point.is_none() && digits > 0 => point = Some(digits),
            b',' if digits > 0 && point != Some(digits) => {
                let before_point = point.unwrap_or(digits);
                if digits > 15 || before_point > 1 && text[0] == b'0' {
                    return None;
                }
                return Some((number as f64 / TENS[digits - before_point], &text[at..]));
            }
            _ => return None,
        }
    }
    None
}

/// A JSON number that is finite.
fn number(text: &[u8]) -> Option<f64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let plain = match digits {
        [b'0', b'0'..=b'9', ..] => false,
        [first, ..] => first.is_ascii_digit() && text.last().is_some_and(u8::is_ascii_digit),
        [] => false,
    };
    if !plain {
        return None;
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Reads a line as JSON.
pub(crate) fn read(line: &[u8]) -> Result<Line<'_>, Flaw> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        r#type: Option<Cow<'a, str>>,
        #[serde(borrow)]
        metric: Option<Cow<'a, str>>,
        #[serde(borrow)]
        data: Option<Data<'a>>,
    }
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        time: Option<Cow<'a, str>>,
        value: Option<f64>,
        #[serde(borrow)]
        tags: Option<Tags<'a>>,
        r#type: Option<Kind>,
        contains: Option<Contains>,
        thresholds: Option<Vec<Threshold>>,
        submetrics: Option<Vec<Submetric>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Threshold {
        Source(String),
        Aborting { threshold: String },
    }
    #[derive(Deserialize)]
    struct Submetric {
        name: String,
    }
    let envelope: Envelope<'_> = serde_json::from_slice(line).map_err(|it| {
        match it.classify() {
            Category::Data => Flaw::NotK6,
            // serde_json has no name for it.
            _ if it.to_string().starts_with("number out of range") => Flaw::OutOfRange,
            _ => Flaw::NotJson { column: it.column() },
        }
    })?;
    let (Some(kind), Some(metric), Some(data)) = (envelope.r#type, envelope.metric, envelope.data)
    else {
        return Err(Flaw::NotK6);
    };
    match (&*kind, data) {
        ("Point", Data { time: Some(time), value: Some(value), tags, .. }) => {
            Ok(Line::Point(Point { metric, time, value, tags: tags.unwrap_or_default() }))
        }
        ("Metric", Data { r#type: Some(kind), contains, thresholds, submetrics, .. }) => {
            let thresholds = thresholds.unwrap_or_default().into_iter().map(|it| match it {
                Threshold::Source(it) | Threshold::Aborting { threshold: it } => it,
            });
            let submetrics = submetrics.unwrap_or_default().into_iter().map(|it| it.name);
            Ok(Line::Declaration(Declaration {
                metric: metric.into_owned(),
                kind,
                contains,
                thresholds: thresholds.collect(),
                submetrics: submetrics.collect(),
            }))
        }
        _ => Err(Flaw::NotK6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_a_json_number_before_a_comma() {
        #[track_caller]
        fn check(text: &str, expected: Option<f64>) {
            let line = format!("{text},\"tags\"");
            let found = value(line.as_bytes());
            assert_eq!(found.map(|it| it.0), expected, "{text}");
            assert!(found.is_none_or(|it| it.1 == b",\"tags\""), "{text}");
        }
        check("0", Some(0.0));
        check("21.063408", Some(21.063408));
        check("-3.3", Some(-3.3));
        check("1e-7", Some(1e-7));
        check("1E+21", Some(1e21));
        check("999999999999999", Some(999_999_999_999_999.0));
        check("0.1234567890123456789", Some(0.123_456_789_012_345_68));
        for text in
            ["", "-", ".5", "2.", "01", "00", "0.1.2", "1e400", "NaN", "inf", "+1", "1 ", "\"1\""]
        {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn a_value_is_read_to_the_last_bit(integer in 0..u64::MAX, decimals in 0..12_usize, digits in "[0-9]{1,22}") {
            let text = (integer >> (integer % 60)).to_string();
            let text = if decimals == 0 { text } else { format!("{text}.{digits:.decimals$}") };
            let line = format!("{text},");
            prop_assert_eq!(value(line.as_bytes()).map(|it| it.0), text.parse().ok());
        }
    }
}
