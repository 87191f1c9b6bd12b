//! Serves until a signal comes.

mod arguments;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use mcp_target::{Config, Limits, Password, User};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Args;

const EMAIL: &str = "loadtest@novamart.example";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            let _ = writeln!(io::stderr(), "error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.listen).await.map_err(|err| match err.kind() {
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

    let email = tool_edge::variable("LOADTEST_EMAIL")?.unwrap_or_else(|| EMAIL.to_owned());
    let password = tool_edge::variable("LOADTEST_PASSWORD")?.unwrap_or_else(|| {
        let password = format!("{:016x}", rand::random::<u64>());
        let _ = writeln!(io::stderr(), "sign in as {email} with the password {password}");
        password
    });
    let totp = tool_edge::variable("LOADTEST_TOTP_SECRET")?;
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
        upstream: args.upstream,
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
        ..Config::new(users(&email, &password, totp.as_deref(), args.users))
    };
    let ready = serde_json::json!({
        "resource": mcp_target::resource(address),
        "issuer": mcp_target::issuer(address),
    });
    // The socket already queues connections, so whoever reads this line may connect.
    writeln!(io::stdout(), "{ready}").context("failed to write to stdout")?;
    mcp_target::serve(listener, config, shutdown).await.context("failed to serve")
}

fn users(email: &str, password: &str, totp: Option<&str>, count: u32) -> Vec<User> {
    let (name, domain) = email.split_once('@').unwrap_or((email, "novamart.example"));
    (1..=count)
        .map(|number| {
            let numbered = format!("{name}+{number}@{domain}");
            let email = if number == 1 { email } else { &numbered };
            let mut user = User::new(email, password, format!("ws-novamart-{number}"));
            user.totp = totp.map(Password::from);
            user
        })
        .collect()
}
