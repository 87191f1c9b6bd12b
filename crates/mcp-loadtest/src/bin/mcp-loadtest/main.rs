//! The load test as a program.

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_loadtest::console::section::ended;
use mcp_loadtest::interrupt::Interrupt;
use mcp_loadtest::tools::target;
use mcp_loadtest::{arguments, run, scripts, setup, token};

/// Load tests of an OAuth-protected MCP server, with nobody holding a token
#[derive(Debug, Parser)]
#[command(version, after_help = arguments::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, for the length of the program")]
enum Command {
    /// Sign in, run k6 with the minted token, judge, compare and report
    #[command(after_help = arguments::help("mcp-loadtest run"))]
    Run(arguments::Args),
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
        Command::Token(args) => token::run(&args, Path::new(RESULTS), &interrupt).await,
        Command::Target(args) => target::foreground(&args, &interrupt).await,
        Command::Setup => setup::run(&interrupt).await,
        Command::Scripts(args) => scripts::run(&args),
    }
}
