/// Text of others, fit for one line of a terminal.
pub(crate) fn said(text: &str) -> String {
    // The ranges turn the direction of writing or end a line, which would garble the rest of it.
    let harmful = |it: char| {
        it.is_control()
            || matches!(it, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text: String = text.chars().filter(|it| !harmful(*it)).take(200).collect();
    // GitHub Actions takes this for a command wherever it stands in a line.
    text.replace("##[", "## [")
}
