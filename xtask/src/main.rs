//! `cargo xtask`: the one entrance to everything this repository does. What its users run is `mcp-loadtest`, under
//! its names here; the chores of its maintainers are in this crate alone.

mod bench;
mod cargo_test;
mod checkout;
mod dist;
mod fuzz;
mod identity_providers;
mod needs;
mod roc;
mod test;
#[cfg(test)]
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_loadtest::commands::{doctor, setup, token};
use mcp_loadtest::console::section::ended;
use mcp_loadtest::interrupt::Interrupt;
use mcp_loadtest::tools::target;
use mcp_loadtest::{arguments, run};

use crate::dist::command;

/// Load tests of an OAuth-protected MCP server, with nobody holding a token
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", after_help = arguments::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sign in, run k6 with the minted token, judge, compare and report
    #[command(after_help = arguments::help("cargo xtask loadtest"))]
    Loadtest(arguments::Args),
    /// Look at everything but the load: configuration, tools, sign-in, each call once, the tracking issue
    Doctor(doctor::Args),
    /// Sign in and write the bearer file, no more
    Token(token::Args),
    /// Run the embedded target in the foreground until Ctrl-C
    Target(target::Args),
    /// Install k6, a browser and its driver, pinned and checked
    Setup,
    /// Run every test, or a part; what they need is installed
    #[command(after_help = TEST)]
    Test(test::Args),
    /// Run a benchmark: it prints absolutes and asserts ratios
    #[command(after_help = BENCH)]
    Bench(bench::Args),
    /// Run the fuzz targets for a bounded time
    #[command(after_help = FUZZ)]
    Fuzz(fuzz::Args),
    /// Write what a release hands out for one platform: archive, wheel, npm packages, checksums
    #[command(after_help = DIST)]
    Dist(command::Args),
    /// Measure how often the rule of comparison is wrong and write docs/roc.csv and docs/roc.svg
    Roc,
}

const TEST: &str = "\
Examples:
  cargo xtask test
      every test there is
  cargo xtask test -p browser-consent
      those of one crate, with a real browser
  cargo xtask test -p mcp-loadtest run::
      those with `run::` in their names

Exit codes:
  0  each of them ran and passed
  1  some failed, named at the end, or it could not be done; the reason is on stderr
  2  wrong usage";

const BENCH: &str = "\
Examples:
  cargo xtask bench
      which there are
  cargo xtask bench mint
      one of them, on a machine that does nothing else

Exit codes:
  0  done, and every ratio holds
  1  a ratio does not hold, or it could not be done; the reason is on stderr
  2  wrong usage";

const FUZZ: &str = "\
Examples:
  cargo xtask fuzz
      every target for a minute
  cargo xtask fuzz callback --seconds 600
      one of them for ten minutes

Exit codes:
  0  nothing was found
  1  an input breaks a target, or it could not be done; the input and the reason are on stderr
  2  wrong usage";

const DIST: &str = "\
Examples:
  cargo xtask dist
      build all programs for this machine and write their packages to target/dist
  cargo xtask dist --programs target/debug --out /tmp/dist
      pack what is built already

Exit codes:
  0  done; the packages are on stdout
  1  could not do it; the reason is on stderr
  2  wrong usage";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ended(carry_out(Cli::parse().command).await)
}

async fn carry_out(command: Command) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::listen()?;
    match command {
        Command::Loadtest(args) => run::run(&args, &checkout::results()?, &interrupt).await,
        Command::Doctor(args) => doctor::run(&args, &checkout::results()?, &interrupt).await,
        Command::Token(args) => token::run(&args, &checkout::results()?, &interrupt).await,
        Command::Target(args) => target::foreground(&args, &interrupt).await,
        Command::Setup => setup::run(&interrupt).await,
        Command::Test(args) => test::run(&args, &interrupt).await,
        Command::Bench(args) => bench::run(&args, &interrupt).await,
        Command::Fuzz(args) => fuzz::run(&args, &interrupt).await,
        Command::Dist(args) => command::run(&args, &interrupt).await,
        Command::Roc => roc::run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn help_names_the_program_as_it_was_called() {
        let mut cli = Cli::command();
        let help = cli.find_subcommand_mut("loadtest").unwrap().render_long_help().to_string();
        assert!(help.contains("  cargo xtask loadtest --target"), "{help}");
    }
}
