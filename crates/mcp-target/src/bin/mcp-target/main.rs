//! Serves until a signal comes.

mod arguments;
mod environment;
mod log;
mod tools;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread;

use anyhow::Context as _;
#[cfg(feature = "redis")]
use clap::CommandFactory as _;
use clap::Parser as _;
#[cfg(feature = "redis")]
use clap::error::ErrorKind;
use mcp_target::{Config, Limits, Upstream};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Args;

/// Each request of MCP costs some hundred small allocations and a few large ones.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    #[cfg(feature = "redis")]
    if let Some(Err(err)) = args.redis.as_deref().map(environment::check_redis_flag) {
        let _ = Args::command().error(ErrorKind::ValueValidation, err).print();
        return ExitCode::from(2);
    }
    let _lines = log::start(args.log, args.log_level.as_deref());
    in_small_pages();
    let threads = args.threads.map_or_else(half_of_the_cores, usize::from);
    let threads = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let served = threads.context("failed to start threads").and_then(|threads| {
        let served = threads.block_on(run(args));
        // A tool that still computes is not waited for.
        threads.shutdown_background();
        served
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            let _ = writeln!(io::stderr(), "error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whoever loads the target on the same machine has the other half. What computes is done by other threads.
fn half_of_the_cores() -> usize {
    thread::available_parallelism().map_or(1, |it| it.get().div_ceil(2))
}

/// A session holds little here and there: in pages of 2 MB each piece of it would take, and clear, a whole one.
fn in_small_pages() {
    #[cfg(target_os = "linux")]
    // An old kernel has no such switch, and serves all the same.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

async fn run(args: Args) -> anyhow::Result<()> {
    let tools = args.tools.as_deref().map(tools::read).transpose()?.unwrap_or_default();
    let listener = mcp_target::listen(args.listen).map_err(|err| match err.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow::anyhow!(
                "{} is in use by another program; take another port, or 0 for any free one",
                args.listen
            )
        }
        _ => anyhow::Error::new(err).context(format!("failed to listen on {}", args.listen)),
    })?;
    let address = listener.local_addr().context("failed to read the address")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for signals")?;
    let shutdown = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };

    let (users, is_made_up) = environment::users(args.users)?;
    let first = users[0].clone();
    let user = serde_json::json!({"email": users[0].email, "workspace": users[0].workspace});
    let config = Config {
        screens: args.screens,
        remember_consent: args.remember_consent,
        token_kind: args.token,
        token_life: args.token_life,
        key_rotation: args.key_rotation,
        auth: !args.no_auth,
        sessions: !args.stateless,
        max_sessions: args.max_sessions,
        session_idle: args.session_idle,
        fixtures: args.fixtures,
        upstream: Upstream {
            url: args.upstream,
            pool: args.upstream_pool.into(),
            per_minute: args.upstream_rate,
            timeout: args.upstream_timeout,
        },
        rate_limit: args.rate_limit,
        limits: Limits {
            keep_alive: args.keep_alive,
            header_timeout: args.header_timeout,
            request_timeout: args.request_timeout,
            max_connections: args.max_connections,
            max_body: args.max_body,
            ..Limits::default()
        },
        faults: args.faults.into_iter().collect(),
        fault_header: args.fault_header,
        clients: environment::clients()?,
        tools,
        #[cfg(feature = "redis")]
        redis: environment::redis(args.redis, args.redis_pool, args.redis_timeout)?,
        ..Config::new(users)
    };
    let ready = serde_json::json!({
        "resource": mcp_target::resource(address),
        "issuer": mcp_target::issuer(address),
        "metrics": format!("{}/metrics", mcp_target::issuer(address)),
        "user": user,
    });
    let target = mcp_target::prepare(listener, config).await.context("failed to serve")?;
    if is_made_up && !args.no_auth {
        let (email, password) = (first.email, first.password.reveal());
        let _ = writeln!(io::stderr(), "sign in as {email} with the password {password}");
    }
    // The socket already queues connections, so whoever reads this line may connect.
    writeln!(io::stdout(), "{ready}").context("failed to write to stdout")?;
    target.serve(shutdown).await;
    Ok(())
}
