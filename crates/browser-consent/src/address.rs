//! Addresses, without what they carry.

use url::Url;

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
pub(crate) fn without_values(text: &str, name: &str) -> String {
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
