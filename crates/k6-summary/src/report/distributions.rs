//! Distributions as people and spreadsheets read them.

use crate::report::markdown::table;
use crate::report::terminal::{Style, lay};
use crate::tally::distribution::Distribution;
use crate::text::escape::{code_cell, one_line, within_line};
use crate::text::number::{NONE, count, rounded};
use comfy_table::Cell;
use std::collections::BTreeSet;
use tool_edge::csv_cell;

/// Said wherever a percentile does not come from the samples themselves.
const NOT_EXACT: &str =
    "± 0.1 %: from histograms of three significant digits, not from the samples";

impl Distribution {
    /// A table for the terminal; figures have three significant digits.
    pub fn table(all: &[Self], style: Style) -> String {
        let columns = Columns::of(all);
        let rows = all.iter().map(|it| {
            let mut row = columns.row(it, &within_line);
            row[0] = one_line(&it.metric);
            row.into_iter().map(Cell::new).collect()
        });
        let style = Style { ansi: false, ..style };
        columns.noted(&lay(&columns.header(), columns.words(), rows, style))
    }

    /// A table for GitHub; names are escaped.
    pub fn markdown(all: &[Self]) -> String {
        let columns = Columns::of(all);
        let header: Vec<String> =
            columns.header().iter().map(|it| it.replace('|', "\\|")).collect();
        let name = |it: &str| if it == NONE { it.to_owned() } else { code_cell(it) };
        let rows = all.iter().map(|it| columns.row(it, &name));
        columns.noted(&table(header, columns.words(), rows))
    }

    /// Comma-separated values with all their digits; `exact` is a column.
    pub fn csv(all: &[Self]) -> String {
        let columns = Columns::of(all);
        let mut text = String::new();
        let mut put = |row: Vec<String>| text += &(row.join(",") + "\n");
        let mut header = vec!["metric".to_owned()];
        header.extend(columns.tags.iter().map(|it| csv_cell(it)));
        header.extend(["from_s", "count", "min", "avg", "max"].map(str::to_owned));
        header.extend(columns.percentiles.iter().map(|it| format!("p{it}")));
        header.push("exact".to_owned());
        put(header);
        for it in all {
            let mut row = vec![csv_cell(&it.metric)];
            row.extend(
                columns
                    .tags
                    .iter()
                    .map(|tag| it.tags.get(tag).map_or_else(String::new, |it| csv_cell(it))),
            );
            row.push(it.from_s.map_or_else(String::new, |it| it.to_string()));
            row.push(it.count.to_string());
            row.extend([it.min, it.avg, it.max].map(|it| it.to_string()));
            row.extend(
                columns
                    .percentiles
                    .iter()
                    .map(|p| it.at(*p).map_or_else(String::new, |it| it.to_string())),
            );
            row.push(it.exact.to_string());
            put(row);
        }
        text
    }

    fn at(&self, p: f64) -> Option<f64> {
        self.percentiles.iter().find(|it| it.0 == p).map(|it| it.1)
    }
}

/// The columns that any of the distributions has.
struct Columns {
    tags: Vec<String>,
    windows: bool,
    percentiles: Vec<f64>,
    exact: bool,
}

impl Columns {
    fn of(all: &[Distribution]) -> Self {
        let tags: BTreeSet<&String> = all.iter().flat_map(|it| it.tags.keys()).collect();
        let percentiles = all.iter().map(|it| &it.percentiles).max_by_key(|it| it.len());
        Self {
            tags: tags.into_iter().cloned().collect(),
            windows: all.iter().any(|it| it.from_s.is_some()),
            percentiles: percentiles.into_iter().flatten().map(|it| it.0).collect(),
            exact: all.iter().all(|it| it.exact),
        }
    }

    /// How many columns hold words.
    fn words(&self) -> usize {
        1 + self.tags.len()
    }

    /// The table, and under it what is not exact.
    fn noted(&self, table: &str) -> String {
        if self.exact { format!("{table}\n") } else { format!("{table}\n\n{NOT_EXACT}\n") }
    }

    fn header(&self) -> Vec<String> {
        let mark = if self.exact { "" } else { " ± 0.1 %" };
        let mut header = vec!["metric".to_owned()];
        header.extend(self.tags.iter().map(|it| within_line(it)));
        header.extend(self.windows.then(|| "from s".to_owned()));
        header.extend(["samples", "min", "avg"].map(str::to_owned));
        header.extend(self.percentiles.iter().map(|it| format!("P{it}{mark}")));
        header.push("max".to_owned());
        header
    }

    fn row(&self, it: &Distribution, name: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut row = vec![name(&it.metric)];
        row.extend(self.tags.iter().map(|tag| name(it.tags.get(tag).map_or(NONE, String::as_str))));
        if self.windows {
            row.push(it.from_s.map_or_else(|| NONE.to_owned(), |it| it.to_string()));
        }
        row.extend([count(it.count), rounded(it.min), rounded(it.avg)]);
        row.extend(
            self.percentiles.iter().map(|p| it.at(*p).map_or_else(|| NONE.to_owned(), rounded)),
        );
        row.push(rounded(it.max));
        row
    }
}
