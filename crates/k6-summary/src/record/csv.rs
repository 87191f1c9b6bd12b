//! A history as a table for other programs.

use crate::record::run::{Run, Scenario};
use tool_edge::csv_cell;

const HEADER: &str = "started,run,environment,suite,profile,commit,k6,dirty,baseline_reset,scenario,\
verdict,fingerprint,calls,failed,error_rate,throughput,offered,min_ms,avg_ms,p50_ms,p90_ms,p95_ms,\
p99_ms,max_ms";

/// One line a scenario of a run, oldest first, unrounded; empty is not measured.
///
/// Latencies are in milliseconds, throughput and offered load in calls per second. A text that a
/// spreadsheet would take for a formula begins with an apostrophe.
pub fn history_csv(runs: &[Run]) -> String {
    let mut oldest_first: Vec<&Run> = runs.iter().collect();
    oldest_first.sort_by(|a, b| (&a.started, &a.id).cmp(&(&b.started, &b.id)));
    let mut csv = format!("{HEADER}\n");
    for run in oldest_first {
        for scenario in &run.scenarios {
            csv += &row(run, scenario).join(",");
            csv.push('\n');
        }
    }
    csv
}

fn row(run: &Run, it: &Scenario) -> Vec<String> {
    let known = |it: &Option<String>| csv_cell(it.as_deref().unwrap_or_default());
    let number = |it: Option<f64>| it.map_or_else(String::new, |it| it.to_string());
    let count = |it: Option<u64>| it.map_or_else(String::new, |it| it.to_string());
    let verdict = serde_json::to_value(it.verdict).ok();
    let verdict = verdict.as_ref().and_then(|it| it.as_str()).unwrap_or_default();
    let latency = &it.latency_ms;
    vec![
        csv_cell(&run.started),
        csv_cell(&run.id),
        known(&run.environment),
        known(&run.suite),
        known(&run.profile),
        known(&run.commit),
        known(&run.k6),
        (!run.dirty.is_empty()).to_string(),
        known(&run.baseline_reset),
        csv_cell(&it.name),
        verdict.to_owned(),
        csv_cell(&it.fingerprint),
        count(it.calls),
        count(it.calls.map(|_| it.failed())),
        number(it.error_rate),
        number(it.throughput),
        number(it.offered),
        number(latency.min),
        number(latency.avg),
        number(latency.p50),
        number(latency.p90),
        number(latency.p95),
        number(latency.p99),
        number(latency.max),
    ]
}
