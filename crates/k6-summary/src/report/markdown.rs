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
    let mut blocks = vec![format!("### {alert}{}: {}", text(&report.title), ink(&report.headline))];
    blocks.extend(report.notices.iter().map(|it| text(it)));
    blocks.push(joined(report.facts.iter().map(|it| ink(it)), " · "));
    blocks.push(table(HEADER.map(str::to_owned), 2, report.rows.iter().map(cells)));
    let legend = report.legend.iter().map(|it| ink(it) + ".");
    blocks.push(joined(legend.chain(report.earlier.iter().map(piece)), " "));
    blocks.push(list(report.remarks.iter().map(|it| ink(it))));
    for row in &report.rows {
        if !row.details.is_empty() {
            blocks.push(format!("<details><summary>{}</summary>", html(&row.name)));
            blocks.extend(row.details.iter().map(block));
            blocks.push("</details>".to_owned());
        }
    }
    blocks.retain(|it| !it.is_empty());
    blocks.join("\n\n") + "\n"
}

fn ink(phrase: &[Text]) -> String {
    phrase.iter().map(piece).collect()
}

fn piece(it: &Text) -> String {
    match it {
        Text::Own(it) => (*it).to_owned(),
        Text::Sentence(it) => text(it),
        Text::Code(it) | Text::Name(it) => code(it),
        Text::Link(label, address) => format!("[{label}]({address})"),
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

fn list(items: impl Iterator<Item = String>) -> String {
    joined(items.map(|it| format!("- {it}")), "\n")
}

/// A table whose first columns hold words, the others numbers.
pub(crate) fn table<I: IntoIterator<Item = String>>(
    header: impl AsRef<[String]>,
    words: usize,
    rows: impl Iterator<Item = I>,
) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let header = header.as_ref();
    let rule = (0..header.len()).map(|it| if it < words { "---" } else { "--:" });
    let rule = format!("|{}|", rule.collect::<Vec<_>>().join("|"));
    let rows = rows.map(|it| row(it.into_iter().collect()));
    joined([row(header.to_vec()), rule].into_iter().chain(rows), "\n")
}

fn cells(Row { name, verdict, calls, figures, .. }: &Row) -> Vec<String> {
    let cells = [code_cell(name), verdict.to_string(), calls.clone()];
    cells.into_iter().chain(figures.iter().map(figure)).collect()
}

fn figure(Figure { value, change, worse, mark, .. }: &Figure) -> String {
    let parts = [Some(text(value)), change.clone(), mark.map(str::to_owned)];
    let cell = joined(parts.into_iter().flatten(), " ");
    if *worse { format!("**{cell}**") } else { cell }
}

fn block(it: &Block) -> String {
    match it {
        Block::Phrase(phrase) => ink(phrase) + ".",
        Block::Targets(counts, each) => {
            format!("Targets: {counts}.\n\n{}", list(each.iter().map(|it| text(&it.words))))
        }
        Block::Table(header, rows) => {
            let rows = rows.iter().map(|(first, figures)| {
                let first = match first {
                    Text::Code(name) | Text::Name(name) => code_cell(name),
                    other => piece(other),
                };
                [first].into_iter().chain(figures.iter().map(|it| text(it)))
            });
            table(header.map(str::to_owned), 1, rows)
        }
    }
}
