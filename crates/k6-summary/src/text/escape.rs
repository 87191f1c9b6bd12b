//! Strings from elsewhere, made fit for a terminal and for Markdown on GitHub.
//!
//! Scenario, metric and tool names come from the tested repository and server: none may mention
//! somebody, link anywhere or break a table.

use tool_edge::printable_within;

/// More characters than this of one string help nobody.
const MAX_CHARS: usize = 300;

/// A text that begins a line, or is all of it: on one line, of bounded length, and commanding nothing.
pub(crate) fn one_line(text: &str) -> String {
    printable_within(text, MAX_CHARS)
}

/// The same of a text behind others on its line, where `::` is no command: the groups of k6 begin so.
pub(crate) fn within_line(text: &str) -> String {
    printable_within(&format!("|{text}"), MAX_CHARS + 1)[1..].to_owned()
}

/// A name as a code span outside of tables.
pub(crate) fn code(name: &str) -> String {
    let name = within_line(name);
    if name.trim().is_empty() {
        return "` `".to_owned();
    }
    let longest = name.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if name.starts_with('`') || name.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{name}{pad}{fence}")
}

/// A name as a code span in a table, where a bar ends the cell even between backticks.
pub(crate) fn code_cell(name: &str) -> String {
    code(name).replace('|', "\\|")
}

/// A name between tags, where Markdown is not read and GitHub links nothing.
pub(crate) fn html(name: &str) -> String {
    format!("<code>{}</code>", markup(name))
}

/// A text in HTML or SVG, between tags or in a quoted attribute.
pub(crate) fn markup(text: &str) -> String {
    let mut markup = String::new();
    for it in within_line(text).chars() {
        match it {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            _ => markup.push(it),
        }
    }
    markup
}

/// A sentence as text.
///
/// A backslash does not stop GitHub's mentions and references, a zero-width space does.
pub(crate) fn text(sentence: &str) -> String {
    let mut text = String::new();
    for it in one_line(sentence).chars() {
        match it {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '@' | '#' => text.extend([it, '\u{200b}']),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '!' => text.extend(['\\', it]),
            _ => text.push(it),
        }
    }
    unreferring(&text.replace("://", ":\u{200b}//").replace("www.", "www\u{200b}."))
}

/// The same words, where none is an issue (`GH-12` in any case) or the name of a commit.
fn unreferring(text: &str) -> String {
    let mut out = String::new();
    let mut words = text.split_inclusive(|it: char| !it.is_ascii_alphanumeric()).peekable();
    while let Some(piece) = words.next() {
        let end = piece.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let (word, delimiter) = piece.split_at(end);
        let commit = (7..=40).contains(&end) && word.bytes().all(|it| it.is_ascii_hexdigit());
        for (at, it) in word.char_indices() {
            if commit && at > 0 && at % 6 == 0 {
                out.push('\u{200b}');
            }
            out.push(it);
        }
        let numbered =
            words.peek().is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
        if word.to_ascii_lowercase().ends_with("gh") && delimiter == "-" && numbered {
            out.push('\u{200b}');
        }
        out.push_str(delimiter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_commands_nothing_and_a_group_keeps_its_name() {
        assert_eq!(one_line("::add-mask::x\n##[group]"), ": :add-mask::x ## [group]");
        assert_eq!(within_line("::setup\u{61c}"), "::setup");
        let long = "é".repeat(1000);
        assert_eq!(one_line(&long), format!("{}…", "é".repeat(MAX_CHARS)));
    }

    #[track_caller]
    fn check_code(name: &str, expected: &str) {
        assert_eq!(code(name), expected);
    }

    #[test]
    fn a_code_span_is_closed_by_its_own_fence_only() {
        check_code("cold-start", "`cold-start`");
        check_code("a`b", "``a`b``");
        check_code("`` `@x` ``", "``` `` `@x` `` ```");
        check_code("", "` `");
        check_code("a\r\nb\u{202e}c", "`a  bc`");
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        assert_eq!(code_cell("a|b"), r"`a\|b`");
    }

    #[test]
    fn text_mentions_nobody_and_links_nowhere() {
        for (sentence, expected) in [
            ("tool-call-mix", "tool-call-mix"),
            ("@octocat", "@\u{200b}octocat"),
            (r"\@octocat", "\\\\@\u{200b}octocat"),
            ("see #12, o/r#3 and GH-4", "see #\u{200b}12, o/r#\u{200b}3 and GH\u{200b}-4"),
            ("gh-4, Gh-5 but high-water", "gh\u{200b}-4, Gh\u{200b}-5 but high-water"),
            ("in 0123abc.", "in 0123ab\u{200b}c."),
            ("0123ab and x0123abc", "0123ab and x0123abc"),
            ("http://x.example", "http:\u{200b}//x.example"),
            ("www.example", "www\u{200b}.example"),
            ("[a](b)", r"\[a\](b)"),
            ("![a](b)", r"\!\[a\](b)"),
            ("<!-- loadtest -->", r"&lt;\!-- loadtest --&gt;"),
            ("&lt;", "&amp;lt;"),
            ("a_b_c *d* ~~e~~ $f$ `g`", r"a\_b\_c \*d\* \~\~e\~\~ \$f\$ \`g\`"),
        ] {
            assert_eq!(text(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn markup_ends_neither_an_element_nor_an_attribute() {
        let text = markup("</title><script>\" onload='x' &lt;");
        assert_eq!(text, "&lt;/title&gt;&lt;script&gt;&quot; onload=&#39;x&#39; &amp;lt;");
    }
}
