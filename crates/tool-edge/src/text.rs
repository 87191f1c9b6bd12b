//! Text of strangers, fit for one line of a terminal, for a log of GitHub Actions and for a cell of a table.

/// Whether a character shows nothing itself but changes what stands around it: a control character, or one that turns
/// the direction of writing, joins, parts or hides.
pub fn is_hidden(it: char) -> bool {
    it.is_control()
        || matches!(it,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text on one line, of any length, in which neither a terminal nor GitHub Actions finds a command.
///
/// White space of every kind becomes a space, and what [is hidden](is_hidden) is left out. Actions takes `##[` for a
/// command wherever it stands, and `::` where a line begins.
pub fn printable(text: &str) -> String {
    let line = one_line(text);
    match line.strip_prefix("::") {
        Some(rest) => format!(": :{rest}"),
        None => line,
    }
}

/// Text on one line, for a place where no line begins.
pub(crate) fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|it| if it.is_whitespace() { ' ' } else { it });
    let line: String = spaced.filter(|it| !is_hidden(*it)).collect();
    line.trim().replace("##[", "## [")
}

/// The same of at most `chars` characters; where more were said, `…` stands behind them.
pub fn printable_within(text: &str, chars: usize) -> String {
    let line = printable(text);
    match line.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_forges_no_line_and_no_command() {
        assert_eq!(printable("2025\n::error::x\x1b[31m\u{202e}"), "2025 ::error::x[31m");
        assert_eq!(printable(" \t::stop-commands::x"), ": :stop-commands::x");
        assert_eq!(printable("\u{feff}\0::add-mask::x"), ": :add-mask::x");
        assert_eq!(printable("x ##\0[stop-commands]y"), "x ## [stop-commands]y");
        assert_eq!(printable("a\u{061c}b\u{200b}c\u{2028}d\u{feff}e"), "abc de");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for it in ["Anmeldung fehlgeschlagen: Größe 3 × 4", "نص", "👩‍", "a::b ## c", ""] {
            assert_eq!(printable(it), it.replace('\u{200d}', ""));
        }
    }

    #[test]
    fn what_is_cut_shows_that_it_is() {
        assert_eq!(printable_within("ééé", 3), "ééé");
        assert_eq!(printable_within("éééé", 3), "ééé…");
        assert_eq!(printable_within("", 0), "");
    }
}
