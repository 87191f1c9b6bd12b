//! Secrets struck from what others say, in whichever spelling they repeat them.

use std::fmt;

/// Secrets that must not be in anything that is said, written or posted.
///
/// A server or a page that repeats one seldom repeats it as it came: it is found plain, percent-encoded and as a form has
/// it, as HTML, JSON and a debugger spell it, in Base64 at any place of a longer text, and in any mixture of these.
///
/// ```
/// let secrets = tool_edge::Secrets::new(["p&ss word"]);
/// assert_eq!(secrets.strike("wrong: p%26ss+word, p&amp;ss word"), "wrong: …, …");
/// assert!(!secrets.occur_in("pass word"));
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    all: Vec<String>,
    /// For each byte, whether the spelling of a secret may begin with it.
    begins: Vec<bool>,
}

impl Secrets {
    /// Takes the secrets as they are; an empty one is none.
    pub fn new(secrets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut all: Vec<String> = Vec::new();
        for secret in secrets.into_iter().map(Into::into).filter(|it: &String| !it.is_empty()) {
            all.extend(in_base64(&secret));
            all.push(secret);
        }
        all.sort();
        all.dedup();
        let mut begins = vec![false; 256];
        for it in &all {
            let is_space = it.starts_with(char::is_whitespace);
            for first in [it.as_bytes()[0], b'%', b'&', b'\\'] {
                begins[usize::from(first)] = true;
            }
            begins.iter_mut().for_each(|it| *it |= is_space);
        }
        Self { all, begins }
    }

    /// The text with `…` in the place of every secret.
    pub fn strike(&self, text: &str) -> String {
        let mut struck = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            if let Some(length) = self.longest(&text[at..]) {
                struck.push('…');
                at += length;
            } else {
                struck.push(next);
                at += next.len_utf8();
            }
        }
        struck
    }

    /// Whether one of them is in the text.
    pub fn occur_in(&self, text: &str) -> bool {
        text.char_indices().any(|(at, _)| self.longest(&text[at..]).is_some())
    }

    /// The length of the longest secret that the text begins with.
    fn longest(&self, text: &str) -> Option<usize> {
        let first = usize::from(*text.as_bytes().first()?);
        if self.begins.get(first) != Some(&true) {
            return None;
        }
        self.all.iter().filter_map(|it| spelled(text, it)).max()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// The length of what spells `secret` at the beginning of a text.
fn spelled(text: &str, secret: &str) -> Option<usize> {
    let mut ends = vec![0];
    for it in secret.chars() {
        let mut next = Vec::new();
        for end in ends {
            next.extend(spellings(&text[end..], it).map(|length| end + length));
        }
        if next.is_empty() {
            return None;
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends.pop()
}

/// The lengths of all that spells one character at the beginning of a text.
fn spellings(text: &str, it: char) -> impl Iterator<Item = usize> {
    let same = text.chars().next().filter(|first| {
        *first == it || it.is_whitespace() && first.is_whitespace() || it == ' ' && *first == '+'
    });
    let same = same.map(char::len_utf8);
    let encoded: [Option<usize>; 3] = match text.as_bytes().first() {
        Some(b'%') => [percent(text, it, false), percent(text, it, true), None],
        Some(b'&') => [entity(text, it), None, None],
        Some(b'\\') => escapes(text, it),
        _ => [None; 3],
    };
    same.into_iter().chain(encoded.into_iter().flatten())
}

/// `%26`, and `%2526` where that was encoded `again`.
fn percent(text: &str, it: char, again: bool) -> Option<usize> {
    let mut rest = text;
    for byte in it.encode_utf8(&mut [0; 4]).bytes() {
        rest = rest.strip_prefix('%')?;
        while let Some(encoded) = rest.strip_prefix("25").filter(|_| again) {
            rest = encoded;
        }
        let digits = rest.get(..2).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))?;
        if u8::from_str_radix(digits, 16) != Ok(byte) {
            return None;
        }
        rest = &rest[2..];
    }
    Some(text.len() - rest.len())
}

/// `&amp;`, `&#38;` and `&#x26;`.
fn entity(text: &str, it: char) -> Option<usize> {
    let (name, _) = text.get(1..)?.split_once(';')?;
    let number = match name.strip_prefix('#') {
        None => {
            let known = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
            let found = known.into_iter().find(|(known, _)| *known == name)?.1;
            u32::from(found)
        }
        Some(it) => match it.strip_prefix(['x', 'X']) {
            Some(it) => u32::from_str_radix(it, 16).ok()?,
            None => it.parse().ok()?,
        },
    };
    (number == u32::from(it)).then_some(name.len() + 2)
}

/// `\"`, `\n`, `\u0026`, `\u{26}` and `\x26`, behind as many backslashes as quoting them again gives.
fn escapes(text: &str, it: char) -> [Option<usize>; 3] {
    let rest = text.trim_start_matches('\\');
    let slashes = text.len() - rest.len();
    if it == '\\' {
        // Of several any half may be meant.
        let doubled = [2, 4].map(|length| (length <= slashes).then_some(length));
        return [doubled[0], doubled[1], hexadecimal(rest, it).map(|length| slashes + length)];
    }
    let short = match it {
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        it if it.is_ascii_punctuation() => Some(it),
        _ => None,
    };
    let plain = short.filter(|it| rest.starts_with(*it)).map(|_| slashes + 1);
    [plain, hexadecimal(rest, it).map(|length| slashes + length), None]
}

/// What stands behind the backslash of a character that is written as a number.
fn hexadecimal(text: &str, it: char) -> Option<usize> {
    let number = |digits: &str| u32::from_str_radix(digits, 16).ok();
    if let Some(rest) = text.strip_prefix("u{") {
        let (digits, _) = rest.split_once('}')?;
        return (number(digits)? == u32::from(it)).then_some(digits.len() + 3);
    }
    if let Some(digits) = text.strip_prefix('x') {
        return (number(digits.get(..2)?)? == u32::from(it)).then_some(3);
    }
    let mut length = 0;
    for unit in it.encode_utf16(&mut [0; 2]) {
        let rest = text.get(length..)?;
        let rest = if length > 0 { rest.strip_prefix('\\')? } else { rest };
        let digits = rest.strip_prefix('u')?.get(..4)?;
        if number(digits)? != u32::from(*unit) {
            return None;
        }
        length += if length > 0 { 6 } else { 5 };
    }
    Some(length)
}

/// What of Base64 a text has in it whose bytes have `secret` in them, for each of the three ways in which it may lie there.
fn in_base64(secret: &str) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    /// Of less than this much others may speak as well.
    const LEAST: usize = 8;
    let mut found = Vec::new();
    for before in 0..3 {
        let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(secret.bytes()).collect();
        let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
        let letter = |at: usize| (0..6).fold(0, |sum, it| sum << 1 | usize::from(bit(at * 6 + it)));
        // Only letters all of whose bits are the secret's own.
        let letters = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        if letters.len() >= LEAST {
            let text: String = letters.map(|at| char::from(ALPHABET[letter(at)])).collect();
            found.push(text.replace('+', "-").replace('/', "_"));
            found.push(text);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &str, spellings: &[&str]) {
        let secrets = Secrets::new([secret]);
        for it in spellings {
            let text = format!("before {it} after");
            assert_eq!(secrets.strike(&text), "before … after");
            assert!(secrets.occur_in(&text), "{it}");
        }
        let others = "before p%27ss and &#39; and \\u0027 and % & \\ %2 &# \\u \\u{ \\x after";
        assert_eq!(secrets.strike(others), others);
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        check(
            "p&ss w\"rd\\é<",
            &[
                "p&ss w\"rd\\é<",
                "p%26ss+w%22rd%5C%C3%A9%3C",
                "p%26ss%20w%22rd%5c%c3%a9%3c",
                "p%2526ss%2520w%2522rd%255C%25C3%25A9%253C",
                "p&amp;ss w&quot;rd\\é&lt;",
                "p&#38;ss w&#x22;rd&#92;&eacute;<".replace("&eacute;", "&#233;").as_str(),
                r#"p&ss w\"rd\\é<"#,
                r#"p\u0026ss w\u0022rd\\\u00e9\u003C"#,
                r#"p&ss w\\\"rd\\\\é<"#,
                r"p\x26ss w\u{22}rd\\\u{e9}<",
                "p&amp;ss+w%22rd\\é\\u003c",
                "p&ss\nw\"rd\\é<",
            ],
        );
        check("emoji 😀", &["emoji 😀", r"emoji \ud83d\ude00", "emoji+%F0%9F%98%80"]);
        check("100%25 sure", &["100%25 sure", "100%2525%20sure"]);
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_lies() {
        let secrets = Secrets::new(["correct horse?>"]);
        // The secret alone, behind "client:" and behind "id:", as Base64 has them.
        for text in [
            "Basic Y29ycmVjdCBob3JzZT8+",
            "Basic Y2xpZW50OmNvcnJlY3QgaG9yc2U/Pg==",
            "Basic aWQ6Y29ycmVjdCBob3JzZT8-",
            "x Y2xpZW50OmNvcnJlY3QgaG9yc2U%2FPg==",
        ] {
            let struck = secrets.strike(text);
            assert!(struck.contains('…') && struck.len() < text.len() - 8, "{struck}");
            assert!(!struck.contains("aG9yc2"), "{struck}");
        }
        assert_eq!(secrets.strike("Y29ycmVj"), "Y29ycmVj");
    }

    #[test]
    fn the_longest_secret_is_struck_whole() {
        let secrets = Secrets::new(["token", "token-and-more", ""]);
        assert_eq!(secrets.strike("a token-and-more, a token"), "a …, a …");
        assert_eq!(format!("{secrets:?}"), "Secrets(…)");
        assert_eq!(Secrets::default().strike("é"), "é");
    }
}
