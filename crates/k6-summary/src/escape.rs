//! Strings from elsewhere, made fit for a terminal and for Markdown on GitHub.
//!
//! Scenario, metric and tool names come from the tested repository and server: none may mention
//! somebody, link anywhere or break a table.

/// More characters than this of one string help nobody.
const MAX_CHARS: usize = 300;

/// On one line, without control and direction characters, of bounded length.
pub(crate) fn line(text: &str) -> String {
    let mut chars = text.chars();
    let mut line: String = chars
        .by_ref()
        .map(|it| if it.is_whitespace() { ' ' } else { it })
        .filter(|it| !it.is_control() && !is_invisible(*it))
        .take(MAX_CHARS)
        .collect();
    if chars.next().is_some() {
        line.push('…');
    }
    line
}

fn is_invisible(it: char) -> bool {
    matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A name as a code span, inside a table or out of it.
pub(crate) fn code(name: &str) -> String {
    let name = line(name).replace('|', "\\|");
    if name.trim().is_empty() {
        return "` `".to_owned();
    }
    let longest = name.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if name.starts_with('`') || name.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{name}{pad}{fence}")
}

/// A sentence as text.
///
/// A backslash does not stop GitHub's mentions and references, a zero-width space does.
pub(crate) fn text(sentence: &str) -> String {
    let mut text = String::new();
    for it in line(sentence).chars() {
        match it {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '@' | '#' => text.extend([it, '\u{200b}']),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '!' => text.extend(['\\', it]),
            _ => text.push(it),
        }
    }
    text.replace("://", ":\u{200b}//").replace("www.", "www\u{200b}.").replace("GH-", "GH\u{200b}-")
}

/// A link to a web address, or nothing where it is none.
pub(crate) fn link(label: &str, address: &str) -> Option<String> {
    let plain = address.chars().all(|it| it.is_ascii_graphic() && !r#"<>()[]"'`\|"#.contains(it));
    let web = address.starts_with("https://") || address.starts_with("http://");
    (plain && web).then(|| format!("[{}]({address})", text(label)))
}
