//! The embedded target: `mcp-target` in this very program, run as a process of its own.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use browser_consent::Credentials;
use mcp_target::{Config, DEMO_EMAIL, DEMO_WORKSPACE, Redis, User};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::console::section::say;
use crate::console::stdout::line;
use crate::environment::{self, variable};
use crate::interrupt::Interrupt;
use crate::tools::child::{self, Child};

/// The address of a Redis in which the target keeps what a sign-in and a session leave behind.
const REDIS: &str = "REDIS_URL";

/// Twice the users of the largest scenario.
const MOST_SESSIONS: usize = 2000;

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) child: Child,
    /// URL of its MCP endpoint.
    pub(crate) resource: String,
}

/// The embedded target in the foreground.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address to listen on; loopback only, port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = mcp_target::listen_address)]
    listen: SocketAddr,
    /// Requests a minute from one address, beyond which the answer is 429 [default: no limit]
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,
    /// Ask nobody for a token at the MCP endpoint
    #[arg(long)]
    no_auth: bool,
}

/// What the process says on stdout once it serves.
#[derive(Serialize, Deserialize)]
struct Serving {
    resource: String,
    issuer: String,
}

/// Who may sign in to the embedded target, with a password that nobody knows beforehand.
pub(crate) struct DemoUser {
    email: &'static str,
    password: String,
}

impl DemoUser {
    pub(crate) fn new() -> Self {
        let password = format!("{:032x}", rand::random::<u128>());
        Self { email: DEMO_EMAIL, password }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(self.email.to_owned(), self.password.clone())
    }
}

/// Starts it on a free port of 127.0.0.1 and waits until it serves.
pub(crate) async fn start(user: &DemoUser) -> anyhow::Result<Target> {
    let mut command = command()?;
    command.env("LOADTEST_EMAIL", user.email).env("LOADTEST_PASSWORD", &user.password);
    if let Some(url) = variable(REDIS)? {
        command.env(REDIS, url);
    }
    serving(command).await
}

/// Starts one that asks nobody for a token and answers so many requests a minute.
pub(crate) async fn start_limited(rate_limit: NonZeroU32) -> anyhow::Result<Target> {
    let mut command = command()?;
    command.args(["--no-auth", "--rate-limit", &rate_limit.to_string()]);
    serving(command).await
}

fn command() -> anyhow::Result<Command> {
    let program = environment::this_program().context("failed to find this program")?;
    let mut command = child::command(program);
    command.arg("target").stdout(Stdio::piped());
    Ok(command)
}

async fn serving(mut command: Command) -> anyhow::Result<Target> {
    let mut child = Child::spawn("the embedded target", &mut command)?;
    let stdout = child.inner().stdout.take().expect("stdout was asked to be a pipe");
    let mut line = String::new();
    let mut stdout = BufReader::new(stdout);
    tokio::time::timeout(Duration::from_secs(20), stdout.read_line(&mut line))
        .await
        .context("the embedded target did not say within 20 s where it listens")?
        .context("failed to read where the embedded target listens")?;
    let Serving { resource, .. } = serde_json::from_str(&line)
        .context("the embedded target ended without serving; its own words are above")?;
    say("target", format_args!("{resource} (embedded)"));
    Ok(Target { child, resource })
}

/// Serves until the user interrupts, and says how to sign in.
pub async fn foreground(args: &Args, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let config = config(args)?;
    // Threads of its own: this program has one, and a server that is measured has more.
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let threads = threads.context("failed to start threads")?;
    let served = threads.spawn(serve(args.listen, config, interrupt.clone())).await;
    threads.shutdown_background();
    served.context("the target broke off")?.map(|()| ExitCode::SUCCESS)
}

/// What the flags and the environment make of it.
fn config(args: &Args) -> anyhow::Result<Config> {
    let email = variable("LOADTEST_EMAIL")?.unwrap_or_else(|| DEMO_EMAIL.to_owned());
    let password = variable("LOADTEST_PASSWORD")?.unwrap_or_else(|| {
        let password = format!("{:016x}", rand::random::<u64>());
        if !args.no_auth {
            say("target", format_args!("sign in as {email} with the password {password}"));
        }
        password
    });
    let mut config = Config::new(vec![User::new(email, password, DEMO_WORKSPACE)]);
    config.remember_consent = true;
    config.max_sessions = MOST_SESSIONS;
    config.auth = !args.no_auth;
    config.rate_limit = args.rate_limit;
    config.redis = variable(REDIS)?.map(Redis::new);
    Ok(config)
}

async fn serve(
    address: SocketAddr,
    config: Config,
    mut interrupt: Interrupt,
) -> anyhow::Result<()> {
    let listener = mcp_target::listen(address);
    let listener = listener.with_context(|| {
        format!("failed to listen on {address}; take another port, or 0 for any free one")
    })?;
    let address = listener.local_addr().context("failed to read the address")?;
    let (resource, issuer) = (mcp_target::resource(address), mcp_target::issuer(address));
    // The socket already queues connections, so whoever reads this line may connect.
    line(&serde_json::to_string(&Serving { resource, issuer }).expect("two strings"))?;
    let ended = async move { interrupt.came().await };
    mcp_target::serve(listener, config, ended).await.context("failed to serve")
}
