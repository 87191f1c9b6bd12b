//! A report in the ink of GitHub: a comment, a job summary.

use crate::report::content::Report;
use crate::report::details::Block;
use crate::report::row::{Figure, HEADER, Row};
use crate::text::escape::{code, code_cell, html, text};
use crate::text::kind::Text;

/// The verdict, the table and the details, for GitHub.
///
/// Names are escaped: they mention nobody, link nowhere and break no table.
pub fn markdown(report: &Report) -> String {
    let alert = if report.alert { "⚠ " } else { "" };
    let mut blocks =
        vec![format!("### {alert}{}: {}", text(&report.title), text(&report.headline))];
    blocks.extend(report.notices.iter().map(|it| text(it)));
    blocks.push(joined(report.facts.iter().map(|it| ink(it)), " · "));
    let rule = "|---|---|--:|--:|--:|--:|--:|--:|".to_owned();
    let rows = report.rows.iter().map(table_row);
    blocks.push(joined([row(HEADER.map(str::to_owned)), rule].into_iter().chain(rows), "\n"));
    let legend = report.legend.iter().map(|it| text(it) + ".");
    blocks.push(joined(legend.chain(report.earlier.iter().map(piece)), " "));
    blocks.push(list(report.remarks.iter().map(|it| ink(it))));
    for (row, section) in report.rows.iter().zip(&report.sections) {
        if !section.details.is_empty() {
            blocks.push(format!("<details><summary>{}</summary>", html(&row.name)));
            blocks.extend(section.details.iter().map(block));
            blocks.push("</details>".to_owned());
        }
    }
    blocks.retain(|it| !it.is_empty());
    blocks.join("\n\n") + "\n"
}

fn ink(line: &[Text]) -> String {
    line.iter().map(piece).collect()
}

fn piece(it: &Text) -> String {
    match it {
        Text::Own(it) => (*it).to_owned(),
        Text::Sentence(it) => text(it),
        Text::Code(it) => code(it),
        Text::Link(label, address) => format!("[{label}]({address})"),
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

fn list(items: impl Iterator<Item = String>) -> String {
    joined(items.map(|it| format!("- {it}")), "\n")
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |", joined(cells.into_iter(), " | "))
}

fn table_row(Row { name, verdict, calls, errors, figures }: &Row) -> String {
    let cells = [code_cell(name), verdict.to_string(), calls.clone(), errors.clone()];
    row(cells.into_iter().chain(figures.iter().map(figure)))
}

fn figure(Figure { value, change, worse, mark }: &Figure) -> String {
    let parts = [Some(text(value)), change.clone(), mark.map(str::to_owned)];
    let cell = joined(parts.into_iter().flatten(), " ");
    if *worse { format!("**{cell}**") } else { cell }
}

fn block(it: &Block) -> String {
    match it {
        Block::Line(line) => ink(line) + ".",
        Block::Targets(tally, each) => {
            format!("Targets: {tally}.\n\n{}", list(each.iter().map(|it| text(&it.words))))
        }
        Block::Table(header, rows) => {
            let rows = rows.iter().map(|(first, figures)| {
                let first = match first {
                    Text::Code(name) => code_cell(name),
                    other => piece(other),
                };
                row([first].into_iter().chain(figures.iter().map(|it| text(it))))
            });
            let head = [row(header.map(str::to_owned)), "|---|--:|--:|--:|--:|".to_owned()];
            joined(head.into_iter().chain(rows), "\n")
        }
    }
}
