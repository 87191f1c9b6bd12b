use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use mcp_target::{Config, Fault, Screens, User};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const AFTER: &str = "\
One line of JSON on stdout names the resource and the issuer, once it serves; SIGINT or SIGTERM ends it.
The first user is LOADTEST_EMAIL with LOADTEST_PASSWORD, or loadtest@novamart.example with a random
password that is said on stderr.

Example:
  mcp-target --listen 127.0.0.1:8080 --screens spa --fault slow-tools

Exit codes:
  0  ended by a signal
  1  could not serve; the reason is on stderr
  2  wrong usage";

const EMAIL: &str = "loadtest@novamart.example";

/// Serve an OAuth authorization server and an MCP server to test against, on loopback.
#[derive(Debug, Parser)]
#[command(version, after_long_help = AFTER)]
struct Args {
    /// Address to listen on; loopback only, port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = mcp_target::listen_address)]
    listen: SocketAddr,

    /// Number of users; the second is `name+2@…` and so on, each with a workspace of its own and the same password.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    users: u32,

    /// How people sign in and consent.
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    screens: Screens,

    /// Let this go wrong; may be given several times.
    #[arg(long = "fault", value_name = "NAME", value_enum)]
    faults: Vec<Fault>,
}

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
    let config = Config {
        screens: args.screens,
        faults: args.faults.into_iter().collect(),
        ..Config::new(users(&email, &password, args.users))
    };
    let ready = serde_json::json!({
        "resource": mcp_target::resource(address),
        "issuer": mcp_target::issuer(address),
    });
    // The socket already queues connections, so whoever reads this line may connect.
    writeln!(io::stdout(), "{ready}").context("failed to write to stdout")?;
    mcp_target::serve(listener, config, shutdown).await.context("failed to serve")
}

fn users(email: &str, password: &str, count: u32) -> Vec<User> {
    let (name, domain) = email.split_once('@').unwrap_or((email, "novamart.example"));
    (1..=count)
        .map(|number| {
            let numbered = format!("{name}+{number}@{domain}");
            let email = if number == 1 { email } else { &numbered };
            User::new(email, password, format!("ws-novamart-{number}"))
        })
        .collect()
}
