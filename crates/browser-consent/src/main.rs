//! Opens an authorization request in a headless browser, signs in and approves.

mod arguments;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use browser_consent::{
    Client, Consent, Credentials, Driver, Error, Script, StorageState, Trail, WebDriver, consent,
    find_driver, reached, with_session,
};
use clap::{CommandFactory as _, Parser as _, error::ErrorKind};
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::arguments::{Arguments, Browser};

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
    let listen = |kind| signal(kind).context("failed to listen for signals");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => bail!("interrupted; the browser is closed"),
        _ = terminate.recv() => bail!("terminated; the browser is closed"),
        _ = hangup.recv() => bail!("the terminal hung up; the browser is closed"),
    }
}

async fn run(arguments: &Arguments, until: &str) -> anyhow::Result<String> {
    let credentials = credentials(arguments.credentials.as_deref())?;
    let script = script(arguments)?;
    let state = arguments.storage_state.as_deref();
    let restored = state.map(StorageState::read).transpose()?.flatten();
    let webdriver = match &arguments.webdriver {
        Some(url) => WebDriver::Url(url.clone()),
        None => WebDriver::Driver(driver(arguments.browser)?),
    };
    let it = Consent {
        credentials: credentials.as_ref(),
        allow_origins: &arguments.allow_origin,
        allow_scopes: &arguments.allow_scope,
        choices: &arguments.choose,
        script: Some(&script),
        client_name: arguments.client_name.as_deref(),
        timeout: Duration::from_secs(arguments.timeout),
        evidence: arguments.evidence.as_deref(),
        ..Consent::new(&arguments.url)
    };
    with_session(&webdriver, async |client| {
        if let Some(restored) = &restored {
            restored.restore(client).await?;
        }
        let outcome = consent(client, &it, reached(client, until)).await;
        if let Some(file) = &arguments.trace {
            trace(file, &outcome)?;
        }
        let trail = outcome?;
        let address = address(client).await?;
        if let Some(file) = state {
            StorageState::take(client, &trail).await?.write(file)?;
        }
        Ok(address)
    })
    .await?
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

fn credentials(file: Option<&Path>) -> anyhow::Result<Option<Credentials>> {
    if let Some(file) = file {
        return Ok(Some(Credentials::read(file)?));
    }
    let it = match (variable("LOADTEST_EMAIL"), variable("LOADTEST_PASSWORD")) {
        (Some(email), Some(password)) => Credentials::new(email, password),
        (None, None) => return Ok(None),
        _ => bail!("only one of LOADTEST_EMAIL and LOADTEST_PASSWORD is set; set both"),
    };
    match variable("LOADTEST_TOTP_SECRET") {
        Some(secret) => Ok(Some(it.with_totp(&secret)?)),
        None => Ok(Some(it)),
    }
}

fn script(arguments: &Arguments) -> anyhow::Result<Script> {
    if let Some(file) = &arguments.recipe {
        let json = std::fs::read_to_string(file)
            .with_context(|| format!("failed to read the recipe {}", file.display()))?;
        return Ok(Script::recipe(&json, &arguments.url, variable)?);
    }
    let mut script = Script::default();
    for step in &arguments.step {
        script.step(step, variable)?;
    }
    Ok(script)
}

fn driver(browser: Option<Browser>) -> anyhow::Result<Driver> {
    let folder = std::env::var_os("CHROMEWEBDRIVER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    if browser == Some(Browser::Firefox) {
        return Driver::firefox(&path)
            .context("there is no geckodriver with Firefox on the PATH; on Debian: apt-get install firefox-esr && cargo install geckodriver --locked");
    }
    let found = find_driver(&path, folder.as_deref());
    found.filter(|it| browser.is_none() || !it.is_firefox())
        .context("there is no chromedriver on the PATH; on Debian: apt-get install chromium-driver chromium-headless-shell")
}

/// Writes the way that was taken, whether or not it led to the end.
fn trace(file: &Path, outcome: &Result<Trail, Error>) -> anyhow::Result<()> {
    let trail = match outcome {
        Ok(trail) => Some(trail),
        Err(Error::Page { trail, .. } | Error::Driver { trail, .. }) => Some(trail),
        Err(_) => None,
    };
    trail.map_or(Ok(()), |it| it.write(file)).map_err(Into::into)
}

async fn address(client: &Client) -> anyhow::Result<String> {
    let it = client.execute("return location.origin + location.pathname", Vec::new()).await;
    let it = it.ok().and_then(|it| it.as_str().map(str::to_owned));
    it.context("the redirect URI was reached, and then the browser was gone")
}

fn redirect_uri(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned())
}
