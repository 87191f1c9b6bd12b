//! One page over all runs: a line each, the newest first, with a link to its own page.

use crate::record::run::{Run, Scenario};
use crate::report::element::{table, verdict};
use crate::text::escape::{html as code, markup};
use crate::text::number::{or_none, percent, time};

const TITLE: &str = "Load tests";

/// `page_of` names the page of a run, from where this one lies, where there is one.
pub fn history_html(runs: &[Run], page_of: impl Fn(&Run) -> Option<String>) -> String {
    let mut newest_first: Vec<&Run> = runs.iter().collect();
    newest_first.sort_by(|a, b| (&b.started, &b.id).cmp(&(&a.started, &a.id)));
    let rows: String = newest_first.iter().flat_map(|it| of_run(it, page_of(it))).collect();
    let mut page = format!(
        include_str!("page.html"),
        style = include_str!("report.css"),
        title = TITLE,
        headline = format!("{} runs", runs.len()),
        plain = "all runs",
        class = "",
    );
    let header =
        ["run", "of", "scenario", "verdict", "errors", "P50 ms", "P95 ms", "P99 ms", "calls/s"];
    page += &table("<table class=\"cards\">", &header, &rows);
    page + "</main>\n</body>\n</html>\n"
}

fn of_run(run: &Run, page: Option<String>) -> Vec<String> {
    let started = markup(&time(&run.started));
    let started = match page {
        Some(it) => {
            format!("<a href=\"{}\">{started}</a>", it.replace('&', "&amp;").replace('"', "%22"))
        }
        None => started,
    };
    let parts = [&run.environment, &run.suite, &run.profile].into_iter().flatten();
    let of = markup(&parts.cloned().collect::<Vec<_>>().join(" "));
    run.scenarios.iter().map(|it| row(&started, &of, it)).collect()
}

fn row(started: &str, of: &str, it: &Scenario) -> String {
    let latency = &it.latency_ms;
    let figures = [
        ("errors", it.error_rate.map_or_else(|| or_none(None), percent)),
        ("P50 ms", or_none(latency.p50)),
        ("P95 ms", or_none(latency.p95)),
        ("P99 ms", or_none(latency.p99)),
        ("calls/s", or_none(it.throughput)),
    ];
    let figures: String = figures
        .iter()
        .map(|(label, it)| format!("<td data-label=\"{label}\">{}</td>", markup(it)))
        .collect();
    let (name, verdict) = (code(&it.name), verdict(it.verdict));
    format!(
        "<tr><th scope=\"row\" class=\"text\">{started}</th><td class=\"text\" data-label=\"of\">{of}</td>\
         <td class=\"text\" data-label=\"scenario\">{name}</td><td class=\"text\" data-label=\"verdict\">{verdict}</td>{figures}</tr>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::Verdict;

    #[test]
    fn each_run_has_a_line_and_a_link_and_no_name_is_markup() {
        let run = |id: &str, started: &str, verdict| {
            let scenario = Scenario::new("<mix>".to_owned(), verdict);
            Run::new(id.to_owned(), started.to_owned(), vec![scenario])
        };
        let runs = [
            run("a", "2026-11-21T00:00:00Z", Verdict::Passed),
            run("b", "2026-11-28T00:00:00Z", Verdict::Invalid),
        ];
        let page = history_html(&runs, |it| (it.id == "b").then(|| "b/report.html".to_owned()));
        let newer = page.find("<a href=\"b/report.html\">2026-11-28 00:00:00 UTC</a>").unwrap();
        assert!(newer < page.find("2026-11-21 00:00:00 UTC").unwrap());
        assert!(!page.contains("<mix>") && page.contains("&lt;mix&gt;"), "{page}");
        assert_eq!(page.matches("<tr>").count(), 3);
    }
}
