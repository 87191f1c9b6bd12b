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
    text.lines().fold(None, fence_after)
}

/// The `<details>` blocks that stand in no other and in no code block, with the line end behind each.
///
/// One that is not closed reaches to nowhere and is no section.
fn details(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut fence, mut depth, mut start, mut at) = (Vec::new(), None, 0_usize, 0, 0);
    for line in text.split_inclusive('\n') {
        let in_code = fence.is_some();
        fence = fence_after(fence, line);
        if !in_code && fence.is_none() {
            let (opened, closed) = tags(line);
            if depth == 0 && opened > 0 {
                start = at;
            }
            let before = depth;
            depth = (depth + opened).saturating_sub(closed);
            if before + opened > 0 && depth == 0 {
                found.push(start..at + line.len());
            }
        }
        at += line.len();
    }
    found
}

/// How many `<details>` blocks a line opens and closes, where it begins with such a tag.
///
/// Elsewhere in a line a tag may be text in a code span.
fn tags(line: &str) -> (usize, usize) {
    let indented = line.len() - line.trim_start_matches(' ').len();
    let line = line.trim().to_ascii_lowercase();
    let ends_name = |it: &str| it.starts_with(['>', ' ', '\t']) || it.is_empty();
    let opens = |it: &str| it.strip_prefix("<details").is_some_and(ends_name);
    if indented > 3 || !(opens(&line) || line.starts_with("</details>")) {
        return (0, 0);
    }
    let opened = line.match_indices('<').filter(|(at, _)| opens(&line[*at..])).count();
    (opened, line.matches("</details>").count())
}

/// The fence that is open after a line, by [CommonMark](https://spec.commonmark.org/0.31.2/#fenced-code-blocks).
fn fence_after(open: Option<String>, line: &str) -> Option<String> {
    let line = line.trim_end();
    let text = line.trim_start_matches(' ');
    let mark =
        text.chars().next().filter(|it| matches!(it, '`' | '~') && line.len() - text.len() <= 3);
    let Some(mark) = mark else { return open };
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    match open {
        Some(it) if it.starts_with(mark) && length >= it.len() && rest.is_empty() => None,
        Some(it) => Some(it),
        None if length >= 3 && !(mark == '`' && rest.contains('`')) => {
            Some(text[..length].to_owned())
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
        ] {
            assert!(details(text).is_empty(), "{text}");
        }
        let one = "<details open><summary>x</summary>\n| `</details>` |\n</DETAILS>\n";
        assert_eq!(details(one).pop(), Some(0..one.len()));
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
        ] {
            assert_eq!(open_fence(text).as_deref(), open, "{text}");
        }
    }
}
