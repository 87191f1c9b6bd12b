//! A report in the ink of a page that needs nothing else: no script, no font, no network.

use crate::record::run::Verdict;
use crate::report::content::Report;
use crate::report::details::Block;
use crate::report::row::{Figure, HEADER, Row};
use crate::report::sentence::capital;
use crate::report::svg::svg;
use crate::text::escape::{html as code, markup};
use crate::text::kind::Text;

const STYLE: &str = include_str!("report.css");

/// The verdict, the table, and a chart of every figure of every scenario over its earlier runs.
pub fn html(report: &Report) -> String {
    let (title, headline) = (markup(&capital(&report.title)), markup(&capital(&report.headline)));
    let alert = report.alert && report.verdict == Verdict::Passed;
    let tone = if alert { "bad" } else { class(report.verdict) };
    let legend = report.legend.iter().map(|it| markup(it) + ".");
    let legend = legend.chain(report.earlier.iter().map(piece)).collect::<Vec<_>>().join(" ");
    let facts: Vec<String> = report.facts.iter().map(|it| ink(it)).collect();
    let rows: String = report.rows.iter().map(table_row).collect();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}: {headline}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"soft\">{title}</p>\n<h1 class=\"{tone}\">{headline}</h1>\n"
    );
    page.extend(report.notices.iter().map(|it| format!("<p>{}</p>\n", markup(it))));
    page += &format!("<p class=\"about\">{}</p>\n", facts.join(" · "));
    page += &table("<table class=\"cards\">", &HEADER, &rows);
    page += &format!("<p class=\"legend\">{legend}</p>\n");
    page += &list(report.remarks.iter().map(|it| (ink(it), false)));
    page.extend(report.rows.iter().map(section));
    page + "</main>\n</body>\n</html>\n"
}

fn ink(line: &[Text]) -> String {
    line.iter().map(piece).collect()
}

fn piece(it: &Text) -> String {
    match it {
        Text::Own(it) => (*it).to_owned(),
        Text::Sentence(it) => markup(it),
        Text::Code(it) => code(it),
        Text::Link(label, address) => {
            format!("<a href=\"{}\">{label}</a>", address.replace('&', "&amp;"))
        }
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Invalid => "invalid",
        Verdict::DidNotRun => "did-not-run",
    }
}

fn verdict(it: Verdict) -> String {
    format!("<span class=\"verdict {}\">{it}</span>", class(it))
}

fn table(opening: &str, header: &[&str], rows: &str) -> String {
    let head: String = header.iter().map(|it| format!("<th>{it}</th>")).collect();
    format!("{opening}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n")
}

fn table_row(row: &Row) -> String {
    let words = [code(&row.name), verdict(row.verdict)].map(|it| (it, "text"));
    let counts = [&row.calls, &row.errors].map(|it| (markup(it), ""));
    let cells = words.into_iter().chain(counts).chain(row.figures.iter().map(figure));
    let cells = cells.zip(HEADER).map(|((cell, class), label)| {
        format!("<td class=\"{class}\" data-label=\"{label}\">{cell}</td>")
    });
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

fn figure(Figure { value, change, worse, mark }: &Figure) -> (String, &'static str) {
    let value = markup(value);
    let mark = mark.map_or_else(String::new, |it| format!(" {it}"));
    let change = change.as_ref().map(|it| format!(" <span class=\"change\">{it}</span>"));
    let cell = format!("<span>{value}{mark}{}</span>", change.unwrap_or_default());
    (cell, if *worse || !mark.is_empty() { "bad" } else { "" })
}

/// Items, each of which may be bad news.
fn list(items: impl Iterator<Item = (String, bool)>) -> String {
    let class = |bad| if bad { " class=\"bad\"" } else { "" };
    let items: String =
        items.map(|(item, bad)| format!("<li{}>{item}</li>\n", class(bad))).collect();
    if items.is_empty() { items } else { format!("<ul class=\"remarks\">\n{items}</ul>\n") }
}

fn section(row: &Row) -> String {
    let heading = format!("{} {}", code(&row.name), verdict(row.verdict));
    let mut html = format!("<section>\n<h2>{heading}</h2>\n");
    if !row.trends.is_empty() {
        html += &format!("<p class=\"about\">{}</p>\n", row.before);
    }
    for (class, charts) in [("charts", &row.trends), ("charts pair", &row.curves)] {
        if !charts.is_empty() {
            let charts: String = charts.iter().map(svg).collect();
            html += &format!("<div class=\"{class}\">\n{charts}</div>\n");
        }
    }
    if !row.details.is_empty() {
        let details: String = row.details.iter().map(block).collect();
        html += &format!(
            "<details><summary>calls, failures, targets, noise bands</summary>\n{details}</details>\n"
        );
    }
    html + "</section>\n"
}

fn block(it: &Block) -> String {
    match it {
        Block::Line(line) => format!("<p>{}.</p>\n", ink(line)),
        Block::Targets(tally, each) => {
            let each = each.iter().map(|it| (markup(&it.0), it.1 == Some(false)));
            format!("<p>Targets: {tally}.</p>\n{}", list(each))
        }
        Block::Table(header, rows) => {
            let rows = rows.iter().map(|(first, figures)| {
                let cells = figures.iter().map(|it| format!("<td>{}</td>", markup(it)));
                format!("<tr><td>{}</td>{}</tr>\n", piece(first), cells.collect::<String>())
            });
            table("<table>", header, &rows.collect::<String>())
        }
    }
}
