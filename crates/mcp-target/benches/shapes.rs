//! The load of a whole suite in its full shape on this machine, k6 beside the target: how late the answers are, and what
//! either takes of the machine.
//!
//! `-- --scale 0.1` shortens every time to a tenth; rates and numbers stay.
// needs k6 and redis

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark is run to be read")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

#[path = "common/client.rs"]
#[expect(dead_code, reason = "the other benchmark asks more of it")]
mod client;
#[path = "common/redis.rs"]
mod redis;

use client::{Client, Failed};
use redis::Redis;

const USERS: &str = "100";
const STREAMS: usize = 500;

/// Limit of the resident memory, in MB.
const MEMORY: f64 = 150.0;

/// Scenario, what was asked of its 95th percentile in ms, and what a quiet machine is to reach.
const SCENARIOS: [(&str, f64, f64); 5] = [
    ("authorization", 200.0, 20.0),
    ("refresh", 100.0, 10.0),
    ("sessions", 50.0, 10.0),
    ("tools", 500.0, 20.0),
    ("websockets", 1000.0, 20.0),
];

/// The part that the target may take of both processes' CPU in any scenario, and in all of the first three, which are the
/// OAuth suite.
const SHARE: f64 = 0.5;
const SHARE_OF_OAUTH: f64 = 0.25;
const OAUTH: usize = 3;

/// Hundredths of CPU seconds.
#[derive(Clone, Copy, Default)]
struct Used {
    k6: u64,
    target: u64,
}

impl Used {
    fn share_of_target(self) -> f64 {
        self.target as f64 / (self.target + self.k6) as f64
    }
}

/// The scenario whose load is the same all the time, in which memory has to be too.
const STEADY: &str = "websockets";

/// How much more of it there may be at the end than half-way.
const GROWTH: f64 = 1.05;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Target {
    process: Child,
    origin: String,
    /// Resident memory in kB, twice a second.
    memory: Arc<Mutex<Vec<u64>>>,
    watching: Arc<AtomicBool>,
}

impl Target {
    fn start(redis: Option<&str>) -> Result<Self, Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-target"));
        command.args(["--users", USERS, "--max-sessions", "5000"]).stdout(Stdio::piped());
        command.env("LOADTEST_EMAIL", client::EMAIL).env("LOADTEST_PASSWORD", client::PASSWORD);
        match redis {
            Some(url) => command.env("REDIS_URL", url),
            None => command.env_remove("REDIS_URL"),
        };
        let mut process = command.spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)?;
        let origin = ready["issuer"].as_str().ok_or("the target did not say where it is")?;
        let memory = Arc::new(Mutex::new(Vec::new()));
        let watching = Arc::new(AtomicBool::new(true));
        let (pid, seen, go_on) = (process.id(), memory.clone(), watching.clone());
        thread::spawn(move || {
            while go_on.load(Ordering::Relaxed) {
                seen.lock().expect("nobody panics with it").push(resident(pid));
                thread::sleep(Duration::from_millis(500));
            }
        });
        Ok(Self { process, origin: origin.to_owned(), memory, watching })
    }

    fn memory(&self) -> Vec<u64> {
        self.memory.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.watching.store(false, Ordering::Relaxed);
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Resident memory in kB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Seconds of CPU so far, in hundredths.
fn cpu(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, it)| it);
    let mut ticks = fields.split_whitespace().skip(11).map_while(|it| it.parse::<u64>().ok());
    ticks.next().unwrap_or(0) + ticks.next().unwrap_or(0)
}

/// What k6 says of a scenario, and what it took.
fn load(
    target: &Target,
    scenario: &str,
    scale: f64,
    folder: &Path,
) -> Result<(Value, Used), Failed> {
    let summary = folder.join(format!("{scenario}.json"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/shapes/shapes.js");
    let before = cpu(target.process.id());
    let k6 = std::env::var("K6").unwrap_or_else(|_| "k6".to_owned());
    let mut command = Command::new(k6);
    command.args(["run", "--quiet", "--no-usage-report", "--no-color", "--summary-export"]);
    command.arg(&summary).arg(script).stdout(Stdio::null());
    command.env("ORIGIN", &target.origin).env("SCENARIO", scenario).env("USERS", USERS);
    command.env("EMAIL", client::EMAIL).env("PASSWORD", client::PASSWORD);
    let mut process = command.env("SCALE", scale.to_string()).spawn()?;
    let mut used = 0;
    let status = loop {
        used = used.max(cpu(process.id()));
        if let Some(status) = process.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(100));
    };
    if !status.success() {
        return Err(format!("k6 ended with {status} in {scenario}").into());
    }
    let summary = serde_json::from_slice(&fs::read(&summary)?)?;
    Ok((summary, Used { k6: used, target: cpu(target.process.id()) - before }))
}

fn run() -> Result<bool, Failed> {
    let arguments: Vec<String> = std::env::args().collect();
    let scale = arguments.iter().position(|it| it == "--scale");
    let scale: f64 = match scale.and_then(|at| arguments.get(at + 1)) {
        Some(it) => it.parse().map_err(|_| "--scale takes a number such as 0.1")?,
        None => 1.0,
    };
    let only: Vec<&String> =
        arguments.iter().filter(|it| SCENARIOS.iter().any(|(name, ..)| name == it)).collect();
    let folder = tempfile::tempdir()?;
    let target = Target::start(None)?;
    let mut met = true;
    println!("times × {scale}; p95 and its limits in ms, CPU in seconds\n");
    println!(
        "{:<15} {:>8} {:>7} {:>7} {:>8} {:>8} {:>6} {:>6} {:>8} {:>7} {:>7}",
        "",
        "samples",
        "errors",
        "missing",
        "p50",
        "p95",
        "quiet",
        "asked",
        "k6",
        "target",
        "of both"
    );
    let mut oauth = Used::default();
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        if only.is_empty() || only.iter().any(|it| *it == scenario.0) {
            let (good, used) = row(&target, scenario, scale, folder.path())?;
            met &= good;
            if number < OAUTH {
                oauth = Used { k6: oauth.k6 + used.k6, target: oauth.target + used.target };
            }
        }
        if only.is_empty() && number + 1 == OAUTH {
            let (share, good) =
                (oauth.share_of_target(), oauth.share_of_target() <= SHARE_OF_OAUTH);
            println!(
                "{:<15} the target took {:.1} % of the CPU of both, at most {:.0}: {}",
                "",
                share * 100.0,
                SHARE_OF_OAUTH * 100.0,
                word(good)
            );
            met &= good;
        }
    }
    if only.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        met &= runtime.block_on(streams(&target, scale))?;
        let largest = target.memory().into_iter().max().unwrap_or(0) as f64 / 1000.0;
        let good = largest <= MEMORY;
        println!("\nlargest resident memory {largest:.1} MB of {MEMORY} MB: {}", word(good));
        met &= good;
        drop(target);
        let redis = Redis::start(folder.path())?;
        println!("\nwith Redis");
        let target = Target::start(Some(&redis.url))?;
        met &= row(&target, &SCENARIOS[1], scale, folder.path())?.0;
        met &= runtime.block_on(redis_operations(&target))?;
    }
    Ok(met)
}

fn word(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// One scenario: whether it was what it is to be, and what it took.
fn row(
    target: &Target,
    (scenario, asked, quiet): &(&str, f64, f64),
    scale: f64,
    folder: &Path,
) -> Result<(bool, Used), Failed> {
    let before = target.memory().len();
    let (summary, used) = load(target, scenario, scale, folder)?;
    let of = |name: &str| summary["metrics"]["measured"][name].as_f64();
    let [Some(count), Some(p50), Some(p95)] = ["count", "med", "p(95)"].map(of) else {
        return Err(format!("k6 measured nothing in {scenario}: {summary:#}").into());
    };
    let counted = |name: &str| summary["metrics"][name]["count"].as_f64().unwrap_or(0.0);
    let (errors, missing) = (counted("errors"), counted("dropped_iterations"));
    let share = used.share_of_target();
    let good = p95 < *quiet && share < SHARE && errors == 0.0 && missing <= count / 1000.0;
    println!(
        "{scenario:<15} {count:>8} {errors:>7} {missing:>7} {p50:>8.2} {p95:>8.2} {quiet:>6} {asked:>6} {:>8.1} {:>7.1} {:>6.1}%  {}",
        used.k6 as f64 / 100.0,
        used.target as f64 / 100.0,
        share * 100.0,
        word(good),
    );
    if *scenario != STEADY {
        return Ok((good, used));
    }
    let memory = &target.memory()[before..];
    // k6 needs a fifth of a short run to begin, and as long to end.
    let steady = &memory[memory.len() / 2..memory.len() * 4 / 5];
    let (Some(first), Some(last)) = (steady.first(), steady.last()) else {
        return Ok((false, used));
    };
    let growth = *last as f64 / *first as f64;
    let flat = growth <= GROWTH;
    println!(
        "{:<15} memory × {growth:.3} over its last half, at most {GROWTH}: {}",
        "",
        word(flat)
    );
    Ok((good && flat, used))
}

/// How many operations of Redis took no longer than 10 ms.
async fn redis_operations(target: &Target) -> Result<bool, Failed> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let text = http.get(format!("{}/metrics", target.origin)).send().await?.text().await?;
    let sum = |limit: &str| -> f64 {
        let name = "mcp_target_redis_operation_duration_seconds_bucket{";
        let limit = format!("le=\"{limit}\"");
        let lines = text.lines().filter(|it| it.starts_with(name) && it.contains(&limit));
        lines.filter_map(|it| it.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    };
    let (within, all) = (sum("0.01"), sum("+Inf"));
    if all == 0.0 {
        return Err(format!("no operation of Redis was counted:\n{text}").into());
    }
    let good = within / all >= 0.95;
    println!(
        "{:.2} % of {all} operations within 10 ms, at least 95: {}",
        within / all * 100.0,
        word(good)
    );
    Ok(good)
}

/// Holds event streams open, as many at once as there are to be, and counts those that were cut.
async fn streams(target: &Target, scale: f64) -> Result<bool, Failed> {
    let client = Client::new(&target.origin);
    let user = client.sign_in(0).await?;
    let address = target.origin.trim_start_matches("http://").to_owned();
    let mut open = Vec::new();
    let begun = Instant::now();
    for _ in 0..STREAMS {
        let session = client.open_session(&user.access_token).await?;
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET /mcp HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nAccept: text/event-stream\r\n\
             Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: 2025-11-25\r\n\r\n",
            user.access_token
        )?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        if &head != b"HTTP/1.1 200" {
            return Err(format!("a stream was answered {}", String::from_utf8_lossy(&head)).into());
        }
        open.push(stream);
    }
    let opened = begun.elapsed();
    thread::sleep(Duration::from_secs_f64((600.0 * scale).max(2.0)));
    let mut held = 0;
    for stream in &mut open {
        stream.set_nonblocking(true)?;
        let mut some = [0; 4096];
        // What is read before the socket would block is events; an end is a stream that was cut.
        let is_open = loop {
            match stream.read(&mut some) {
                Ok(0) => break false,
                Ok(_) => {}
                Err(error) => break error.kind() == std::io::ErrorKind::WouldBlock,
            }
        };
        held += usize::from(is_open);
    }
    println!(
        "{:<15} {held} of {STREAMS} held, opened in {:.2} s: {}",
        "event-streams",
        opened.as_secs_f64(),
        word(held == STREAMS)
    );
    Ok(held == STREAMS)
}
