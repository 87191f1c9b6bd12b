//! A report in the ink of a terminal.

use crate::report::content::Report;
use crate::report::details::Block;
use crate::report::row::{Figure, HEADER, Row};
use crate::text::escape::{one_line, within_line};
use crate::text::kind::Text;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};

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
    let headline = one_line(&format!("{}: {}", report.title, report.headline));
    let headline = if style.ansi { format!("\u{1b}[1m{headline}\u{1b}[0m") } else { headline };
    let mut lines = vec![headline];
    lines.extend(report.notices.iter().map(|it| one_line(it)));
    lines.push(report.facts.iter().map(|it| ink(it)).collect::<Vec<_>>().join(", "));
    lines.extend([String::new(), table(&report.rows, style), String::new()]);
    lines.extend(report.legend.iter().map(|it| one_line(it)));
    lines.extend(report.earlier.iter().map(|it| ink(std::slice::from_ref(it))));
    lines.extend(report.remarks.iter().map(|it| ink(it)));
    for row in &report.rows {
        for it in &row.details {
            if let Block::Targets(counts, each) = it {
                lines.push(format!("{}: targets {counts}", one_line(&row.name)));
                let open = each.iter().filter(|it| !it.met);
                lines.extend(open.map(|it| format!("  {}", one_line(&it.words))));
            }
        }
    }
    lines.join("\n") + "\n"
}

fn ink(phrase: &[Text]) -> String {
    let pieces = phrase.iter().enumerate().map(|(place, it)| match it {
        Text::Own(it) => (*it).to_owned(),
        Text::Sentence(it) | Text::Code(it) if place == 0 => one_line(it),
        Text::Sentence(it) | Text::Code(it) => within_line(it),
        Text::Link(label, address) => format!("{label} {address}"),
    });
    pieces.collect()
}

/// One line a scenario where that fits, else the changes under the figures.
fn table(rows: &[Row], style: Style) -> String {
    let lay = |style: Style, between| {
        let cells = |Row { name, verdict, calls, errors, figures, .. }: &Row| -> Vec<Cell> {
            let words = [one_line(name), verdict.to_string(), calls.clone(), errors.clone()];
            let figures = figures.iter().map(|it| cell(it, style, between));
            words.into_iter().map(Cell::new).chain(figures).collect()
        };
        let width = if between == " " { u16::MAX } else { style.width };
        lay(&HEADER, 2, rows.iter().map(cells), Style { width, ..style })
    };
    let plain = lay(Style { ansi: false, ..style }, " ");
    let fits = plain.lines().all(|it| it.chars().count() <= usize::from(style.width));
    lay(style, if fits { " " } else { "\n" })
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
        }
    }
    let lines: Vec<String> = table.lines().map(|it| it.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// What is bold in one line is bold as a whole; over two lines, the figure alone is.
fn cell(Figure { value, change, worse, mark, .. }: &Figure, style: Style, between: &str) -> Cell {
    let bold = if *worse && !style.ansi { "**" } else { "" };
    let mark = mark.map_or_else(String::new, |it| format!(" {it}"));
    let text = match change {
        Some(change) if between == " " => format!("{bold}{value} {change}{mark}{bold}"),
        Some(change) => format!("{bold}{value}{mark}{bold}{between}{change}"),
        None => format!("{value}{mark}"),
    };
    let cell = Cell::new(text);
    if *worse && style.ansi { cell.add_attribute(Attribute::Bold) } else { cell }
}
