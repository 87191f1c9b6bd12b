//! The load test as a program.

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_loadtest::commands::{doctor, init, scripts, setup, token};
use mcp_loadtest::console::section::ended;
use mcp_loadtest::interrupt::Interrupt;
use mcp_loadtest::tools::target;
use mcp_loadtest::{arguments, run};

/// Load tests of an OAuth-protected MCP server, with nobody holding a token
#[derive(Debug, Parser)]
#[command(version, after_help = arguments::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sign in, run k6 with the minted token, judge, compare and report
    #[command(after_help = arguments::help("mcp-loadtest run"))]
    Run(arguments::Args),
    /// Write loadtest.json out of what a server offers, and the workflow that runs it every week
    Init(init::Args),
    /// Look at everything but the load: configuration, tools, sign-in, each call once, the tracking issue
    Doctor(doctor::Args),
    /// Sign in and write the bearer file, no more
    Token(token::Args),
    /// Run the embedded target in the foreground until Ctrl-C
    Target(target::Args),
    /// Install k6, a browser and its driver, pinned and checked
    Setup,
    /// Write the k6 scripts and profiles.json out, for scenarios of your own beside them
    Scripts(scripts::Args),
}

/// Where runs are kept, from the folder that this runs in.
const RESULTS: &str = "loadtest-results";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ended(carry_out(Cli::parse().command).await)
}

async fn carry_out(command: Command) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::listen()?;
    match command {
        Command::Run(args) => run::run(&args, Path::new(RESULTS), &interrupt).await,
        Command::Init(args) => init::run(&args, Path::new(RESULTS), &interrupt).await,
        Command::Doctor(args) => doctor::run(&args, Path::new(RESULTS), &interrupt).await,
        Command::Token(args) => token::run(&args, Path::new(RESULTS), &interrupt).await,
        Command::Target(args) => target::foreground(&args, &interrupt).await,
        Command::Setup => setup::run(&interrupt).await,
        Command::Scripts(args) => scripts::run(&args),
    }
}
