//! The sign-in alone.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::address;
use crate::config::file::File;
use crate::interrupt::Interrupt;
use crate::sign_in::minting::Minting;

/// What `token` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// MCP server that the token is for [default: that of loadtest.json]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// File that says what the load test is [default: ./loadtest.json, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    minting: Minting,
}

/// Mints and writes the bearer file; prints nothing on stdout. Below `results` is kept what a failed sign-in looked like.
///
/// # Errors
/// Whatever kept the token from being there and good.
pub async fn run(args: &Args, results: &Path, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let file = File::find(args.config.as_deref())?.map(|it| it.1).unwrap_or_default();
    let target = args.target.as_ref().or(file.target.as_ref());
    let target =
        target.context("there is no target: name one with --target or in loadtest.json")?;
    let mut minting = args.minting.clone();
    minting.fill(&file);
    let url = address::parse(target)?;
    let http = address::http_client(Some(&url))?;
    minting.can_begin(false)?;
    let source = interrupt.or(minting.source(None)).await?;
    let evidence = results.join("sign-in");
    let resource = address::without_workspace(target);
    let lifetime = Duration::ZERO;
    minting.mint(&http, resource, &source, lifetime, &evidence, interrupt).await?;
    Ok(ExitCode::SUCCESS)
}
