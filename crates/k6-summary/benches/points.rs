//! `cargo bench -p k6-summary --bench points`: percentiles out of k6's points, beside other tools.
//!
//! Makes its own input with a real k6 against a server on loopback, keeps it below cargo's target
//! directory, asks every tool the same question, checks that all give the same answer to the last
//! digit, prints absolutes and asserts ratios. Both sides of a ratio are measured in turns in the
//! same run; of each the best is taken.

#![expect(clippy::print_stdout, reason = "the table is what this program is run for")]

#[path = "points/input.rs"]
mod input;
#[path = "points/ours.rs"]
mod ours;
#[path = "points/peers.rs"]
mod peers;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// P50, P95 and P99 by scenario.
type Answer = BTreeMap<String, [f64; 3]>;

/// How often each tool is asked; of the slow ones, the first few times only.
const ROUNDS: usize = 5;
const SLOW_ROUNDS: usize = 2;

/// What one tool took.
struct Row {
    tool: &'static str,
    threads: u32,
    seconds: f64,
    peak_mib: Option<f64>,
}

/// A ratio that has to hold.
struct Goal {
    what: &'static str,
    ratio: f64,
    least: f64,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    // This program is its own subject, so that a process is measured against processes.
    if let Some(at) = args.iter().position(|it| it == ours::FLAG) {
        ours::answer(&args[at + 1..]);
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<bool> {
    let python = peers::python()?;
    let input = input::make()?;
    let size = std::fs::metadata(&input.plain)?.len();
    let samples = input::expected(&input.summary)?;
    println!(
        "{:.0} MB of k6's NDJSON, {} requests; load before: {}",
        size as f64 / 1e6,
        samples.1,
        load()
    );

    let mut best: BTreeMap<&'static str, Row> = BTreeMap::new();
    let mut answers: Vec<(&'static str, Answer)> = vec![("k6 itself", samples.0)];
    for round in 0..ROUNDS {
        let mut seen = Vec::new();
        // What takes a tenth of a second is disturbed by anything.
        for _ in 0..4 {
            seen.extend([
                peers::wc(&input.plain)?,
                ours::ask("k6-summary, 1 thread", 1, ours::ONE, &input.plain)?,
                ours::ask("k6-summary, 2 threads", 2, ours::ONE, &input.plain)?,
                ours::ask("k6-summary, every metric, 1 thread", 1, ours::EVERY, &input.plain)?,
                ours::ask("k6-summary, every metric, 2 threads", 2, ours::EVERY, &input.plain)?,
            ]);
        }
        seen.extend([
            peers::duckdb(&python, &input.plain)?,
            peers::zcat(&input.gzip)?,
            ours::ask("k6-summary of .gz", 2, ours::ONE, &input.gzip)?,
        ]);
        if round < SLOW_ROUNDS {
            seen.push(peers::orjson(&python, &input.plain)?);
            seen.push(peers::jq(&input.plain)?);
        }
        for (row, answer) in seen {
            if let Some(answer) = answer {
                answers.push((row.tool, answer));
            }
            let known = best.entry(row.tool).or_insert(Row { seconds: f64::MAX, ..row });
            known.seconds = known.seconds.min(row.seconds);
        }
    }
    println!("load after: {}\n", load());

    let (_, first) = &answers[0];
    for (tool, answer) in &answers {
        anyhow::ensure!(answer == first, "{tool} says {answer:?}, k6 itself {first:?}");
    }
    println!("{} answers, each the same to the last digit as k6's own summary\n", answers.len());
    table(&best, size);
    let mut goals = goals(&best, samples.1);
    goals.extend(ours::summaries()?);
    goals.extend(ours::histograms(&input.plain)?);
    println!();
    for Goal { what, ratio, least } in &goals {
        let met = if ratio >= least { "met   " } else { "MISSED" };
        println!("{met} {what}: {ratio:.2}, wanted {least}");
    }
    Ok(goals.iter().all(|it| it.ratio >= it.least))
}

fn goals(best: &BTreeMap<&'static str, Row>, samples: u64) -> Vec<Goal> {
    let seconds = |tool: &str| best[tool].seconds;
    let faster =
        |what, tool, than, least| Goal { what, ratio: seconds(than) / seconds(tool), least };
    let one = "k6-summary, 1 thread";
    let two = "k6-summary, 2 threads";
    let every = "k6-summary, every metric, 1 thread";
    let room = |tool, kept: u64| {
        let limit = 32.0 + 8.0 * kept as f64 / f64::from(1 << 20);
        limit / best[tool].peak_mib.unwrap_or(f64::MAX)
    };
    vec![
        faster("one thread, of wc -l", one, "wc -l", 0.40),
        faster("two threads, of one", two, one, 1.6),
        faster("two threads, of DuckDB's two", two, "DuckDB read_json", 3.0),
        faster("one thread, of jq", one, "jq", 50.0),
        faster("one thread, of Python with orjson", one, "Python, orjson", 10.0),
        faster("every metric, one thread, of wc -l", every, "wc -l", 0.25),
        faster(".gz, of zcat | wc -l", "k6-summary of .gz", "zcat | wc -l", 0.95),
        Goal {
            what: "memory allowed (32 MiB + 8 bytes a sample) by memory taken, one metric",
            ratio: room(two, samples),
            least: 1.0,
        },
        Goal {
            what: "the same, every metric",
            ratio: room("k6-summary, every metric, 2 threads", 12 * samples),
            least: 1.0,
        },
    ]
}

fn table(best: &BTreeMap<&'static str, Row>, size: u64) {
    let wc = best["wc -l"].seconds;
    let mut rows: Vec<&Row> = best.values().collect();
    rows.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    println!("| tool | threads | seconds | MB/s | of `wc -l` | peak MiB |");
    println!("|---|--:|--:|--:|--:|--:|");
    for it in rows {
        let rate = size as f64 / 1e6 / it.seconds;
        let peak = it.peak_mib.map_or_else(|| "—".to_owned(), |it| format!("{it:.0}"));
        println!(
            "| {} | {} | {:.3} | {rate:.0} | {:.3} | {peak} |",
            it.tool.replace('|', "\\|"),
            it.threads,
            it.seconds,
            wc / it.seconds
        );
    }
}

fn load() -> String {
    std::fs::read_to_string(Path::new("/proc/loadavg")).unwrap_or_default().trim().to_owned()
}
