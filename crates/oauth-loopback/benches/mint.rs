//! How long a mint takes without a browser: `mcp-target` beside it in this process, its forms posted as a person would.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark is run to be read")]

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, TcpListener as StdListener, TcpStream as StdStream};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mcp_target::{Config as Target, User};
use oauth_loopback::{
    AuthorizationRequest, ClientMetadata, Config, Discovery, LoopbackListener, Opening,
    SharedListener, authorize, discover, http_client, register,
};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response};
use tokio::net::TcpListener;
use tokio::task::{JoinSet, LocalSet};
use url::Url;

const USERS: usize = 1_000;
const IN_FLIGHT: usize = 16;
const SEQUENTIAL: usize = 500;
const ROUNDS: usize = 12;
const TIME_WAIT: usize = 20_000;

/// Challenge, two documents, registration and token; authorize, login page and form, consent page and form, callback.
const ROUND_TRIPS: u32 = 11;

type Failed = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    match LocalSet::new().block_on(&runtime, run()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, Failed> {
    let http = http_client().no_proxy().tls_certs_only([]).build()?;

    // On this very thread, so that no figure is the time that a sleeping processor takes to wake up.
    let (listener, resource) = bind()?;
    tokio::spawn(mcp_target::serve(TcpListener::from_std(listener)?, config(), pending()));
    println!(
        "one after another, {SEQUENTIAL} mints with discovery and registration each, one thread for all"
    );
    let own = sequential(SEQUENTIAL, async || mint_alone(&http, &resource).await).await?;
    print_latencies("own listener", &own);
    let health = Url::parse(&resource)?.join("/health")?;
    let bare = sequential(SEQUENTIAL, async || bare_round_trips(&http, &health).await).await?;
    print_latencies("bare round trips", &bare);
    let over_bare = median(&own).as_secs_f64() / median(&bare).as_secs_f64();

    let resource = start_target()?;
    println!(
        "\n{USERS} users, {IN_FLIGHT} in flight, one client and one listener, best of {ROUNDS}"
    );
    let discovery = discover(&http, &resource).await?;
    let listener = LoopbackListener::bind().await?;
    let (before, crowded, waiting) = listener
        .share(async |shared: &SharedListener| {
            let before = rate(&http, &discovery, shared).await?;
            let kept = fill_time_wait()?;
            let crowded = rate(&http, &discovery, shared).await?;
            drop(kept);
            Ok::<_, Failed>((before, crowded, time_wait()))
        })
        .await??;
    println!("  {before:8.0} mints/s");
    println!("  {crowded:8.0} mints/s with {waiting} sockets in TIME_WAIT");
    let flat = crowded / before;

    println!();
    let p50 = median(&own).as_secs_f64() * 1e3;
    goal("a mint, p50", format!("{p50:.2} ms"), "1.5 ms or less", p50 <= 1.5);
    goal("mints a second", format!("{before:.0}"), "2500 or more", before >= 2500.0);
    let mut holds =
        ratio("a mint over its bare round trips", over_bare, "at most 2.50", over_bare <= 2.5);
    holds &= ratio("rate with TIME_WAIT over rate without", flat, "at least 0.90", flat >= 0.9);
    let share = waiting as f64 / TIME_WAIT as f64;
    holds &= ratio("sockets in TIME_WAIT over those wanted", share, "at least 1.00", share >= 1.0);
    Ok(holds)
}

/// `mcp-target` on a thread of its own, for as long as this process lives.
fn start_target() -> io::Result<String> {
    let (listener, resource) = bind()?;
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be built").block_on(async {
            let listener = TcpListener::from_std(listener).expect("it does not block");
            mcp_target::serve(listener, config(), pending()).await
        })
    });
    Ok(resource)
}

fn bind() -> io::Result<(StdListener, String)> {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let resource = mcp_target::resource(listener.local_addr()?);
    Ok((listener, resource))
}

fn config() -> Target {
    let users = (0..USERS).map(|it| User {
        email: email(it),
        password: "lovelace".into(),
        workspace: format!("ws_{it}"),
    });
    Target::new(users.collect())
}

fn email(user: usize) -> String {
    format!("user{user}@novamart.example")
}

async fn mint_alone(http: &Client, resource: &str) -> Result<(), Failed> {
    let listener = LoopbackListener::bind().await?;
    let config = Config::new(resource);
    authorize(http, listener, &config, async |it| person(http, it, 0).await).await?;
    Ok(())
}

async fn bare_round_trips(http: &Client, health: &Url) -> Result<(), Failed> {
    for _ in 0..ROUND_TRIPS {
        http.get(health.clone()).send().await?.error_for_status()?.bytes().await?;
    }
    Ok(())
}

async fn sequential(
    count: usize,
    work: impl AsyncFn() -> Result<(), Failed>,
) -> Result<Vec<Duration>, Failed> {
    for _ in 0..count / 10 {
        work().await?;
    }
    let mut took = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        work().await?;
        took.push(started.elapsed());
    }
    took.sort_unstable();
    Ok(took)
}

/// Mints a second for all users, in the best of some rounds.
async fn rate(
    http: &Client,
    discovery: &Discovery,
    shared: &SharedListener,
) -> Result<f64, Failed> {
    let metadata = ClientMetadata::native("mint", shared.redirect_uri());
    let client = Rc::new(register(http, discovery, &metadata).await?);
    let mut best = 0_f64;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let mut mints: JoinSet<Result<(), Failed>> = JoinSet::new();
        for user in 0..USERS {
            if mints.len() == IN_FLIGHT {
                mints.join_next().await.expect("there are some")??;
            }
            let request = AuthorizationRequest::new(discovery, &client, shared.listener(), &[])?;
            let http = http.clone();
            mints.spawn_local(async move {
                let deadline = Duration::from_secs(30);
                let code =
                    request.wait_for_code(deadline, async |it| person(&http, it, user).await);
                code.await?.exchange(&http).await?;
                Ok(())
            });
        }
        while let Some(it) = mints.join_next().await {
            it??;
        }
        best = best.max(USERS as f64 / started.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// What a person and a browser do: authorize, sign in, approve, and follow the redirect to the callback.
async fn person(http: &Client, opening: Opening, user: usize) -> Result<(), reqwest::Error> {
    let login = next(http.get(opening.url)).await?.0;
    read(http.get(login.clone()).send().await?).await?;
    let request = login.query_pairs().next().expect("a login page has its request").1.into_owned();
    let email = email(user);
    let form = [("request", request.as_str()), ("email", &email), ("password", "lovelace")];
    let (consent, headers) = next(http.post(login).form(&form)).await?;
    let cookie = &headers[SET_COOKIE];
    read(http.get(consent.clone()).header(COOKIE, cookie).send().await?).await?;
    let form = [("request", request.as_str()), ("decision", "approve")];
    let (callback, _) = next(http.post(consent).header(COOKIE, cookie).form(&form)).await?;
    read(http.get(callback).send().await?).await
}

/// Where an answer leads, and its headers; it is read to its end, so that its connection does for the next request.
async fn next(request: RequestBuilder) -> Result<(Url, HeaderMap), reqwest::Error> {
    let answer = request.send().await?;
    let (url, headers) = (answer.url().clone(), answer.headers().clone());
    let to = headers[LOCATION].to_str().expect("addresses are ASCII");
    let to = url.join(to).expect("the target redirects to addresses");
    read(answer).await?;
    Ok((to, headers))
}

async fn read(answer: Response) -> Result<(), reqwest::Error> {
    answer.error_for_status()?.bytes().await.map(drop)
}

/// Leaves that many sockets in TIME_WAIT, as a listener or a connection for each mint would.
///
/// To two addresses in turn: to one alone Linux takes ports of half the range and then uses them again.
fn fill_time_wait() -> io::Result<[StdListener; 2]> {
    let bind = || StdListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listeners = [bind()?, bind()?];
    for round in 0..TIME_WAIT + 1_000 {
        let listener = &listeners[round % 2];
        let client = StdStream::connect(listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        drop(client);
        drop(server);
    }
    Ok(listeners)
}

/// How many sockets are in TIME_WAIT, as Linux tells.
fn time_wait() -> u64 {
    let told = std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    let tcp = told.lines().find_map(|it| it.strip_prefix("TCP: ")).unwrap_or_default();
    let mut words = tcp.split_whitespace();
    words.find(|it| *it == "tw").and_then(|_| words.next()?.parse().ok()).unwrap_or(0)
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

fn print_latencies(what: &str, sorted: &[Duration]) {
    let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q) as usize].as_secs_f64() * 1e3;
    let rate = sorted.len() as f64 / sorted.iter().sum::<Duration>().as_secs_f64();
    println!(
        "  {what:18} p50 {:.2} ms  p95 {:.2} ms  p99 {:.2} ms  {rate:6.0}/s",
        at(0.5),
        at(0.95),
        at(0.99)
    );
}

fn goal(what: &str, seen: String, wanted: &str, met: bool) {
    println!("goal   {what}: {seen}, wanted {wanted}: {}", if met { "met" } else { "not met" });
}

fn ratio(what: &str, seen: f64, wanted: &str, holds: bool) -> bool {
    println!(
        "ratio  {what}: {seen:.2}, wanted {wanted}: {}",
        if holds { "holds" } else { "BROKEN" }
    );
    holds
}
