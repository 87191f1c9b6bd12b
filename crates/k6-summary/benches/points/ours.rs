//! This crate's own answers, in a process of its own.

use crate::{Answer, Goal, Row};
use anyhow::{Context as _, ensure};
use k6_summary::run::Latency;
use k6_summary::{Measurement, Points, Query, Run, Source, Summary, compare, judge, open};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Before the arguments of a process that is measured: threads, metric, file.
pub(crate) const FLAG: &str = "--measured";
/// One metric, or every one.
pub(crate) const ONE: &str = "http_req_duration";
pub(crate) const EVERY: &str = "every";

/// Prints percentiles by scenario, and the most memory that was taken.
pub(crate) fn answer(args: &[String]) {
    let [threads, metric, file] = args else { panic!("three arguments, not {args:?}") };
    let mut query = by_scenario();
    query.metric = (metric != EVERY).then(|| metric.clone());
    query.threads = threads.parse().expect("a number of threads");
    let points = Points::new(&query);
    let mut points = read(points, Path::new(file)).expect("the file is read");
    for it in points.distributions(&[50.0, 95.0, 99.0]) {
        if let (ONE, Some(scenario)) = (it.metric.as_str(), it.tags.get("scenario")) {
            let [p50, p95, p99] = [0, 1, 2].map(|at| it.percentiles[at].1);
            println!("{scenario} {p50:?} {p95:?} {p99:?}");
        }
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    println!("{}", peak.unwrap_or("0 kB").trim());
}

fn by_scenario() -> Query {
    let mut query = Query::of(ONE);
    query.group_by = vec!["scenario".to_owned()];
    query
}

fn read(mut points: Points, file: &Path) -> anyhow::Result<Points> {
    let Source::Points(stream) = open(File::open(file)?)? else {
        anyhow::bail!("no points in {}", file.display())
    };
    points.read(stream)?;
    Ok(points)
}

/// Asks a process of our own.
pub(crate) fn ask(
    tool: &'static str,
    threads: u32,
    metric: &str,
    file: &Path,
) -> anyhow::Result<(Row, Option<Answer>)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([FLAG, &threads.to_string(), metric]).arg(file);
    let start = Instant::now();
    let output = command.output()?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let peak = text.lines().find_map(|it| it.strip_suffix(" kB")?.parse::<f64>().ok());
    let peak_mib = peak.filter(|it| *it > 0.0).map(|it| it / 1024.0);
    let lines: Vec<&str> = text.lines().filter(|it| !it.ends_with(" kB")).collect();
    Ok((Row { tool, threads, seconds, peak_mib }, Some(crate::peers::parse(&lines.join("\n"))?)))
}

/// 1,000 summaries, read, judged and compared, in seconds; wanted is less than one.
pub(crate) fn summaries() -> anyhow::Result<Vec<Goal>> {
    let json = include_str!("../../tests/data/legacy-export.json");
    let run = |id: usize| -> anyhow::Result<Run> {
        let summary: Summary = json.parse()?;
        let mut measurement = Measurement::new("mix", Some(&summary));
        (measurement.fingerprint, measurement.k6_exit) = ("f", Some(0));
        let scenario = judge(&measurement);
        Ok(Run::new(
            id.to_string(),
            format!("2026-11-21T{:02}:{:02}:00Z", id / 60, id % 60),
            vec![scenario],
        ))
    };
    let start = Instant::now();
    let mut history: Vec<Run> = Vec::new();
    let mut compared = 0;
    for id in 0..1000 {
        let run = run(id)?;
        compared +=
            compare(&run, &history[history.len().saturating_sub(12)..], 0.25).scenarios.len();
        ensure!(run.scenarios[0].latency_ms != Latency::default(), "nothing was read");
        history.push(run);
    }
    let seconds = start.elapsed().as_secs_f64();
    ensure!(compared == 1000, "{compared} were compared");
    println!("\n1,000 summaries read, judged and compared with 12 earlier ones in {seconds:.3} s");
    Ok(vec![Goal {
        what: "seconds for 1,000 summaries, below one",
        ratio: 1.0 / seconds,
        least: 1.0,
    }])
}

/// The mergeable form beside the exact one.
pub(crate) fn histograms(file: &Path) -> anyhow::Result<Vec<Goal>> {
    let (exact, mut hdr) = (by_scenario(), by_scenario());
    hdr.hdr = true;
    let asked = [50.0, 90.0, 95.0, 99.0, 99.9];
    let exact = read(Points::new(&exact), file)?.distributions(&asked);
    let mut points = read(Points::new(&hdr), file)?;
    let lines = points.histograms_ndjson();
    let longest = lines.lines().map(str::len).max().context("no histogram")?;
    let near = points.distributions(&asked);
    let mut error: f64 = 0.0;
    for (near, exact) in near.iter().zip(&exact) {
        ensure!(near.tags == exact.tags && near.count == exact.count, "other groups");
        for (near, exact) in near.percentiles.iter().zip(&exact.percentiles) {
            error = error.max((near.1 / exact.1 - 1.0).abs());
        }
    }
    let start = Instant::now();
    let mut merged = Points::new(&hdr);
    for _ in 0..1000 {
        let Source::Points(stream) = open(lines.as_bytes())? else { anyhow::bail!("no form") };
        merged.read(stream)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "histograms: at most {longest} bytes a scenario and segment, off by at most {:.3} %; 1,000 segments of {} scenarios merged in {seconds:.2} s",
        error * 100.0,
        near.len()
    );
    Ok(vec![
        Goal {
            what: "8 KB allowed by bytes a segment",
            ratio: 8192.0 / longest as f64,
            least: 1.0,
        },
        Goal { what: "0.1 % allowed by error", ratio: 0.001 / error, least: 1.0 },
    ])
}
