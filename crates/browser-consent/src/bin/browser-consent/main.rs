//! Opens an authorization request in a headless browser, signs in and approves.

mod advice;
mod arguments;
mod preflight;
mod signals;

use std::future::pending;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use browser_consent::{
    Client, Consent, Credentials, Driver, Error, Script, StorageState, Trail, WebDriver, consent,
    current_address, find_driver, reached, with_session,
};
use clap::{CommandFactory as _, Parser as _, error::ErrorKind};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tool_edge::{printable, private_file, variable};
use url::Url;

use crate::advice::advice;
use crate::arguments::{Arguments, Browser};
use crate::signals::interruptible;

/// What is left to do after the approval gets this at least.
const CLOSING: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(until) = arguments.until.clone().or_else(|| redirect_uri(&arguments.url)) else {
        let message = "the URL has no redirect_uri; say with --until PREFIX where it ends";
        Arguments::command().error(ErrorKind::MissingRequiredArgument, message).exit()
    };
    match interruptible(async |stop| run(&arguments, &until, stop).await).await {
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
                eprintln!("error: {}", printable(&explained(&error)));
            }
            ExitCode::FAILURE
        }
    }
}

/// What went wrong, and then what to do about it.
fn explained(error: &anyhow::Error) -> String {
    match error.downcast_ref().and_then(advice) {
        Some(advice) => format!("{error:#}; {advice}"),
        None => format!("{error:#}"),
    }
}

async fn run(arguments: &Arguments, until: &Url, stop: &Notify) -> anyhow::Result<String> {
    let deadline = Instant::now() + Duration::from_secs(arguments.timeout);
    let credentials = credentials(arguments.credentials.as_deref())?;
    let script = script(arguments)?;
    let state = arguments.storage_state.as_deref();
    let restored = state.map(StorageState::read).transpose()?.flatten();
    if let (Some(state), Some(it)) = (&restored, &credentials) {
        state.check_user(it.email())?;
    }
    preflight::check(arguments)?;
    let webdriver = match &arguments.webdriver {
        Some(url) => WebDriver::Url(url.clone()),
        None => WebDriver::Driver(driver(arguments.browser)?),
    };
    if state.is_some() && matches!(&webdriver, WebDriver::Driver(it) if it.is_firefox()) {
        bail!(
            "--storage-state needs Chromium or Chrome, and Firefox is what there is; leave it out, or install one"
        );
    }
    let opened = Notify::new();
    let session = with_session(&webdriver, async |client| {
        opened.notify_one();
        if let Some(it) = &restored {
            let late = "the sites of the storage state did not answer in time; raise --timeout";
            timeout_at(deadline, it.restore(client)).await.context(late)??;
        }
        let mut it = Consent::new(&arguments.url);
        it.credentials = credentials.as_ref();
        it.allow_origins = &arguments.allow_origin;
        it.allow_scopes = &arguments.allow_scope;
        it.choices = &arguments.choose;
        it.script = Some(&script);
        it.client_name = arguments.client_name.as_deref();
        it.timeout = deadline.duration_since(Instant::now());
        it.evidence = arguments.evidence.as_deref();
        let mut is_stopped = false;
        let done = async {
            tokio::select! {
                () = reached(client, until.as_str()) => {}
                () = stop.notified() => is_stopped = true,
            }
        };
        let outcome = consent(client, &it, done).await;
        if let Some(file) = &arguments.trace {
            trace(file, &outcome)?;
        }
        let trail = outcome?;
        if is_stopped {
            bail!("stopped");
        }
        let closing = deadline.max(Instant::now() + CLOSING);
        let late = "the redirect URI was reached, but then nothing answered in time";
        let user = credentials.as_ref().map(Credentials::email);
        let user = user.or(restored.as_ref().and_then(StorageState::user));
        timeout_at(closing, finish(client, &trail, state, user)).await.context(late)?
    });
    let late = async {
        if timeout_at(deadline, opened.notified()).await.is_ok() {
            pending().await
        }
    };
    tokio::select! {
        outcome = session => outcome?,
        () = late => bail!("the browser was not open within {} s; raise --timeout, or run the driver by hand to see why", arguments.timeout),
    }
}

/// What there is to say and to keep at the redirect URI; its address.
async fn finish(
    client: &Client,
    trail: &Trail,
    state: Option<&Path>,
    user: Option<&str>,
) -> anyhow::Result<String> {
    warn(trail.steps_left.iter().map(|it| {
        format!("no page had anything for the step `{it}`; look whether it is still needed")
    }));
    let gone = "the redirect URI was reached, and then the browser was gone";
    let address = current_address(client).await.context(gone)?;
    if let Some(file) = state {
        let taken = StorageState::take(client, trail).await?;
        user.into_iter().fold(taken, StorageState::of).write(file)?;
    }
    Ok(address.into())
}

fn warn(warnings: impl IntoIterator<Item = String>) {
    #[expect(clippy::print_stderr, reason = "warnings are for the person at the terminal")]
    for it in warnings {
        eprintln!("warning: {}", printable(&it));
    }
}

fn credentials(file: Option<&Path>) -> anyhow::Result<Option<Credentials>> {
    if let Some(file) = file {
        return Ok(Some(Credentials::read(file)?));
    }
    let it = match (variable("LOADTEST_EMAIL")?, variable("LOADTEST_PASSWORD")?) {
        (Some(email), Some(password)) => Credentials::new(email, password),
        (None, None) => return Ok(None),
        _ => bail!("only one of LOADTEST_EMAIL and LOADTEST_PASSWORD is set; set both"),
    };
    match variable("LOADTEST_TOTP_SECRET")? {
        Some(secret) => Ok(Some(it.with_totp(&secret)?)),
        None => Ok(Some(it)),
    }
}

fn script(arguments: &Arguments) -> anyhow::Result<Script> {
    let variable = |name: &str| variable(name).ok().flatten();
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
    let folder = std::env::var_os("CHROMEWEBDRIVER").filter(|it| !it.is_empty());
    let folder = folder.map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    if browser == Some(Browser::Firefox) {
        return Driver::firefox(&path)
            .context("there is no geckodriver with Firefox on the PATH; on Debian: apt-get install firefox-esr && cargo install geckodriver --locked");
    }
    let found = find_driver(&path, folder.as_deref());
    let found = found.filter(|it| browser.is_none() || !it.is_firefox());
    let given = folder.map(|it| it.join("chromedriver"));
    warn(given.filter(|it| found.as_ref().is_none_or(|found| found.program != *it)).map(|it| {
        let instead = match &found {
            Some(it) => format!("{} is used instead", it.program.display()),
            None => "nor is there another".to_owned(),
        };
        format!(
            "CHROMEWEBDRIVER names no driver with a browser, {} was looked for; {instead}",
            it.display()
        )
    }));
    found.context("there is no chromedriver with Chromium or Chrome on the PATH; on Debian: apt-get install chromium-driver chromium-headless-shell")
}

/// Writes the way that was taken, whether or not it led to the end.
fn trace(file: &Path, outcome: &Result<Trail, Error>) -> anyhow::Result<()> {
    let trail = match outcome {
        Ok(trail) => Some(trail),
        Err(Error::Page { trail, .. } | Error::Driver { trail, .. }) => Some(trail),
        Err(_) => None,
    };
    let Some(trail) = trail else { return Ok(()) };
    let text = serde_json::to_vec_pretty(trail).expect("strings and numbers are JSON");
    private_file::write(file, &text)
        .with_context(|| format!("{} cannot be written", file.display()))
}

fn redirect_uri(url: &Url) -> Option<Url> {
    url.query_pairs().find(|(name, _)| name == "redirect_uri")?.1.parse().ok()
}
