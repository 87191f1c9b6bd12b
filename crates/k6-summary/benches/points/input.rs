//! At least 300 MB of points, written by a real k6 and kept for the next time.

use crate::Answer;
use anyhow::{Context as _, ensure};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, thread};

/// What a run of k6 left.
pub(crate) struct Input {
    pub(crate) plain: PathBuf,
    pub(crate) gzip: PathBuf,
    pub(crate) summary: PathBuf,
}

const LEAST: u64 = 300_000_000;
const STATS: &str = "avg,min,med,max,p(50),p(90),p(95),p(99),count";
const SCENARIOS: [&str; 5] = ["browse", "search", "checkout", "login", "report"];

const SCRIPT: &str = "
import http from 'k6/http';
const names = ['browse', 'search', 'checkout', 'login', 'report'];
const of = (value) => Object.fromEntries(names.map(value));
export const options = {
  scenarios: of((it) => [it, { executor: 'shared-iterations', vus: 2, iterations: 20200, maxDuration: '30m' }]),
  thresholds: of((it) => [`http_req_duration{scenario:${it}}`, ['max>=0']]),
};
export default function () {
  http.get(__ENV.URL);
}
";

/// The input, made if it is not there.
pub(crate) fn make() -> anyhow::Result<Input> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-points");
    let file = |name: &str| folder.join(name);
    let input = Input {
        plain: file("points.ndjson"),
        gzip: file("points.ndjson.gz"),
        summary: file("summary.json"),
    };
    if input.summary.exists() {
        return Ok(input);
    }
    fs::create_dir_all(&folder)?;
    fs::write(file("script.js"), SCRIPT)?;
    fs::write(file("config.json"), "{}")?;
    println!("writing {} with k6; this takes a minute or two", input.plain.display());
    let output = Command::new(k6()?)
        .env_clear()
        .env("HOME", &folder)
        .env("K6_NO_USAGE_REPORT", "true")
        .env("K6_AUTO_EXTENSION_RESOLUTION", "false")
        .env("K6_NEW_MACHINE_READABLE_SUMMARY", "false")
        .env("URL", serve()?)
        .args(["run", "--quiet", "--no-color", "--address=", "--summary-trend-stats", STATS])
        .args(["--config", "config.json", "--out", "json=points.ndjson"])
        .args(["--out", "json=points.ndjson.gz", "--summary-export", "summary.json", "script.js"])
        .current_dir(&folder)
        .output()
        .context("failed to start k6")?;
    ensure!(output.status.success(), "k6: {}", String::from_utf8_lossy(&output.stderr));
    let size = fs::metadata(&input.plain)?.len();
    ensure!(size >= LEAST, "k6 wrote {size} bytes, and {LEAST} are needed");
    Ok(input)
}

/// What k6 itself says, and how many requests it counted.
pub(crate) fn expected(summary: &Path) -> anyhow::Result<(Answer, u64)> {
    let summary: k6_summary::Summary = fs::read_to_string(summary)?.parse()?;
    let mut answer = Answer::new();
    let mut requests = 0;
    for scenario in SCENARIOS {
        let trend = summary.trend(&format!("http_req_duration{{scenario:{scenario}}}"));
        let trend = trend.with_context(|| format!("no trend of {scenario}"))?;
        let p = |p: f64| trend.percentile(p).context("a percentile is missing");
        answer.insert(scenario.to_owned(), [p(50.0)?, p(95.0)?, p(99.0)?]);
        requests += trend.count.unwrap_or(0);
    }
    Ok((answer, requests))
}

/// `$K6`, or the one that `cargo xtask setup` put into the tool cache.
fn k6() -> anyhow::Result<PathBuf> {
    if let Some(k6) = std::env::var_os("K6") {
        return Ok(k6.into());
    }
    let k6 = cache()?.join("k6-2.2.0/k6");
    ensure!(k6.exists(), "no k6 in {}; run `cargo xtask setup`, or name one in K6", k6.display());
    Ok(k6)
}

/// `$XDG_CACHE_HOME/mcp-loadtest`, by default below `~/.cache`.
pub(crate) fn cache() -> anyhow::Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|it| !it.is_empty()) {
        Some(it) => PathBuf::from(it),
        None => std::env::home_dir().context("no home folder; set XDG_CACHE_HOME")?.join(".cache"),
    };
    Ok(base.join("mcp-loadtest"))
}

/// Answers every request with 200 until this process ends.
fn serve() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    Ok(url)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")?;
        }
    }
}
