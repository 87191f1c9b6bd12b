//! Text from a server on its way to a terminal or a file.

use url::Url;

use crate::input::credentials::Credentials;
use crate::input::script::{Act, Script, Text};

/// What must not occur in anything that is written or said.
pub(crate) struct Redaction(Vec<String>);

impl Redaction {
    /// Knows the credentials, and those values of the authorization request that are good for one use.
    pub(crate) fn new(
        url: &Url,
        credentials: Option<&Credentials>,
        script: Option<&Script>,
    ) -> Self {
        const PUBLIC: &[&str] = &[
            "client_id",
            "redirect_uri",
            "scope",
            "resource",
            "response_type",
            "code_challenge_method",
            "ui_locales",
            "prompt",
        ];
        let mut secrets: Vec<String> = url
            .query_pairs()
            .filter(|(name, value)| !PUBLIC.contains(&name.as_ref()) && value.len() >= 8)
            .map(|(_, value)| value.into_owned())
            .collect();
        if let Some(it) = credentials {
            secrets.extend([it.reveal().to_owned(), it.email().to_owned()]);
        }
        let commands = script.into_iter().flat_map(|it| &it.commands);
        secrets.extend(commands.filter_map(|it| match &it.act {
            // What is shorter occurs everywhere and keeps no secret.
            Act::Fill(Text::Given(it)) if it.len() >= 4 => Some(it.clone()),
            _ => None,
        }));
        secrets.retain(|it| !it.is_empty());
        let encoded = secrets.iter().flat_map(|it| {
            let form = url::form_urlencoded::byte_serialize(it.as_bytes()).collect::<String>();
            [form.replace('+', "%20"), form]
        });
        let encoded: Vec<String> = encoded.collect();
        secrets.extend(encoded);
        secrets.sort_by_key(|it| std::cmp::Reverse(it.len()));
        secrets.dedup();
        Self(secrets)
    }

    /// One line of at most `length` characters, without control characters and without what is secret.
    pub(crate) fn clean(&self, text: &str, length: usize) -> String {
        let struck = |text: String| self.0.iter().fold(text, |it, secret| it.replace(secret, "…"));
        // Both before and after: a secret may have two spaces in it, and a page may break one over two lines.
        let text = struck(text.to_owned()).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut text = struck(text);
        for name in ["code=", "state=", "token="] {
            text = without_values(&text, name);
        }
        text.retain(|it| !it.is_control() && !matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        if text.chars().count() > length {
            text = text.chars().take(length).chain(['…']).collect();
        }
        text
    }

    /// Whether something secret is in a text that is about to be kept.
    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.0.iter().any(|it| text.contains(it.as_str()))
    }
}

/// A line of the browser's console, in which every address ends where its query or its fragment begins.
pub(crate) fn without_queries(line: &str) -> String {
    line.split_inclusive(char::is_whitespace).map(without_query).collect()
}

/// The same for one word, which may hold several addresses in quotes.
fn without_query(word: &str) -> String {
    const QUOTES: [(char, char); 5] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>'), ('(', ')')];
    let mut kept = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(['?', '#']) {
        let (before, query) = rest.split_at(at);
        let opening = before.rfind(|it| QUOTES.iter().any(|(open, _)| *open == it));
        let quote = opening.and_then(|it| before[it..].chars().next());
        let closing = QUOTES.iter().find(|(open, _)| Some(*open) == quote).map(|it| it.1);
        let is_end = |it: char| it.is_whitespace() || Some(it) == closing;
        let end = query.find(is_end).unwrap_or(query.len());
        kept.push_str(before);
        if before[opening.unwrap_or(0)..].contains('/') || query[..end].contains('=') {
            kept.extend([&query[..1], "…"]);
        } else {
            kept.push_str(&query[..end]);
        }
        rest = &query[end..];
    }
    kept + rest
}

/// Leaves `name` and drops what follows it, up to the end of a query parameter.
fn without_values(text: &str, name: &str) -> String {
    let mut parts = text.split(name);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|it: char| it.is_whitespace() || "&\"'<>)".contains(it))
            .unwrap_or(part.len());
        kept.push_str(name);
        kept.push('…');
        kept.push_str(&part[end..]);
    }
    kept
}

/// An address without what it carries: no user, no query, no fragment.
pub(crate) fn bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_control_characters_do_not_get_through() {
        let url =
            Url::parse("https://auth.example/authorize?state=s3cr3t-state&client_id=public-name")
                .unwrap();
        let credentials = Credentials::new("a@b.example".into(), "hunter2".into());
        let redaction = Redaction::new(&url, Some(&credentials), None);
        let text = "bad\u{1b}[2J  a@b.example\nhunter2 s3cr3t-state public-name";
        assert_eq!(redaction.clean(text, 100), "bad[2J … … … public-name");
        assert_eq!(redaction.clean("abcdef", 3), "abc…");
        assert_eq!(
            redaction.clean("at /cb?code=XYZ&x=1, state=Q", 100),
            "at /cb?code=…&x=1, state=…"
        );
        assert_eq!(redaction.clean("/u/a%40b.example", 100), "/u/…");
        assert!(redaction.occurs_in("…hunter2…") && !redaction.occurs_in("public-name"));
    }

    #[test]
    fn the_addresses_in_a_line_of_the_console_lose_their_queries() {
        for (line, expected) in [
            (
                "http://a.example/cb?code=1&x=2#y 0:0 Failed to load",
                "http://a.example/cb?… 0:0 Failed to load",
            ),
            (
                "Sending to 'https://a.example/cb?session=1' violates \"form-action 'self'\".",
                "Sending to 'https://a.example/cb?…' violates \"form-action 'self'\".",
            ),
            ("https://a.example/app#access=it's(mine)", "https://a.example/app#…"),
            (
                r#"3:1 "at \"https://a.example/?id=1\", then (/b?id=2)""#,
                r#"3:1 "at \"https://a.example/?…", then (/b?…)""#,
            ),
            (
                "{\"a\":\"//a.example?b\",\"c\":\"cb?d=e\"}",
                "{\"a\":\"//a.example?…\",\"c\":\"cb?…\"}",
            ),
            ("Is #main there? It is.", "Is #main there? It is."),
        ] {
            assert_eq!(without_queries(line), expected);
        }
    }

    #[test]
    fn an_address_is_named_without_its_query() {
        let url = Url::parse("https://u:p@auth.example/a?code=1#x").unwrap();
        assert_eq!(bare(&url), "https://auth.example/a");
    }
}
