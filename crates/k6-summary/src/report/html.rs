//! A report in the ink of a page that needs nothing else: no script, no font, no network.

use crate::report::content::Report;
use crate::report::details::Block;
use crate::report::element::{ink, list, piece, table, verdict, verdict_class};
use crate::report::row::{Figure, HEADER, Row};
use crate::report::sentence::capital;
use crate::report::svg::svg;
use crate::text::escape::{html as code, markup};
use crate::text::kind::{Tone, plain};

/// The verdict, the table, and a chart of every figure of every scenario over its earlier runs.
pub fn html(report: &Report) -> String {
    let title = markup(&capital(&report.title));
    let headline = capital(&ink(&report.headline));
    let class = if report.tone == Tone::Bad { "bad" } else { verdict_class(report.verdict) };
    let legend = report.legend.iter().map(|it| ink(it) + ".");
    let legend = legend.chain(report.earlier.iter().map(piece)).collect::<Vec<_>>().join(" ");
    let facts: Vec<String> = report.facts.iter().map(|it| ink(it)).collect();
    let rows: String = report.rows.iter().map(table_row).collect();
    let mut page = format!(
        include_str!("page.html"),
        style = include_str!("report.css"),
        title = title,
        headline = headline,
        plain = markup(&capital(&plain(&report.headline))),
        class = class,
    );
    page.extend(report.notices.iter().map(|it| format!("<p>{}</p>\n", markup(it))));
    page += &format!("<p class=\"about\">{}</p>\n", facts.join(" · "));
    page += &table("<table class=\"cards\">", &HEADER, &rows);
    page += &format!("<p class=\"legend\">{legend}</p>\n");
    page += &list(report.remarks.iter().map(|it| (ink(it), Tone::Plain)));
    for row in &report.rows {
        page += &section(row);
        if report.beside.is_some() {
            page.extend(files(&row.name));
        }
    }
    if let Some(earlier) = &report.beside {
        let earlier = earlier.iter().filter(|it| is_plain(it));
        let earlier = earlier.map(|it| format!("<a href=\"../{it}/report.html\">Run {it}</a> · "));
        let all = "<a href=\"../history.html\">All runs</a>";
        page += &format!("<p class=\"about\">{}{all}</p>\n", earlier.collect::<String>());
    }
    page + "</main>\n</body>\n</html>\n"
}

fn table_row(row: &Row) -> String {
    let words = [code(&row.name), verdict(row.verdict)].map(|it| (it, "text"));
    let calls = (markup(&row.calls), "");
    let cells = words.into_iter().chain([calls]).chain(row.figures.iter().map(figure));
    let cells = cells.zip(HEADER).enumerate().map(|(place, ((cell, class), label))| {
        if place == 0 {
            return format!("<th scope=\"row\" class=\"{class}\">{cell}</th>");
        }
        format!("<td class=\"{class}\" data-label=\"{label}\">{cell}</td>")
    });
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

fn figure(Figure { value, change, mark, tone, .. }: &Figure) -> (String, &'static str) {
    let value = markup(value);
    let mark = mark.map_or_else(String::new, |it| format!(" {it}"));
    let change = change.as_ref().map(|it| format!(" <span class=\"change\">{it}</span>"));
    let cell = format!("<span>{value}{mark}{}</span>", change.unwrap_or_default());
    let class = match tone {
        Tone::Bad => "bad",
        Tone::Strong => "worse",
        Tone::Plain | Tone::Soft => "",
    };
    (cell, class)
}

fn section(row: &Row) -> String {
    let heading = format!("{} {}", code(&row.name), verdict(row.verdict));
    let mut html = format!("<section>\n<h2>{heading}</h2>\n");
    if !row.over_runs.is_empty() {
        html += &format!("<p class=\"about\">{}</p>\n", row.before);
    }
    for (class, charts) in [("charts", &row.over_runs), ("charts pair", &row.curves)] {
        if !charts.is_empty() {
            let charts: String = charts.iter().map(svg).collect();
            html += &format!("<div class=\"{class}\">\n{charts}</div>\n");
        }
    }
    let (open, folded): (Vec<&Block>, Vec<&Block>) =
        row.details.iter().partition(|it| matches!(it, Block::Targets(..)));
    html.extend(open.into_iter().map(block));
    if !folded.is_empty() {
        let details: String = folded.into_iter().map(block).collect();
        html += &format!(
            "<details><summary>calls, failures, noise bands</summary>\n{details}</details>\n"
        );
    }
    html + "</section>\n"
}

/// Whether a name is that of a folder and of nothing else.
fn is_plain(name: &str) -> bool {
    let fits = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    !name.starts_with('.') && name.chars().all(fits)
}

/// What k6 left of a scenario, whose folder has its name.
fn files(name: &str) -> Option<String> {
    let link = |file: &str| format!("<a href=\"{name}/{file}\">{file} of {name}</a>");
    is_plain(name)
        .then(|| format!("<p class=\"about\">{} · {}</p>\n", link("summary.json"), link("k6.log")))
}

fn block(it: &Block) -> String {
    match it {
        Block::Phrase(phrase) => format!("<p>{}.</p>\n", ink(phrase)),
        Block::Targets(counts, each) => {
            let each = each.iter().map(|it| (markup(&it.words), it.tone));
            format!("<p>Targets: {counts}.</p>\n{}", list(each))
        }
        Block::Table(header, rows) => {
            let rows = rows.iter().map(|(first, figures)| {
                let cells = figures.iter().map(|it| format!("<td>{}</td>", markup(it)));
                let first = format!("<th scope=\"row\">{}</th>", piece(first));
                format!("<tr>{first}{}</tr>\n", cells.collect::<String>())
            });
            table("<table>", header, &rows.collect::<String>())
        }
    }
}
