//! What the target serves in a second, against a bare axum handler that answers the same bytes: with as many threads, the
//! same allocator and pages as small.
//!
//! Beside it what Redis, in a process of its own here, leaves of the rates in memory. `-- WORD` asks for the rows alone whose
//! name has the word in it.
// needs redis and wrk

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark is run to be read")]

use std::cell::Cell;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

#[path = "common/client.rs"]
mod client;
#[path = "common/redis.rs"]
mod redis;

use client::{Answer, Asked, Client, Failed};
use redis::Redis;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
const SECONDS: &str = "-d2s";
const CONNECTIONS: &str = "-c16";

const STARTS: usize = 20;

/// In ms.
const READY: f64 = 100.0;

/// As many refresh tokens as connections, and some that wait.
const TOKENS: usize = 64;

fn main() -> ExitCode {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let ended = match std::env::var("BARE") {
        Ok(answer) => {
            #[cfg(target_os = "linux")]
            let _ = rustix::thread::disable_transparent_huge_pages(true);
            let threads = thread::available_parallelism().map_or(1, |it| it.get().div_ceil(2));
            let runtime = runtime.worker_threads(threads).enable_all().build();
            runtime.expect("a runtime can be built").block_on(bare(&answer)).map(|()| true)
        }
        Err(_) => runtime.enable_all().build().expect("a runtime can be built").block_on(run()),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves `answer`, and signs it each time if `SIGNS` is set.
async fn bare(answer: &str) -> Result<(), Failed> {
    let Answer { content_type, body } = serde_json::from_str(answer)?;
    let (content_type, body): (&'static str, &'static str) = (content_type.leak(), body.leak());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", json!({"issuer": format!("http://{}", listener.local_addr()?)}));
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random)?;
    let key = Arc::new(EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random)?);
    let key = std::env::var_os("SIGNS").map(|_| key);
    let app = Router::new().fallback(any(async move || {
        if let Some(key) = key {
            key.sign(&SystemRandom::new(), body.as_bytes()).expect("a key signs");
        }
        ([(CONTENT_TYPE, content_type)], body)
    }));
    let listener = listener.tap_io(|it| drop(it.set_nodelay(true)));
    Ok(axum::serve(listener, app).await?)
}

/// A server in a process of its own, which ends with this.
struct Server {
    process: Child,
    origin: String,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self, Failed> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().ok_or("stdout was asked to be a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)?;
        let origin = ready["issuer"].as_str().ok_or("the server did not say where it is")?;
        Ok(Self { process, origin: origin.to_owned() })
    }

    fn target(arguments: &[&str], redis: Option<&str>) -> Result<Self, Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-target"));
        command.args(["--users", "64", "--max-sessions", "5000"]).args(arguments);
        command.env("LOADTEST_EMAIL", client::EMAIL).env("LOADTEST_PASSWORD", client::PASSWORD);
        command.env("REDIS_ENCRYPTION_SECRET", "of the benchmark");
        match redis {
            Some(url) => command.env("REDIS_URL", url),
            None => command.env_remove("REDIS_URL"),
        };
        Self::start(&mut command)
    }

    fn bare(answer: &Answer, signs: bool) -> Result<Self, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        if signs {
            command.env("SIGNS", "1");
        }
        Self::start(command.env("BARE", serde_json::to_string(answer)?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Requests a second, or how many answers were no success.
fn wrk(origin: &str, path: &str, script: &Path, variables: &[(&str, &str)]) -> Result<f64, Failed> {
    let mut command = Command::new("wrk");
    command.args(["-t1", CONNECTIONS, SECONDS, "-s"]).arg(script).arg(format!("{origin}{path}"));
    command.envs(variables.iter().copied());
    let output = command.output().map_err(|it| format!("failed to run wrk: {it}"))?;
    let said = String::from_utf8(output.stdout)?;
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        return Err(format!("wrk met failures at {path}: {said}").into());
    }
    let rate = said.lines().find_map(|it| it.strip_prefix("Requests/sec:"));
    Ok(rate.ok_or_else(|| format!("wrk says no rate: {said}"))?.trim().parse()?)
}

fn script(folder: &Path, asked: &Asked) -> Result<PathBuf, Failed> {
    let path = folder.join(format!("{:016x}.lua", rand::random::<u64>()));
    let mut file = fs::File::create(&path)?;
    writeln!(file, "wrk.method = {:?}", asked.method)?;
    for (name, value) in &asked.headers {
        writeln!(file, "wrk.headers[{name:?}] = {value:?}")?;
    }
    match asked.body.split_once(client::ID) {
        None => writeln!(file, "wrk.body = [==[{}]==]", asked.body)?,
        // Two requests of a session that are in flight must not have one id.
        Some((before, after)) => {
            writeln!(file, "local id = 0\nfunction request() id = id + 1")?;
            writeln!(
                file,
                "return wrk.format(nil, nil, nil, [==[{before}]==] .. id .. [==[{after}]==]) end"
            )?;
        }
    }
    Ok(path)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Medians of `a` and `b`, taken in turn.
fn in_turn(
    mut a: impl FnMut() -> Result<f64, Failed>,
    mut b: impl FnMut() -> Result<f64, Failed>,
) -> Result<(f64, f64), Failed> {
    let mut rates = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        rates.0.push(a()?);
        rates.1.push(b()?);
    }
    Ok((median(rates.0), median(rates.1)))
}

/// Prints a row, and whether the ratio is what it is to be.
fn row(what: &str, (rate, peer): (f64, f64), of: &str, least: Option<f64>) -> bool {
    let ratio = rate / peer;
    let met = least.is_none_or(|it| ratio >= it);
    let wanted = least.map_or(String::new(), |it| {
        format!("at least {it:.2}: {}", if met { "met" } else { "MISSED" })
    });
    println!("{what:<34} {rate:>9.0}/s {peer:>9.0}/s {of:<10} {ratio:>5.2}  {wanted}");
    met
}

/// From the start of the process to the line that says where it serves.
fn ready() -> Result<bool, Failed> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        Server::target(&[], None)?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    let time = median(times);
    let met = time < READY;
    let said = if met { "met" } else { "MISSED" };
    println!("ready after {time:.1} ms, median of {STARTS} starts, at most {READY}: {said}\n");
    Ok(met)
}

/// Refreshes a second. Tokens are used up by a run, so each has its own.
async fn refreshes(server: &Server, folder: &Path) -> Result<f64, Failed> {
    let (form, tokens) = Client::new(&server.origin).refresh_tokens(TOKENS).await?;
    refresh(server, folder, &form, &tokens)
}

fn refresh(server: &Server, folder: &Path, form: &str, tokens: &[String]) -> Result<f64, Failed> {
    let path = folder.join("tokens");
    fs::write(&path, tokens.join("\n"))?;
    let path = path.to_str().ok_or("the path is UTF-8")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/capacity/tokens.lua");
    wrk(&server.origin, "/token", &script, &[("FORM", form), ("TOKENS", path)])
}

/// Refreshes of `server` beside as many requests to `peer`, which takes any token.
async fn refreshes_beside(
    server: &Server,
    peer: &Server,
    folder: &Path,
) -> Result<(f64, f64), Failed> {
    let (form, tokens) = Client::new(&server.origin).refresh_tokens(TOKENS).await?;
    let mut rates = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        rates.0.push(refreshes(server, folder).await?);
        rates.1.push(refresh(peer, folder, &form, &tokens)?);
    }
    Ok((median(rates.0), median(rates.1)))
}

async fn run() -> Result<bool, Failed> {
    let word = std::env::args().skip(1).find(|it| !it.starts_with('-'));
    let any = Cell::new(false);
    let is_wanted = |row: &str| {
        let is_wanted = word.as_deref().is_none_or(|it| row.contains(it));
        any.set(any.get() || is_wanted);
        is_wanted
    };
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let mut met = true;
    println!("wrk -t1 {CONNECTIONS} {SECONDS}, medians of {ROUNDS} rounds in turn\n");

    if is_wanted("ready") {
        met &= ready()?;
    }
    let target = Server::target(&[], None)?;
    let client = Client::new(&target.origin);
    let user = client.sign_in(0).await?;
    let session = client.open_session(&user.access_token).await?;
    for (what, asked, least) in [
        ("tools/call echo, 2026-07-28", client::echo(&user.access_token), Some(0.28)),
        ("tools/call echo, a session's SSE", client::echo_in(&user.access_token, &session), None),
        ("ping, a session's SSE", client::ping_in(&user.access_token, &session), None),
        ("authorization server metadata", client::get(client::METADATA, None), Some(0.8)),
        ("JWKS", client::get("/jwks", None), Some(0.8)),
        ("userinfo", client::get("/userinfo", Some(&user.access_token)), Some(0.8)),
        ("authorize, to the sign-in", client::get(&client.authorize(&user), None), Some(0.8)),
    ] {
        if !is_wanted(what) {
            continue;
        }
        let answer = client.answer(&asked).await?;
        let peer = Server::bare(&answer, false)?;
        let script = script(folder, &asked)?;
        let rates = in_turn(
            || wrk(&target.origin, &asked.path, &script, &[]),
            || wrk(&peer.origin, &asked.path, &script, &[]),
        )?;
        met &= row(what, rates, "bare axum", least);
    }

    let opaque = Server::target(&["--token", "opaque"], None)?;
    let signs = "token, a refresh that signs ES256";
    for (what, server, peer_signs, least) in [
        (signs, &target, false, None),
        (signs, &target, true, Some(0.8)),
        ("token, a refresh of opaque tokens", &opaque, false, Some(0.8)),
    ] {
        if !is_wanted(what) {
            continue;
        }
        let answer = Client::new(&server.origin).refresh_answer().await?;
        let peer = Server::bare(&answer, peer_signs)?;
        let of = if peer_signs { "that signs" } else { "bare axum" };
        met &= row(what, refreshes_beside(server, &peer, folder).await?, of, least);
    }

    let what = "tools/call with an ES256 token";
    if is_wanted(what) {
        let reference = Client::new(&opaque.origin).sign_in(0).await?;
        let (with_jwt, with_reference) =
            (client::echo(&user.access_token), client::echo(&reference.access_token));
        let (with_jwt, with_reference) =
            (script(folder, &with_jwt)?, script(folder, &with_reference)?);
        let rates = in_turn(
            || wrk(&target.origin, "/mcp", &with_jwt, &[]),
            || wrk(&opaque.origin, "/mcp", &with_reference, &[]),
        )?;
        met &= row(what, rates, "opaque", Some(0.8));
    }

    let (refreshed, called) = ("token, a refresh in Redis", "tools/call of a session in Redis");
    if is_wanted(refreshed) || is_wanted(called) {
        let store = Redis::start(folder)?;
        let redis = Server::target(&["--redis-pool", "16"], Some(&store.url))?;
        let mut rates = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            rates.0.push(refreshes(&redis, folder).await?);
            rates.1.push(refreshes(&target, folder).await?);
        }
        let rates = (median(rates.0), median(rates.1));
        met &= row(refreshed, rates, "in memory", Some(0.55));
        let redis_client = Client::new(&redis.origin);
        let user_there = redis_client.sign_in(0).await?;
        let session_there = redis_client.open_session(&user_there.access_token).await?;
        let here = script(folder, &client::echo_in(&user.access_token, &session))?;
        let there = script(folder, &client::echo_in(&user_there.access_token, &session_there))?;
        let rates = in_turn(
            || wrk(&redis.origin, "/mcp", &there, &[]),
            || wrk(&target.origin, "/mcp", &here, &[]),
        )?;
        met &= row(called, rates, "in memory", Some(0.55));
    }
    if !any.get() {
        return Err(format!("no row has `{}` in its name", word.unwrap_or_default()).into());
    }
    Ok(met)
}
