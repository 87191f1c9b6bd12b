mod command;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use clap::Parser;
use oauth_loopback::{Config, Grant, LoopbackListener, Opening, authorize, http_client};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::signal::unix::{SignalKind, signal};
use url::{Host, Url};

use crate::command::Browser;

/// Gets an OAuth token for an MCP server through a browser and a loopback redirect.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Args {
    /// Address of the MCP server.
    resource: String,
    /// Scope to ask for; may be given several times. Without it the server's challenge or metadata decides.
    #[arg(long = "scope", value_name = "SCOPE")]
    scope: Vec<String>,
    /// Client that was registered beforehand. Without it a client is registered.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Name of the client to register, as people read it on the consent page.
    #[arg(long, value_name = "NAME", default_value = "oauth-loopback")]
    client_name: String,
    /// Command that opens the address, which takes the place of %s or comes last. Without it the address is shown.
    #[arg(long, value_name = "COMMAND", env = "BROWSER", hide_env_values = true)]
    browser: Option<String>,
    /// Write the token to a file of mode 0600 instead of stdout, with what is needed to refresh it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Seconds until the callback must have come.
    #[arg(long, value_name = "SECS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Go on although the authorization server does not say that it supports PKCE.
    #[arg(long)]
    allow_unadvertised_pkce: bool,
}

const AFTER_HELP: &str = "\
Example:
  oauth-loopback https://api.example.com/mcp --browser browser-consent > token.json

Exit codes:
  0  there is a token
  1  there is none; the reason is on stderr
  2  wrong usage";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            say(&format!("error: {err:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    // Before anyone signs in, so that a token is not minted for a file that cannot be written.
    let out = args.out.as_deref().map(prepare).transpose()?;
    let browser = args
        .browser
        .as_deref()
        .filter(|it| !it.trim().is_empty())
        .map(Browser::parse)
        .transpose()?;
    let http = client(&args.resource)?;
    let mut config = Config::new(args.resource);
    config.scope = args.scope;
    config.client_id = args.client_id;
    config.client_name = args.client_name;
    config.timeout = Duration::from_secs(args.timeout);
    config.allow_unadvertised_pkce = args.allow_unadvertised_pkce;

    let listener = LoopbackListener::bind().await?;
    let grant = tokio::select! {
        grant = authorize(&http, listener, &config, async |opening| open(browser, opening).await) => grant?,
        signal = interrupted() => anyhow::bail!("interrupted by {}", signal?),
    };
    match (out, args.out) {
        (Some(file), Some(path)) => keep(file, &path, &grant),
        _ => {
            let json =
                serde_json::to_string(&grant.token).context("failed to write the token as JSON")?;
            writeln!(io::stdout(), "{json}").context("failed to write to stdout")
        }
    }
}

async fn open(browser: Option<Browser>, mut opening: Opening) -> io::Result<()> {
    say(&format!("open {}", opening.url));
    match browser {
        Some(it) => it.open(&mut opening).await,
        None => {
            opening.code_arrived().await;
            Ok(())
        }
    }
}

fn client(resource: &str) -> anyhow::Result<reqwest::Client> {
    let host = Url::parse(resource).ok().and_then(|it| it.host().map(|it| it.to_owned()));
    let on_loopback = match host {
        Some(Host::Ipv4(it)) => it.is_loopback(),
        Some(Host::Ipv6(it)) => it.is_loopback(),
        Some(Host::Domain(it)) => it == "localhost",
        None => false,
    };
    let client = if on_loopback { http_client().no_proxy() } else { http_client() };
    client.build().context("failed to set up the HTTP client")
}

async fn interrupted() -> io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        it = tokio::signal::ctrl_c() => it.map(|()| "SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

fn prepare(path: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    NamedTempFile::new_in(folder)
        .with_context(|| format!("failed to write to the folder `{}`", folder.display()))
}

/// Puts the grant where it belongs in one step. A temporary file has mode 0600 from birth and keeps it.
fn keep(mut file: NamedTempFile, path: &Path, grant: &Grant) -> anyhow::Result<()> {
    let failed = || format!("failed to write `{}`", path.display());
    writeln!(file, "{:#}", record(grant)?).with_context(failed)?;
    file.as_file().sync_all().with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}

fn record(grant: &Grant) -> anyhow::Result<Value> {
    let mut record =
        serde_json::to_value(&grant.token).context("failed to write the token as JSON")?;
    let expires_at =
        grant.expires_at.and_then(|it| it.duration_since(UNIX_EPOCH).ok()).map(|it| it.as_secs());
    record["issuer"] = json!(grant.issuer);
    record["token_endpoint"] = json!(grant.token_endpoint);
    record["client_id"] = json!(grant.client_id);
    record["resource"] = json!(grant.resource);
    record["expires_at"] = json!(expires_at);
    Ok(record)
}

/// Talks to the person in front of it; a closed stderr is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
