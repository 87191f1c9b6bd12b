//! What the library costs k6 beside a bare `http.post`, and what the program costs beside a bare `k6 run`: both sides in turn
//! on the same target, which is a process of its own.
//!
//! CPU is what Linux counts of processes that have ended, in hundredths of a second. `-- calls` and `-- program` ask for one
//! half.
// needs k6

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark is run to be read")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mcp_target::{Config, DEMO_EMAIL, Target};
use serde_json::{Value, json};

type Failed = Box<dyn std::error::Error>;

/// Rounds of either half, and how long k6 puts load on the target in one.
const ROUNDS: usize = 7;
const SECONDS: u64 = 5;

/// k6's CPU per request, the library's over that of bare posts.
const CALLS: f64 = 1.15;

/// k6's CPU per request, under the program over that of a bare run.
const UNDER_US: f64 = 1.05;

/// What a scenario may take longer under the program than bare: the larger of a part of it and so many seconds.
const LONGER: (f64, f64) = (0.01, 0.3);

/// Most memory of the program, in MB.
const MEMORY: f64 = 50.0;

/// Tells this program to be the target.
const SERVE: &str = "HARNESS_TARGET";

fn main() -> ExitCode {
    let ended = if std::env::var_os(SERVE).is_some() { serve() } else { run() };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until stdin closes.
fn serve() -> Result<bool, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let target = runtime.block_on(Target::start(Config::demo()))?;
    let bearer = runtime.block_on(target.token_for(DEMO_EMAIL))?;
    println!("{}", json!({"url": target.url(), "bearer": bearer}));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(true)
}

/// The target, and what the runs share.
struct Bench {
    target: Child,
    url: String,
    bearer: String,
    k6: PathBuf,
    folder: tempfile::TempDir,
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.target.stdin.take());
        let _ = self.target.wait();
    }
}

/// What a k6 run took: its CPU by the request, in µs, and its time.
#[derive(Clone, Copy)]
struct Took {
    cpu: f64,
    wall: f64,
}

fn run() -> Result<bool, Failed> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|it| it == name);
    let bench = Bench::start()?;
    println!("{:<44} {:>9} {:>9} {:>7} {:>9}", "", "ours", "peer", "ratio", "at most");
    let mut met = true;
    if is_wanted("calls") {
        met &= bench.calls()?;
    }
    if is_wanted("program") {
        met &= bench.program()?;
    }
    Ok(met)
}

impl Bench {
    fn start() -> Result<Self, Failed> {
        let k6 = std::env::var_os("K6").ok_or("K6 is not set; run `cargo xtask bench harness`")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.env(SERVE, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut target = command.spawn()?;
        let mut line = String::new();
        BufReader::new(target.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        let (url, bearer) = (text("url"), text("bearer"));
        Ok(Self { target, url, bearer, k6: k6.into(), folder: tempfile::tempdir()? })
    }

    /// The same calls through the library and without it.
    fn calls(&self) -> Result<bool, Failed> {
        let environment = BTreeMap::from([
            ("MCP_URL".to_owned(), self.url.clone()),
            ("BEARER".to_owned(), self.bearer.clone()),
            ("SECONDS".to_owned(), SECONDS.to_string()),
        ]);
        let k6 = |script| self.bare(&self.k6, &environment, script);
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(k6("bare.js")?.cpu);
            ours.push(k6("ours.js")?.cpu);
        }
        Ok(row("k6's CPU per request, library and http.post", "µs", &ours, &bare, CALLS))
    }

    /// A bare `k6 run`.
    fn bare(
        &self,
        k6: &Path,
        environment: &BTreeMap<String, String>,
        script: &str,
    ) -> Result<Took, Failed> {
        let summary = self.folder.path().join("bare.json");
        let mut command = Command::new(k6);
        command.args(["run", "--quiet", "--no-color", "--address=", "--summary-export"]);
        command.arg(&summary).arg(file(script)).stdout(Stdio::null());
        command.env_clear().env("K6_NO_USAGE_REPORT", "true").envs(environment);
        command.env("K6_NEW_MACHINE_READABLE_SUMMARY", "false");
        let (before, begun) = (cpu_of_children("self")?, Instant::now());
        let status = command.status()?;
        let (wall, used) = (begun.elapsed().as_secs_f64(), cpu_of_children("self")? - before);
        if !status.success() {
            return Err(format!("k6 ended with {status} in {script}").into());
        }
        Ok(Took { cpu: used / requests(&summary)?, wall })
    }

    /// The same script with the same environment under the program and bare.
    fn program(&self) -> Result<bool, Failed> {
        let wrapper = self.wrapper()?;
        let (mut ours, mut bare, mut memory) = (Vec::new(), Vec::new(), 0.0_f64);
        for _ in 0..ROUNDS {
            let (took, most) = self.under_the_program(&wrapper)?;
            ours.push(took);
            memory = memory.max(most);
            let environment = fs::read_to_string(self.path("environment"))?;
            let variables = environment.split('\0').filter_map(|it| it.split_once('='));
            let environment = variables.map(|(name, it)| (name.to_owned(), it.to_owned()));
            bare.push(self.bare(&wrapper, &environment.collect(), "ours.js")?);
        }
        let cpu = |all: &[Took]| all.iter().map(|it| it.cpu).collect::<Vec<_>>();
        let wall = |all: &[Took]| all.iter().map(|it| it.wall).collect::<Vec<_>>();
        let name = "k6's CPU per request, program and k6 run";
        let mut met = row(name, "µs", &cpu(&ours), &cpu(&bare), UNDER_US);
        let (ours, bare) = (wall(&ours), wall(&bare));
        let most = (1.0 + LONGER.0).max(1.0 + LONGER.1 / median(&bare));
        met &= row("time of a scenario, program and k6 run", "s", &ours, &bare, most);
        let good = memory <= MEMORY;
        let word = word(good);
        println!(
            "{:<44} {:>9} {:>9} {:>7} {:>9}  {word}",
            "most memory of the program",
            format!("{memory:.1} MB"),
            "",
            "",
            format!("{MEMORY:.0} MB")
        );
        Ok(met && good)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A k6 that leaves behind with which environment it was run, and what its parent knows of it.
    fn wrapper(&self) -> Result<PathBuf, Failed> {
        let path = self.path("k6");
        let (k6, folder) = (self.k6.display(), self.folder.path().display());
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = run ] || exec '{k6}' \"$@\"\ncat /proc/$$/environ > '{folder}/environment'\n\
             '{k6}' \"$@\"\ncode=$?\ncat /proc/$$/stat > '{folder}/stat'\nexit $code\n"
        );
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }

    /// What k6 took under the program, and the most memory of the program in MB.
    ///
    /// The scenario's time begins with the last line about the look before the load, after which the program prepares the
    /// scenario and starts k6, and ends with the line of its verdict.
    fn under_the_program(&self, wrapper: &Path) -> Result<(Took, f64), Failed> {
        let runs = self.path("runs");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-loadtest"));
        command.arg("run").arg(file("ours.js")).args(["--target", &self.url]).arg("--out");
        command.arg(&runs).arg("--bearer-file").arg(self.path("bearer.json"));
        command.current_dir(self.folder.path()).env("K6", wrapper);
        command.env("LOADTEST_BEARER", &self.bearer).stdout(Stdio::null()).stderr(Stdio::piped());
        for name in ["CI", "GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
            command.env_remove(name);
        }
        let mut program = command.spawn()?;
        let id = program.id();
        let watching = thread::spawn(move || {
            let mut most = 0.0_f64;
            while let Some(now) = most_memory(id) {
                most = most.max(now);
                thread::sleep(Duration::from_millis(20));
            }
            most
        });
        let (mut begun, mut judged, mut all) = (None, None, String::new());
        for line in BufReader::new(program.stderr.take().ok_or("no stderr")?).lines() {
            let line = line?;
            let step = line.split_whitespace().next().unwrap_or_default();
            begun = if step == "preflight" { Some(Instant::now()) } else { begun };
            judged = if step == "ours" { Some(Instant::now()) } else { judged };
            all = all + &line + "\n";
        }
        let status = program.wait()?;
        let most = watching.join().map_err(|_| "nobody saw its memory")?;
        let (Some(begun), Some(judged), true) = (begun, judged, status.success()) else {
            return Err(format!("the program ended with {status}:\n{all}").into());
        };
        let used = children(&fs::read_to_string(self.path("stat"))?)?;
        let requests = requests(&runs.join("latest/ours/summary.json"))?;
        Ok((Took { cpu: used / requests, wall: (judged - begun).as_secs_f64() }, most))
    }
}

fn file(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/harness").join(script)
}

/// The median of the ratios of each round, and whether that is no more than `most`.
fn row(name: &str, unit: &str, ours: &[f64], peer: &[f64], most: f64) -> bool {
    let ratios: Vec<f64> = ours.iter().zip(peer).map(|(ours, peer)| ours / peer).collect();
    let ratio = median(&ratios);
    let good = ratio <= most;
    let shown = |all: &[f64]| {
        if unit == "s" {
            format!("{:.2} s", median(all))
        } else {
            format!("{:.0} {unit}", median(all))
        }
    };
    let (ours, peer, word) = (shown(ours), shown(peer), word(good));
    println!("{name:<44} {ours:>9} {peer:>9} {ratio:>7.3} {most:>9.3}  {word}");
    let _ = std::io::stdout().flush();
    good
}

fn word(met: bool) -> &'static str {
    if met { "ok" } else { "MISSED" }
}

fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How many requests a summary counts; none of them failed.
fn requests(summary: &Path) -> Result<f64, Failed> {
    let summary: Value = serde_json::from_slice(&fs::read(summary)?)?;
    let metrics = &summary["metrics"];
    if metrics["http_req_failed"]["value"].as_f64() != Some(0.0) {
        return Err(format!("requests failed: {}", metrics["http_req_failed"]).into());
    }
    Ok(metrics["http_reqs"]["count"].as_f64().ok_or("no request was counted")?)
}

/// The CPU of all ended children of a process, in µs.
fn cpu_of_children(process: &str) -> Result<f64, Failed> {
    children(&fs::read_to_string(format!("/proc/{process}/stat"))?)
}

fn children(stat: &str) -> Result<f64, Failed> {
    let fields = stat.rsplit_once(')').ok_or("no figures of a process")?.1;
    let ticks = fields.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
    let ticks: Vec<f64> = ticks.collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() * 10_000.0)
}

/// In MB, for as long as the process is there.
fn most_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1000.0)
}
