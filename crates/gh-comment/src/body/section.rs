//! Which parts of a Markdown text can be left out when there is no room for them.

use std::ops::Range;

/// `text` as it is where it `fits`, else without its last top-level `<details>` blocks, as few as it takes.
///
/// Nothing is ever cut: what still does not fit is `None`. A line at the end says what was left out.
pub fn fitting(text: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    if fits(text) {
        return Some(text.to_owned());
    }
    let sections = details(text);
    for kept in (0..sections.len()).rev() {
        let mut shorter = String::new();
        let mut from = 0;
        for section in &sections[kept..] {
            shorter.push_str(&text[from..section.start]);
            from = section.end;
        }
        shorter.push_str(&text[from..]);
        let left_out = sections.len() - kept;
        let plural = if left_out == 1 { "" } else { "s" };
        let shorter = format!(
            "{}\n\n_{left_out} section{plural} left out for want of room._\n",
            shorter.trim_end()
        );
        if fits(&shorter) {
            return Some(shorter);
        }
    }
    None
}

/// The fence of a code block that `text` opens and does not close.
pub(crate) fn open_fence(text: &str) -> Option<String> {
    // A carriage return alone ends a line too.
    text.split(['\n', '\r']).fold(None, fence_after).filter(|it| !it.1).map(|it| it.0)
}

/// The `<details>` blocks that stand in no other and in no code block, with the line end behind each.
///
/// One that is not closed reaches to nowhere and is no section.
fn details(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut fence, mut depth, mut start, mut at) = (Vec::new(), None, 0_usize, None, 0);
    for line in text.split_inclusive('\n') {
        let in_code = fence.is_some();
        fence = fence_after(fence, line);
        if !in_code && fence.is_none() {
            let (opened, closed) = tags(line);
            let own = unmarked(line).trim().to_ascii_lowercase();
            if depth == 0 && opened > 0 {
                // What stands before it in its line would go with it.
                start = own.starts_with("<details").then_some(at);
            }
            let before = depth;
            depth = (depth + opened).saturating_sub(closed);
            if before + opened > 0
                && depth == 0
                && let Some(start) = start.take()
                && before + opened == closed
                && own.ends_with("</details>")
            {
                found.push(start..at + line.len());
            }
        }
        at += line.len();
    }
    found
}

/// How many `<details>` blocks a line opens and closes outside of code.
fn tags(line: &str) -> (usize, usize) {
    if line.len() - line.trim_start_matches(' ').len() > 3 {
        return (0, 0);
    }
    // Every second piece between backticks is code.
    let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let line = line.trim().to_ascii_lowercase();
    let ends_name = |it: &str| it.starts_with(['>', ' ', '\t']) || it.is_empty();
    let opens = |it: &str| it.strip_prefix("<details").is_some_and(ends_name);
    let opened = line.match_indices('<').filter(|(at, _)| opens(&line[*at..])).count();
    (opened, line.matches("</details>").count())
}

/// A line without the marks of the quotations and list items that begin in it.
fn unmarked(line: &str) -> &str {
    let mut rest = line;
    loop {
        let text = rest.trim_start_matches(' ');
        let item = text.trim_start_matches(|it: char| it.is_ascii_digit());
        let item = if item.len() < text.len() {
            item.strip_prefix(['.', ')'])
        } else {
            text.strip_prefix(['-', '+', '*'])
        };
        let item = item.filter(|it| it.starts_with(' '));
        match text.strip_prefix('>').or(item) {
            Some(it) => rest = it,
            None => return rest,
        }
    }
}

/// A fence, and whether it stands in a quotation or a list item, which ends it too.
type Fence = (String, bool);

/// The fence that is open after a line, by [CommonMark](https://spec.commonmark.org/0.31.2/#fenced-code-blocks).
fn fence_after(open: Option<Fence>, line: &str) -> Option<Fence> {
    let line = line.trim_end();
    // A line at the margin is in no list item and in no quotation.
    let open = open.filter(|it| !it.1 || line.is_empty() || line.starts_with([' ', '>']));
    let inside = open.as_ref().is_some_and(|it| it.1);
    let within = if open.is_none() || inside { unmarked(line) } else { line };
    let contained = within.len() < line.len();
    let text = within.trim_start_matches(' ');
    let near = inside || within.len() - text.len() <= 3;
    let mark = text.chars().next().filter(|it| matches!(it, '`' | '~') && near);
    let Some(mark) = mark else { return open };
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    match open {
        Some(it) if it.0.starts_with(mark) && length >= it.0.len() && rest.is_empty() => None,
        Some(it) => Some(it),
        None if length >= 3 && !(mark == '`' && rest.contains('`')) => {
            Some((text[..length].to_owned(), contained))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, limit: usize, expect: Option<&str>) {
        assert_eq!(fitting(text, |it| it.len() <= limit).as_deref(), expect);
    }

    const THREE: &str = "verdict\n\n<details><summary>a</summary>\n\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\n</details>\n\n<details>\n<details>\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n</details>\n</details>\n\nend\n";

    #[test]
    fn what_fits_is_left_as_it_is() {
        check("x<details>\n</details>", 100, Some("x<details>\n</details>"));
        check(THREE, THREE.len(), Some(THREE));
    }

    #[test]
    fn sections_go_from_the_last_one_on_and_whole() {
        let without_b = "verdict\n\n<details><summary>a</summary>\n\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\n</details>\n\n\nend\n\n_1 section left out for want of room._\n";
        check(THREE, THREE.len() - 1, Some(without_b));
        let without = "verdict\n\n\n\nend\n\n_2 sections left out for want of room._\n";
        check(THREE, without_b.len() - 1, Some(without));
        check(THREE, without.len() - 1, None);
    }

    #[test]
    fn a_tag_in_code_or_without_an_end_is_no_section() {
        for text in [
            "```\n<details>\n</details>\n```\n",
            "~~~ html\n<details>\n</details>\n```\n",
            "`<details>` and `</details>`\n",
            "    <details>\n    </details>\n",
            "<details>\nnever closed\n",
            "</details>\n<detailsx>\n</details>\n",
            "before <details>\n</details>\n",
            "<details>\n</details> after\n",
            "- ```\n  <details>\n  </details>\n  ```\n",
        ] {
            assert!(details(text).is_empty(), "{text}");
        }
        let one = "<details open><summary>x</summary>\n| `</details>` |\n</DETAILS>\n";
        assert_eq!(details(one).pop(), Some(0..one.len()));
        let nested = "- <details>\n  x <details>y\n  </details>\n  z</details>\n";
        assert_eq!(details(nested).pop(), Some(0..nested.len()));
        let line = "<details><summary>x</summary>y</details>";
        assert_eq!(details(line).pop(), Some(0..line.len()));
    }

    #[test]
    fn a_fence_is_open_until_one_of_its_kind_and_length() {
        for (text, open) in [
            ("```\ncode", Some("```")),
            ("````js\n```\n", Some("````")),
            ("~~~\n```\n~~~~\n", None),
            ("```a`b\n", None),
            ("    ```\n", None),
            ("text\n", None),
            ("- ```\n  code\n  ```\n", None),
            ("> ```\n> code\n\ntext\n", None),
            ("1. ```\n   code\n", None),
            ("- ```\n  code\n```\ncode\n", Some("```")),
            ("1\r ```\ncode", Some("```")),
            ("> ```\r\n> code\r\n", None),
            ("```\r\ncode\r\n```\r\n", None),
        ] {
            assert_eq!(open_fence(text).as_deref(), open, "{text}");
        }
    }
}
