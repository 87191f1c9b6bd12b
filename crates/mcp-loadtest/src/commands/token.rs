//! The sign-in alone.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::address;
use crate::interrupt::Interrupt;
use crate::sign_in::minting::Minting;

/// What `token` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// MCP server that the token is for
    #[arg(long, value_name = "URL")]
    target: String,
    #[command(flatten)]
    minting: Minting,
}

/// Mints and writes the bearer file; prints nothing on stdout. Below `results` is kept what a failed sign-in looked like.
///
/// # Errors
/// Whatever kept the token from being there and good.
pub async fn run(args: &Args, results: &Path, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let url = address::parse(&args.target)?;
    let http = address::http_client(Some(&url))?;
    args.minting.can_begin(false)?;
    let source = interrupt.or(args.minting.source(None)).await?;
    let evidence = results.join("sign-in");
    let resource = address::without_workspace(&args.target);
    let lifetime = Duration::ZERO;
    args.minting.mint(&http, resource, &source, lifetime, &evidence, interrupt).await?;
    Ok(ExitCode::SUCCESS)
}
