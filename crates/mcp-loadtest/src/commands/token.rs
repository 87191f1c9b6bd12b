//! The sign-in alone.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::address;
use crate::config::file;
use crate::console::actions::mask;
use crate::console::stdout::line;
use crate::environment::{self, variable};
use crate::interrupt::Interrupt;
use crate::sign_in::bearer::Bearer;
use crate::sign_in::bearer_file;
use crate::sign_in::minting::{Asked, Minting};

/// What `token` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// MCP server that the token is for [default: that of loadtest.json]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// File that says what the load test is [default: ./loadtest.json, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What goes to stdout beside the bearer file [default: nothing]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    #[command(flatten)]
    minting: Minting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// What the bearer file holds
    Json,
    /// LOADTEST_BEARER=TOKEN and, where it is known, WORKSPACE_ID=ID, for a shell or a file of variables
    Env,
    /// The same for the later steps of a GitHub Actions job, by GITHUB_ENV, masked in its log; nothing on stdout
    Actions,
}

/// Mints, writes the bearer file, and hands over what is asked for. Below `results` is kept what a failed sign-in looked like.
///
/// # Errors
/// Whatever kept the token from being there and good.
pub async fn run(args: &Args, results: &Path, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let file = file::File::find(args.config.as_deref())?.map(|it| it.1).unwrap_or_default();
    let target = args.target.clone().or(variable("FASTMCP_URL")?).or_else(|| file.target.clone());
    let target =
        &target.context("there is no target: name one with --target or in loadtest.json")?;
    let mut minting = args.minting.clone();
    minting.fill(&file)?;
    let later_steps = match args.format {
        Some(Format::Actions) => Some(environment::path("GITHUB_ENV").context(
            "--format actions is for a step of GitHub Actions, which sets GITHUB_ENV; it is not set",
        )?),
        _ => None,
    };
    let url = address::parse(target)?;
    let http = address::http_client(Some(&url))?;
    minting.can_begin(false)?;
    let source = interrupt.or(minting.source(None)).await?;
    let evidence = results.join("sign-in");
    let resource = address::without_workspace(target);
    let lifetime = Duration::ZERO;
    let asked = Asked { http: &http, resource, source: &source, lifetime, evidence: &evidence };
    let minted = minting.mint(&asked, interrupt).await?;
    match args.format {
        None => {}
        Some(Format::Json) => line(&bearer_file::text(&minted.bearer)?)?,
        Some(Format::Env) => line(&variables(&minted.bearer)?.join("\n"))?,
        Some(Format::Actions) => {
            let path = later_steps.expect("it was looked for before the sign-in");
            mask(minted.bearer.token.reveal());
            let lines = unquoted(&minted.bearer).map(|(name, it)| format!("{name}={it}\n"));
            let file = File::options().append(true).create(true).open(&path);
            file.and_then(|mut it| it.write_all(lines.collect::<String>().as_bytes()))
                .with_context(|| format!("failed to write `{}`", path.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The variables that hold a bearer; no value has a line end in it.
fn unquoted(bearer: &Bearer) -> impl Iterator<Item = (&'static str, &str)> {
    let workspace = bearer.workspace.as_deref().filter(|it| !it.contains(char::is_control));
    [("LOADTEST_BEARER", Some(bearer.token.reveal())), ("WORKSPACE_ID", workspace)]
        .into_iter()
        .filter_map(|(name, it)| Some((name, it?)))
}

/// The same, quoted for a shell.
fn variables(bearer: &Bearer) -> anyhow::Result<Vec<String>> {
    let quoted = |(name, it)| Ok(format!("{name}={}", shlex::try_quote(it)?));
    unquoted(bearer).map(quoted).collect()
}
