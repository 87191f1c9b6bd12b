//! One k6 run: a scrubbed environment, the bearer by environment, progress over k6's REST API.

use std::ffi::OsString;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use rustix::process::Signal;
use serde_json::Value;
use tool_edge::Secrets;

use crate::console::progress::{Live, Progress};
use crate::console::section::say;
use crate::interrupt::Interrupt;
use crate::scenario::log::{self, Log};
use crate::scenario::machine::{Growth, Machine, Memory, Shares};
use crate::scenario::points;
use crate::scenario::resources::Table;
use crate::tools::child::{self, Child};
use crate::tools::k6::K6;

const TREND_STATS: &str = "avg,min,med,max,p(50),p(90),p(95),p(99),count";

/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// How long k6 gets to write its summary after it was asked to stop.
const STOP: Duration = Duration::from_secs(10);

/// How long k6 may answer nothing, after it once did, before it is taken for frozen.
const FROZEN: Duration = Duration::from_secs(60);

/// How long it may answer nothing before it has answered at all, where nothing else bounds it.
const FIRST: Duration = Duration::from_secs(600);

/// How long k6 may take longer than planned: `setup()`, calls that still wait, the summary.
const OVERTIME: Duration = Duration::from_secs(300);

/// One script to run. It holds the bearer, so it does not print itself.
pub(crate) struct Script<'a> {
    pub(crate) k6: &'a K6,
    pub(crate) name: &'a str,
    pub(crate) file: &'a Path,
    /// Where `summary.json` and `k6.log` go; it exists.
    pub(crate) folder: &'a Path,
    /// Where the table of what was taken of the machine goes on.
    pub(crate) resources: &'a Path,
    /// Whether its samples go into its folder too.
    pub(crate) points: bool,
    /// What is struck from its log when it has ended.
    pub(crate) secrets: &'a dyn Fn() -> Vec<String>,
    pub(crate) environment: &'a [(&'a str, String)],
    pub(crate) planned: Option<Duration>,
    /// The processes of the target, so that they do not count as neighbours.
    pub(crate) targets: &'a [u32],
}

#[derive(Debug)]
pub(crate) struct Ended {
    /// k6's exit code, or nothing where a signal ended it.
    pub(crate) exit_code: Option<i32>,
    pub(crate) shares: Option<Shares>,
    /// The most at once.
    pub(crate) memory: Memory,
    pub(crate) growth: Growth,
    /// The last error in k6's log.
    pub(crate) last_words: Option<String>,
    pub(crate) log: Log,
}

/// Runs k6 to its end; on an interrupt asks it to stop, so that its summary is still written.
pub(crate) async fn run(script: &Script<'_>, interrupt: &Interrupt) -> anyhow::Result<Ended> {
    let log_file = script.folder.join("k6.log");
    let mut options = File::options();
    let out = options.write(true).create(true).truncate(true).mode(0o600).open(&log_file);
    let out = out.with_context(|| format!("failed to write `{}`", log_file.display()))?;
    let config = tempfile::NamedTempFile::new().context("failed to write k6's config file")?;
    std::fs::write(config.path(), "{}").context("failed to write k6's config file")?;
    let mut table = Table::open(script.resources, script.name)?;
    let address = free_address()?;
    let mut command = child::command(&script.k6.program);
    command
        // It is not to call home.
        .env("K6_NO_USAGE_REPORT", "true")
        .env("K6_AUTO_EXTENSION_RESOLUTION", "false")
        .env("K6_NEW_MACHINE_READABLE_SUMMARY", "false")
        .args(["run", "--quiet", "--no-color", "--log-format", "json"])
        .args(["--address", &address, "--summary-trend-stats", TREND_STATS])
        .arg("--config")
        .arg(config.path())
        .arg("--summary-export")
        .arg(script.folder.join("summary.json"));
    if script.points {
        let mut out = OsString::from("json=");
        out.push(script.folder.join(points::FILE));
        command.arg("--out").arg(out);
    }
    command
        .arg(script.file)
        .envs(script.environment.iter().map(|(name, value)| (name, value)))
        .stdout(out.try_clone().context("failed to write k6's log")?)
        .stderr(out);
    let mut child = Child::spawn("k6", &mut command)?;
    let pid = child.id().context("k6 ended before it began")?;
    let mut machine = Machine::watch(pid, script.targets);
    let mut progress = Progress::start(script.name, script.planned);
    let http = oauth_loopback::http_client().no_proxy().timeout(Duration::from_secs(1)).build()?;
    let most = script.planned.map(|it| it + OVERTIME);
    let look = async || {
        if let Some((shares, memory)) = machine.sample() {
            table.add(Timestamp::now(), shares, memory);
        }
        let live = live(&http, &address).await;
        let is_alive = live.vus.is_some();
        progress.show(live);
        is_alive
    };
    let limits = Limits { first: FIRST, silent: FROZEN, most, stop: STOP };
    let status = watch(&mut child, look, &limits, interrupt.clone()).await;
    drop(progress);
    if let Err(error) = table.end() {
        say(script.name, format_args!("`{}`: {error}", script.resources.display()));
    }
    let words = std::fs::read(&log_file).unwrap_or_default();
    // A script of the user's own may print what it was given.
    let words = Secrets::new((script.secrets)()).strike(&String::from_utf8_lossy(&words));
    let kept = std::fs::write(&log_file, &words);
    kept.with_context(|| format!("failed to write `{}`", log_file.display()))?;
    Ok(Ended {
        exit_code: status?.code(),
        shares: machine.shares(),
        memory: machine.memory,
        growth: machine.growth(),
        last_words: last_error(&words),
        log: log::read(&words),
    })
}

/// Whether k6 takes a script with this environment, without running it.
///
/// # Errors
/// What k6 says of it.
pub(crate) async fn inspect(
    k6: &K6,
    script: &Path,
    environment: &[(&str, String)],
) -> anyhow::Result<()> {
    let mut command = child::command(&k6.program);
    command
        .env("K6_NO_USAGE_REPORT", "true")
        .env("K6_AUTO_EXTENSION_RESOLUTION", "false")
        .args(["inspect", "--include-system-env-vars", "--execution-requirements"])
        .args(["--log-format", "json"])
        .arg(script)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = child::output("k6", &mut command).await?;
    if output.status.success() {
        return Ok(());
    }
    let words = last_error(&String::from_utf8_lossy(&output.stderr));
    let words = words.unwrap_or_else(|| format!("it says nothing, {}", output.status));
    bail!("k6 does not take `{}`: {words}", script.display())
}

/// How long k6 may be silent before it was heard at all, after it was, how long it may take, and to stop when asked to.
struct Limits {
    first: Duration,
    silent: Duration,
    most: Option<Duration>,
    stop: Duration,
}

/// Waits for the end of k6, and ends it on an interrupt, when it was silent for so long after it had been heard, or when it
/// takes longer than the most that it may. `look` hears whether it is alive.
async fn watch(
    child: &mut Child,
    mut look: impl AsyncFnMut() -> bool,
    limits: &Limits,
    mut interrupt: Interrupt,
) -> anyhow::Result<ExitStatus> {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tick.tick().await;
    let (started, mut heard) = (Instant::now(), None);
    let Limits { first, silent, most, stop } = *limits;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            () = interrupt.came() => return end(child, stop).await,
            _ = tick.tick() => {}
        }
        if look().await {
            heard = Some(Instant::now());
        }
        // A script that says itself how long it runs may be frozen before it was heard at all.
        let unheard = heard.is_none() && most.is_none() && started.elapsed() > first;
        if unheard || heard.is_some_and(|it| it.elapsed() > silent) {
            let _its_code_says_nothing = end(child, stop).await;
            let time = if unheard { first } else { silent };
            bail!("k6 answered nothing for {} s, and was ended", time.as_secs());
        }
        if let Some(most) = most.filter(|it| started.elapsed() > *it) {
            let _its_code_says_nothing = end(child, stop).await;
            bail!(
                "k6 had not ended after {} s, far beyond what was planned, and was ended",
                most.as_secs()
            );
        }
    }
}

/// Asks k6 to stop, which still writes its summary.
async fn end(child: &mut Child, stop: Duration) -> anyhow::Result<ExitStatus> {
    child.signal(Signal::INT);
    let ended = tokio::time::timeout(stop, child.wait()).await;
    ended.context("k6 did not stop when asked to; it was killed")?
}

fn free_address() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr().context("no free port on 127.0.0.1")?.to_string())
}

async fn live(http: &reqwest::Client, address: &str) -> Live {
    let get = async |path: &str| -> Option<Value> {
        http.get(format!("http://{address}/v1/{path}")).send().await.ok()?.json().await.ok()
    };
    let (status, metrics) = tokio::join!(get("status"), get("metrics"));
    let vus = status.as_ref().and_then(|it| it["data"]["attributes"]["vus"].as_u64());
    let (calls, errors) = metrics.as_ref().map_or((None, None), counts);
    Live { vus, calls, errors }
}

/// Calls and errors so far, from k6's list of metrics; our own counters where the script has them.
fn counts(metrics: &Value) -> (Option<u64>, Option<u64>) {
    let sample = |metric: &str, field: &str| {
        let all = metrics["data"].as_array()?;
        let it = all.iter().find(|it| it["id"] == metric)?;
        it["attributes"]["sample"][field].as_f64()
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let count = |it: f64| it.round() as u64;
    match sample("mcp_calls", "count") {
        Some(calls) => {
            let errors = sample("mcp_call_failures", "count").unwrap_or(0.0);
            (Some(count(calls)), Some(count(errors)))
        }
        None => {
            let calls = sample("http_reqs", "count");
            let rate = sample("http_req_failed", "rate");
            (calls.map(count), calls.zip(rate).map(|(calls, rate)| count(calls * rate)))
        }
    }
}

fn last_error(log: &str) -> Option<String> {
    let message = |line: &str| {
        let it: Value = serde_json::from_str(line).ok()?;
        (it["level"] == "error").then(|| it["msg"].as_str().map(str::to_owned))?
    };
    let words = log.lines().rev().find_map(message)?;
    let one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(one_line.chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, WaitOptions, waitpid};
    use serde_json::json;

    use super::*;

    /// What is frozen does not hear that it is to end, and is killed when the run lets go of it.
    #[tokio::test]
    async fn a_frozen_k6_is_ended() {
        let zero = Duration::ZERO;
        let limits = || Limits { first: FIRST, silent: FROZEN, most: None, stop: zero };
        for (alive, limits, says) in [
            (true, Limits { silent: zero, ..limits() }, "k6 answered nothing for 0 s"),
            (false, Limits { first: zero, ..limits() }, "k6 answered nothing for 0 s"),
            (false, Limits { most: Some(zero), ..limits() }, "k6 had not ended after 0 s"),
        ] {
            let mut sleep = child::command("sleep");
            let mut child = Child::spawn("sleep", sleep.arg("600")).unwrap();
            if alive {
                child.signal(Signal::STOP);
            }
            let pid = Pid::from_raw(child.id().unwrap().cast_signed());
            let mut looks = [alive, false].into_iter();
            let look = async || looks.next().unwrap_or(false);
            let interrupt = Interrupt::listen().unwrap();
            let error = watch(&mut child, look, &limits, interrupt).await.unwrap_err().to_string();
            assert!(error.starts_with(says) && error.ends_with("was ended"), "{error}");
            drop(child);
            // It has ended, whether it was waited for already or not.
            let ended = waitpid(pid, WaitOptions::empty());
            assert!(ended.is_err() || ended.unwrap().unwrap().1.terminating_signal().is_some());
        }
    }

    #[test]
    fn the_scripts_own_counters_are_preferred() {
        let metric = |id: &str, sample: Value| json!({"id": id, "attributes": {"sample": sample}});
        let requests = metric("http_reqs", json!({"count": 90, "rate": 9}));
        let failed = metric("http_req_failed", json!({"rate": 0.1}));
        let plain = json!({"data": [requests, failed]});
        assert_eq!(counts(&plain), (Some(90), Some(9)));

        let calls = metric("mcp_calls", json!({"count": 60, "rate": 6}));
        let ours = json!({"data": [requests, calls]});
        assert_eq!(counts(&ours), (Some(60), Some(0)));
        assert_eq!(counts(&json!({"errors": []})), (None, None));
    }

    #[test]
    fn the_last_error_of_a_log_is_one_line() {
        let log = "{\"level\":\"error\",\"msg\":\"first\"}\nnoise\n\
                   {\"level\":\"error\",\"msg\":\"unknown\\n  executor\"}\n{\"level\":\"info\",\"msg\":\"bye\"}\n";
        assert_eq!(last_error(log).as_deref(), Some("unknown executor"));
        assert_eq!(last_error("plain text"), None);
    }
}
