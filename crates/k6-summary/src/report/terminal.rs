//! A report in the ink of a terminal.

use crate::report::content::Report;
use crate::report::details::Block;
use crate::report::row::{Figure, HEADER, Row};
use crate::text::escape::{one_line, within_line};
use crate::text::kind::Text;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, presets};

/// How the terminal's text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Bold by escape sequence; otherwise between `**`.
    pub ansi: bool,
    /// Columns of the terminal.
    pub width: u16,
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
    for (row, section) in report.rows.iter().zip(&report.sections) {
        for it in &section.details {
            if let Block::Targets(tally, each) = it {
                lines.push(format!("{}: targets {tally}", one_line(&row.name)));
                let open = each.iter().filter(|it| it.met != Some(true));
                lines.extend(open.map(|it| format!("  {}", one_line(&it.words))));
            }
        }
    }
    lines.join("\n") + "\n"
}

fn ink(line: &[Text]) -> String {
    let pieces = line.iter().enumerate().map(|(place, it)| match it {
        Text::Own(it) => (*it).to_owned(),
        Text::Sentence(it) | Text::Code(it) if place == 0 => one_line(it),
        Text::Sentence(it) | Text::Code(it) => within_line(it),
        Text::Link(label, address) => format!("{label} {address}"),
    });
    pieces.collect()
}

/// One line a scenario where that fits, else the changes under the figures.
fn table(rows: &[Row], style: Style) -> String {
    let width = usize::from(style.width);
    let narrow = lay(rows, Style { ansi: false, ..style }, " ");
    let fits = narrow.lines().all(|it| it.chars().count() <= width);
    let table = lay(rows, style, if fits { " " } else { "\n" }).to_string();
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn lay(rows: &[Row], style: Style, between: &str) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(HEADER);
    if between == "\n" {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(style.width);
    }
    if style.ansi {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    for Row { name, verdict, calls, errors, figures } in rows {
        let mut row: Vec<Cell> =
            vec![one_line(name).into(), verdict.into(), calls.into(), errors.into()];
        row.extend(figures.iter().map(|it| cell(it, style, between)));
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 < HEADER.len() { 2 } else { 0 }));
        if index > 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// What is bold in one line is bold as a whole; over two lines, the figure alone is.
fn cell(Figure { value, change, worse, mark }: &Figure, style: Style, between: &str) -> Cell {
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
