//! Cells of a table that a spreadsheet may open.

use crate::text::one_line;

/// Text as one field of CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), on one line and whole; one that a
/// spreadsheet would take for a formula begins with an apostrophe.
///
/// Numbers of one's own need no such care: `-1.5` would become text.
pub fn csv_cell(text: &str) -> String {
    let cell = one_line(text);
    let is_formula = cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let cell = if is_formula { format!("'{cell}") } else { cell };
    if cell.contains(['"', ',', ';']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(csv_cell(text), expect);
    }

    #[test]
    fn no_text_is_a_formula() {
        check("=1+1", "'=1+1");
        check("\t=1+1", "'=1+1");
        check("\u{feff}@SUM(A1)", "'@SUM(A1)");
        check("＝1", "'＝1");
        check("-2", "'-2");
    }

    #[test]
    fn a_cell_is_one_field() {
        check("a,b", "\"a,b\"");
        check("say \"x\"\r\nthen y", "\"say \"\"x\"\"  then y\"");
        check("::login", "::login");
        check("plain", "plain");
        check("", "");
    }
}
