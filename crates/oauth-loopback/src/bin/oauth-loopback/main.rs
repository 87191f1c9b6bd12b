mod advice;
mod arguments;
mod browser_command;
mod checks;
mod console;
mod doctor;
mod environment;
mod output;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use oauth_loopback::{
    Config, Error, Grant, GrantFile, LoopbackListener, Opening, authorize, client_credentials,
    discover, discover_issuer, http_client,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::advice::advice;
use crate::arguments::{
    Arguments, Checks, ClientCredentials, Command, Doctor, Forget, Mint, Refresh, Wanted,
};
use crate::browser_command::Browser;
use crate::checks::check;
use crate::console::say;
use crate::output::{Destination, print};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Refresh(it)) => refresh(it).await,
        Some(Command::Forget(it)) => forget(it).await,
        Some(Command::ClientCredentials(it)) => or_interrupted(by_itself(it)).await,
        Some(Command::Doctor(it)) => or_interrupted(examine(it)).await,
        None => or_interrupted(mint(arguments.mint)).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            say_error(&err);
            ExitCode::FAILURE
        }
    }
}

fn say_error(err: &anyhow::Error) {
    let advice = err.downcast_ref().and_then(advice);
    let advice = advice.map(|it| format!("; {it}")).unwrap_or_default();
    say(&format!("error: {err:#}{advice}"));
}

async fn mint(it: Mint) -> anyhow::Result<()> {
    let destination = Destination::prepare(&it.output)?;
    let browser =
        it.browser.as_deref().filter(|it| !it.trim().is_empty()).map(Browser::parse).transpose()?;
    browser.as_ref().map_or(Ok(()), Browser::look_up)?;
    let server = it.wanted.server();
    let mut config = match it.wanted.resource {
        Some(_) => Config::resource(server),
        None => Config::issuer(server),
    };
    let http = client()?;
    config.scope = it.wanted.scope.clone();
    config.challenge = it.challenge;
    config.client = it.client_id.map(environment::client).transpose()?;
    config.client_metadata_url = it.client_metadata_url;
    config.client_name = it.client_name;
    config.authorization_parameters = it.authorization_parameters;
    config.token_parameters = it.wanted.token_parameters.clone();
    config.initial_access_token = environment::initial_access_token()?;
    config.clients = environment::clients(it.clients, server)?;
    // Whoever opens addresses by hand is not asked to do it twice.
    config.silent_first = browser.is_some();
    config.prompt = it.prompt.unwrap_or_default();
    config.timeout = Duration::from_secs(it.timeout);
    config.allow_unadvertised_pkce = it.allow_unadvertised_pkce;
    let listener = match &it.redirect_uri {
        Some(it) => LoopbackListener::bind_to(it).await?,
        None => LoopbackListener::bind().await?,
    };
    let open = async |opening| open(browser.as_ref(), opening).await;
    let grant = authorize(&http, listener, &config, open).await?;
    put(&http, &grant, &it.checks, &config.scope, &destination).await
}

async fn by_itself(it: ClientCredentials) -> anyhow::Result<()> {
    let destination = Destination::prepare(&it.output)?;
    let me = environment::client(it.client_id)?;
    anyhow::ensure!(
        me.client_secret.is_some() || me.client_key.is_some(),
        "neither LOADTEST_CLIENT_SECRET nor LOADTEST_CLIENT_KEY_FILE is set; a client gets a token for itself with one of them alone"
    );
    let server = it.wanted.server();
    let http = client()?;
    let discovery = match it.wanted.resource {
        Some(_) => discover(&http, server).await?,
        None => discover_issuer(&http, server).await?,
    };
    let Wanted { scope, token_parameters, .. } = &it.wanted;
    let grant = client_credentials(&http, &discovery, &me, scope, token_parameters).await?;
    put(&http, &grant, &it.checks, scope, &destination).await
}

/// Hands a token out, or gives it back where it is not what was asked for.
async fn put(
    http: &reqwest::Client,
    grant: &Grant,
    checks: &Checks,
    scope: &[String],
    destination: &Destination,
) -> anyhow::Result<()> {
    let Err(refused) = check(grant, checks, scope) else { return destination.put(grant) };
    // Not every server takes a token back, and the reason of the failure is another.
    let _ = grant.revoke(http).await;
    Err(refused.into())
}

async fn examine(it: Doctor) -> anyhow::Result<()> {
    doctor::examine(&client()?, &it).await
}

async fn refresh(it: Refresh) -> anyhow::Result<()> {
    // Between the answer with the next refresh token and the file nothing may come in; it takes seconds at most.
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let _unheard = kinds.map(signal);
    let (file, grant) = GrantFile::open(it.file).await?;
    let mut grant = environment::with_credentials(grant)?;
    grant.refresh(&client()?).await?;
    file.save(&grant)?;
    // The refresh token has one owner, the file.
    let mut token = grant.token;
    token.refresh_token = None;
    print(&token, it.format)
}

async fn forget(it: Forget) -> anyhow::Result<()> {
    let (file, grant) = GrantFile::open(it.file).await?;
    let grant = environment::with_credentials(grant)?;
    let http = client()?;
    let revoked = offered(grant.revoke(&http).await);
    // A token that could not be revoked is no reason to leave the client behind as well.
    let deleted = offered(grant.delete_client(&http).await);
    if deleted.is_ok()
        && let Some(store) = environment::clients(it.clients, &grant.issuer)?
    {
        store.forget(&grant.issuer, &grant.client_id).await?;
    }
    match (revoked, deleted) {
        (Ok(()), Ok(())) => Ok(file.remove()?),
        (Err(first), Err(second)) => {
            say_error(&first.into());
            Err(second.into())
        }
        (Err(it), _) | (_, Err(it)) => Err(it.into()),
    }
}

/// What a server does not offer is said and is no failure: nobody can do more.
fn offered(outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(it @ Error::NotOffered { .. }) => {
            say(&format!("note: {it}"));
            Ok(())
        }
        it => it,
    }
}

async fn open(browser: Option<&Browser>, mut opening: Opening) -> io::Result<()> {
    if opening.url.query_pairs().any(|(name, value)| name == "prompt" && value == "none") {
        say("trying without a page first, since someone once consented to this client");
    }
    match browser {
        Some(it) => {
            // Without its query, which holds the state: this line ends in logs.
            let mut url = opening.url.clone();
            url.set_query(None);
            say(&format!("opening {url}"));
            it.open(&mut opening).await
        }
        None => {
            say(&format!("open {}", opening.url));
            opening.code_arrived().await;
            Ok(())
        }
    }
}

fn client() -> anyhow::Result<reqwest::Client> {
    http_client().build().context("failed to set up the HTTP client")
}

async fn or_interrupted(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let name = tokio::select! {
        done = work => return done,
        it = tokio::signal::ctrl_c() => it.map(|()| "SIGINT")?,
        _ = terminate.recv() => "SIGTERM",
        _ = hangup.recv() => "SIGHUP",
    };
    anyhow::bail!("interrupted by {name}")
}
