//! Opens an authorization request in a headless browser, signs in and approves.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use browser_consent::{
    Client, Consent, Credentials, WebDriver, consent, find_driver, reached, with_session,
};
use clap::{CommandFactory as _, Parser, error::ErrorKind};
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

/// Signs in and approves an OAuth consent screen in a real headless browser.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
The test user is taken from LOADTEST_EMAIL and LOADTEST_PASSWORD; a page that only asks for consent needs neither.
What the redirect URI's page says about itself, its origin and path, is printed on stdout.

Example:
  browser-consent 'https://auth.example/authorize?client_id=…' --allow-origin https://login.example

Exit codes:
  0  the redirect URI was reached
  1  it was not; the reason is on stderr
  2  wrong usage"
)]
struct Arguments {
    /// The authorization request's address
    url: Url,
    /// End when the page's address starts with this [default: the redirect_uri in URL]
    #[arg(long, value_name = "PREFIX")]
    until: Option<String>,
    /// An origin, besides that of URL, on which credentials may be typed; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<Url>,
    /// A scope that the consent page may list, which is refused if it lists others; may be repeated
    #[arg(long, value_name = "SCOPE")]
    allow_scope: Vec<String>,
    /// The client's registered name, which is not read as a word of the page's
    #[arg(long, value_name = "NAME", env = "OAUTH_CLIENT_NAME")]
    client_name: Option<String>,
    /// Give up after this many seconds
    #[arg(long, value_name = "SECS", default_value_t = 45)]
    timeout: u64,
    /// Use a WebDriver that is already running, for instance http://127.0.0.1:9515
    #[arg(long, value_name = "URL")]
    webdriver: Option<Url>,
    /// Keep a screenshot and a report in this folder when it fails
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(until) = arguments.until.clone().or_else(|| redirect_uri(&arguments.url)) else {
        let message = "the URL has no redirect_uri; say with --until PREFIX where it ends";
        Arguments::command().error(ErrorKind::MissingRequiredArgument, message).exit()
    };
    match interruptible(run(&arguments, &until)).await {
        Ok(reached) => {
            #[expect(clippy::print_stdout, reason = "the address is this program's output")]
            {
                println!("{reached}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the reason is for the person at the terminal")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Dropping the work is what closes the browser.
async fn interruptible<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => bail!("interrupted; the browser is closed"),
        _ = terminate.recv() => bail!("terminated; the browser is closed"),
    }
}

async fn run(arguments: &Arguments, until: &str) -> anyhow::Result<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
    let credentials = match (variable("LOADTEST_EMAIL"), variable("LOADTEST_PASSWORD")) {
        (Some(email), Some(password)) => Some(Credentials::new(email, password)),
        (None, None) => None,
        _ => bail!("only one of LOADTEST_EMAIL and LOADTEST_PASSWORD is set; set both"),
    };
    let webdriver = match &arguments.webdriver {
        Some(url) => WebDriver::Url(url.clone()),
        None => WebDriver::Driver(driver()?),
    };
    let it = Consent {
        url: &arguments.url,
        credentials: credentials.as_ref(),
        allow_origins: &arguments.allow_origin,
        allow_scopes: &arguments.allow_scope,
        client_name: arguments.client_name.as_deref(),
        timeout: Duration::from_secs(arguments.timeout),
        evidence: arguments.evidence.as_deref(),
    };
    with_session(&webdriver, async |client| {
        consent(client, &it, reached(client, until)).await?;
        address(client).await
    })
    .await?
}

fn driver() -> anyhow::Result<browser_consent::Driver> {
    let folder = std::env::var_os("CHROMEWEBDRIVER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_driver(&path, folder.as_deref())
        .context("there is no chromedriver on the PATH; on Debian: apt-get install chromium-driver chromium-headless-shell")
}

async fn address(client: &Client) -> anyhow::Result<String> {
    let it = client.execute("return location.origin + location.pathname", Vec::new()).await;
    let it = it.ok().and_then(|it| it.as_str().map(str::to_owned));
    it.context("the redirect URI was reached, and then the browser was gone")
}

fn redirect_uri(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned())
}
