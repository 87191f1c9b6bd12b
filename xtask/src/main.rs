//! `cargo xtask`: the one entrance to everything this repository does.

mod actions;
mod address;
mod apt;
mod bearer;
mod bench;
mod browser;
mod calls;
mod child;
mod fuzz;
mod install;
mod interrupt;
mod k6;
mod load;
mod loadtest;
mod machine;
mod plan;
mod points;
mod preflight;
mod progress;
mod project;
mod renewal;
mod report;
mod roc;
mod scenario;
mod screens;
mod section;
mod sign_in;
mod target;
mod test;
#[cfg(test)]
mod tidy;
mod token;
mod tools;
mod tracking;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::interrupt::Interrupt;

/// Load tests of an OAuth-protected MCP server, with nobody holding a token
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, for the length of the program")]
enum Command {
    /// Sign in, run k6 with the minted token, judge, compare and report
    #[command(after_help = LOADTEST)]
    Loadtest(loadtest::Args),
    /// Sign in and write the bearer file, no more
    Token(token::Args),
    /// Run the embedded target in the foreground until Ctrl-C
    Target,
    /// Install k6, a browser and its driver, pinned and checked
    Setup,
    /// Install what the tests need, then run every test
    Test(test::Args),
    /// Run a benchmark: it prints absolutes and asserts ratios
    #[command(after_help = BENCH)]
    Bench(bench::Args),
    /// Run the fuzz targets for a bounded time
    #[command(after_help = FUZZ)]
    Fuzz(fuzz::Args),
    /// Measure how often the rule of comparison is wrong and write docs/roc.csv and docs/roc.svg
    Roc,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news: a run that is not `passed`";

const LOADTEST: &str = "\
Examples:
  cargo xtask loadtest
      the embedded target, no question asked
  cargo xtask loadtest --target https://mcp.example.com/mcp --calls calls.json
      your server; the test user's LOADTEST_EMAIL and LOADTEST_PASSWORD in the environment
  LOADTEST_BEARER=… cargo xtask loadtest --target https://mcp.example.com/mcp
      your server, with a token you have already
  cargo xtask loadtest cold-start --profile full --target https://mcp.example.com/mcp --yes
      one scenario with its full load

Environment:
  LOADTEST_EMAIL, LOADTEST_PASSWORD  the test user, for the browser
  LOADTEST_TOTP_SECRET               the secret of the test user's one-time codes
  LOADTEST_BEARER                    a token, instead of the browser
  LOADTEST_CLIENT_SECRET, LOADTEST_CLIENT_KEY_FILE
                                     the secret or the key (PEM) of the client of --client-id
  LOADTEST_INITIAL_ACCESS_TOKEN      what a registration is authorized with
  GITHUB_TOKEN or GH_TOKEN           for --issue
  K6, CHROMEWEBDRIVER                programs to use instead of those found
  SSL_CERT_FILE                      certificates to trust, in PEM
  TARGET_RPS                         calls per second of the paced scenarios, in all

Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  done, and the answer is bad news: a run that is not `passed`, unless --fail-on never";

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

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stderr, reason = "errors go to stderr")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", project::plain(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::listen()?;
    match command {
        Command::Loadtest(args) => loadtest::run(&args, &interrupt).await,
        Command::Token(args) => token::run(&args, &interrupt).await,
        Command::Target => target::foreground(&interrupt).await,
        Command::Setup => setup(&interrupt).await,
        Command::Test(args) => test::run(&args, &interrupt).await,
        Command::Bench(args) => bench::run(&args, &interrupt).await,
        Command::Fuzz(args) => fuzz::run(&args, &interrupt).await,
        Command::Roc => roc::run(),
    }
}

async fn setup(interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let root = project::root()?;
    section::say("k6", interrupt.or(tools::k6(&root)).await?);
    let driver = interrupt.or(browser::driver()).await?;
    section::say("browser", driver.program.display());
    Ok(ExitCode::SUCCESS)
}
