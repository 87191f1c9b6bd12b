//! Code without the text in it: what a comment or a string says is not done.

/// The code without its comments and with empty strings.
pub(super) fn bare(code: &str) -> String {
    let mut bare = String::new();
    let mut rest = code;
    while let Some(it) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| string(rest)).or_else(|| character(rest));
        if skipped.is_none() {
            bare.push(it);
        } else if it != '/' {
            bare.push_str("\"\"");
        }
        let name = name(rest);
        // An `r` at the end of a name begins no string.
        if skipped.is_none() && name > 1 {
            bare.push_str(&rest[1..name]);
        }
        rest = &rest[skipped.unwrap_or(name.max(it.len_utf8()))..];
    }
    bare
}

/// Length of the name or number at the beginning.
fn name(code: &str) -> usize {
    code.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(code.len())
}

/// Length of the comment at the beginning; the line break behind it is not part of it.
fn comment(code: &str) -> Option<usize> {
    if code.starts_with("//") {
        return Some(code.find('\n').unwrap_or(code.len()));
    }
    code.starts_with("/*").then(|| code.find("*/").map_or(code.len(), |it| it + 2))
}

/// Length of the string at the beginning, raw or not.
fn string(code: &str) -> Option<usize> {
    let raw = code.trim_start_matches(['b', 'c']);
    if let Some(raw) = raw.strip_prefix('r') {
        let text = raw.trim_start_matches('#');
        let end = format!("\"{}", "#".repeat(raw.len() - text.len()));
        let text = text.strip_prefix('"')?;
        let length = text.find(&end).map_or(text.len(), |it| it + end.len());
        return Some(code.len() - text.len() + length);
    }
    let text = raw.strip_prefix('"')?;
    let mut escaped = false;
    let end = text.find(|it| {
        let ends = it == '"' && !escaped;
        escaped = it == '\\' && !escaped;
        ends
    });
    Some(code.len() - text.len() + end.map_or(text.len(), |it| it + 1))
}

/// Length of the character at the beginning, which a lifetime is not.
fn character(code: &str) -> Option<usize> {
    let text = code.strip_prefix('\'')?;
    let first = text.chars().next()?;
    if first == '\\' {
        return text[2..].find('\'').map(|it| it + 4);
    }
    text[first.len_utf8()..].starts_with('\'').then_some(2 + first.len_utf8())
}

#[test]
fn comments_and_strings_are_left_out_and_nothing_else() {
    for (code, expect) in [
        ("a(); // b\n/// c\nd", "a(); \n\nd"),
        ("a /* b */ c", "a  c"),
        (r#"f("x \" y", b"z")"#, r#"f("", "")"#),
        ("f(r#\"a \" b\"#, r\"c\")", "f(\"\", \"\")"),
        (
            "for r in 'a'..='\\'' { it.var::<'static>('\"') }",
            "for r in \"\"..=\"\" { it.var::<'static>(\"\") }",
        ),
        ("\"// no comment\"; bar\"x\"", "\"\"; bar\"\""),
        ("äö\"ß\"", "äö\"\""),
    ] {
        assert_eq!(bare(code), expect, "{code}");
    }
}
