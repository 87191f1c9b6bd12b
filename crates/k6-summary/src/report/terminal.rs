//! A report in the ink of a terminal.

use crate::report::content::Report;
use crate::report::details::Block;
use crate::report::row::{Figure, HEADER, Row};
use crate::text::escape::one_line;
use crate::text::kind::{Text, plain};
use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets,
};

/// How the terminal's text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// Bold by escape sequence; otherwise between `**`.
    pub ansi: bool,
    /// Columns of the terminal.
    pub width: u16,
}

impl Style {
    /// Text without escape sequences, as for a file or a pipe.
    pub const fn plain(width: u16) -> Self {
        Self { ansi: false, width }
    }

    /// Text for a terminal that knows escape sequences.
    pub const fn ansi(width: u16) -> Self {
        Self { ansi: true, width }
    }
}

/// The verdict in a sentence, the table, and what has to be said about it.
pub fn terminal(report: &Report, style: Style) -> String {
    let headline = format!("{}: {}", one_line(&report.title), plain(&report.headline));
    let headline = folded(&headline, style.width);
    let headline = if style.ansi { format!("\u{1b}[1m{headline}\u{1b}[0m") } else { headline };
    let mut words: Vec<String> = report.notices.iter().map(|it| one_line(it)).collect();
    words.push(report.facts.iter().map(|it| plain(it)).collect::<Vec<_>>().join(", "));
    let mut lines = vec![headline];
    lines.extend(words.iter().map(|it| folded(it, style.width)));
    lines.extend([String::new(), table(&report.rows, style), String::new()]);
    let mut words: Vec<String> = report.legend.iter().map(|it| plain(it)).collect();
    words.extend(report.earlier.iter().map(|it| plain(std::slice::from_ref(it))));
    words.extend(report.remarks.iter().map(|it| plain(it)));
    for row in &report.rows {
        for it in &row.details {
            if let Block::Targets(counts, each) = it {
                words.push(format!("{}: targets {counts}", plain(&[Text::Name(row.name.clone())])));
                let open = each.iter().filter(|it| !it.read);
                words.extend(open.map(|it| format!("  {}", one_line(&it.words))));
            }
        }
    }
    lines.extend(words.iter().map(|it| folded(it, style.width)));
    lines.join("\n") + "\n"
}

/// From so many columns on, as in a log, lines are left to whoever shows them.
const LEFT_ALONE: u16 = 120;

/// A text on as many lines as it takes, broken between words; what is longer than a line stays whole.
fn folded(text: &str, width: u16) -> String {
    if width >= LEFT_ALONE {
        return text.to_owned();
    }
    let (mut folded, mut used) = (String::new(), 0);
    for (place, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if place > 0 {
            // Where a line begins so, a workflow would take it for a command.
            let commands = word.starts_with("::") || word.starts_with("##");
            let fits = commands || used + 1 + length <= usize::from(width);
            folded.push(if fits { ' ' } else { '\n' });
            used = if fits { used + 1 } else { 0 };
        }
        folded.push_str(word);
        used += length;
    }
    folded
}

/// One line a scenario where that fits, else the changes under the figures, else a line a figure.
fn table(rows: &[Row], style: Style) -> String {
    let plain = Style::plain(u16::MAX);
    let fits = |table: &str| table.lines().all(|it| it.chars().count() <= usize::from(style.width));
    if fits(&table_of(rows, plain, " ")) {
        return table_of(rows, Style { width: u16::MAX, ..style }, " ");
    }
    let short = |it: &Row| Row { name: "x".repeat(LEAST_NAME), ..it.clone() };
    let short: Vec<Row> = rows.iter().map(short).collect();
    if fits(&table_of(&short, plain, "\n")) {
        table_of(rows, style, "\n")
    } else {
        cards(rows, style)
    }
}

/// What stands between a figure and its change is a blank or a line break.
fn table_of(rows: &[Row], style: Style, between: &str) -> String {
    let cells = |Row { name, verdict, calls, figures, .. }: &Row| -> Vec<Cell> {
        let words = [one_line(name), verdict.to_string(), calls.clone()];
        let figures = figures.iter().map(|it| cell(it, style, between));
        words.into_iter().map(Cell::new).chain(figures).collect()
    };
    lay(&HEADER, 2, rows.iter().map(cells), style)
}

/// A name may be folded to so many letters, a number never.
const LEAST_NAME: usize = 10;

/// One line a figure, where no table has room for them.
fn cards(rows: &[Row], style: Style) -> String {
    let mut lines = Vec::new();
    for row in rows {
        lines.push(format!("{}  {}", one_line(&row.name), row.verdict));
        lines.push(format!("  {:<8} {}", HEADER[2], row.calls));
        let figures = HEADER[3..].iter().zip(&row.figures);
        lines.extend(figures.map(|(label, it)| {
            let (text, bold) = (written(it, style, " "), it.worse && style.ansi);
            let text = if bold { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text };
            format!("  {label:<8} {text}")
        }));
    }
    lines.join("\n")
}

/// A table whose first columns hold words, the others numbers; it folds where it is wider than the terminal.
pub(crate) fn lay<T: ToString>(
    header: &[T],
    words: usize,
    rows: impl Iterator<Item = Vec<Cell>>,
    style: Style,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().map(T::to_string)).add_rows(rows);
    if style.width < u16::MAX {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width);
    }
    if style.ansi {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 < header.len() { 2 } else { 0 }));
        if index >= words {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let lines: Vec<String> = table.lines().map(|it| it.trim_end().to_owned()).collect();
    lines.join("\n")
}

fn cell(it: &Figure, style: Style, between: &str) -> Cell {
    let cell = Cell::new(written(it, style, between));
    if it.worse && style.ansi { cell.add_attribute(Attribute::Bold) } else { cell }
}

/// What is bold in one line is bold as a whole; over two lines, the figure alone is.
fn written(it: &Figure, style: Style, between: &str) -> String {
    let Figure { value, change, worse, mark, .. } = it;
    let bold = if *worse && !style.ansi { "**" } else { "" };
    let mark = mark.map_or_else(String::new, |it| format!(" {it}"));
    match change {
        Some(change) if between == " " => format!("{bold}{value} {change}{mark}{bold}"),
        Some(change) => format!("{bold}{value}{mark}{bold}{between}{change}"),
        None => format!("{value}{mark}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_words_and_commands_nothing() {
        for (text, expected) in [
            ("two words", "two words"),
            ("12,345 of 67,890 calls", "12,345 of\n67,890\ncalls"),
            ("  p95 < 500 ms", "  p95 < 500\nms"),
            ("https://ci.example/a b", "https://ci.example/a\nb"),
            ("the name ::error::x", "the name ::error::x"),
            ("the name ##[group] y", "the name ##[group]\ny"),
        ] {
            assert_eq!(folded(text, 11), expected);
            assert_eq!(folded(text, LEFT_ALONE), text);
        }
    }
}
