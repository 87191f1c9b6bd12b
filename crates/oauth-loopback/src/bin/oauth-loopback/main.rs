mod advice;
mod arguments;
mod browser_command;
mod checks;
mod console;
mod doctor;
mod environment;
mod help;
mod output;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use oauth_loopback::{
    ClientInformation, Config, Discovery, Error, Grant, GrantFile, LoopbackListener, Opening,
    authorize_until, client_credentials, discover, discover_at, discover_issuer, http_client,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::advice::advice;
use crate::arguments::{
    Arguments, AuthMethod, Checks, ClientCredentials, Command, Doctor, Forget, Mint, Refresh,
    Wanted,
};
use crate::browser_command::Browser;
use crate::checks::check;
use crate::console::say;
use crate::output::{Destination, print};

/// How long a server may take to take a token or a client back.
const GIVING_BACK: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Refresh(it)) => refresh(it).await,
        Some(Command::Forget(it)) => forget(it).await,
        Some(Command::ClientCredentials(it)) => or_interrupted(by_itself(it)).await,
        Some(Command::Doctor(it)) => or_interrupted(examine(it)).await,
        None => mint(arguments.mint).await,
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
    config.pinned_issuer = it.wanted.issuer.clone();
    let http = http()?;
    config.scope = it.wanted.scope.clone();
    config.challenge = it.challenge;
    anyhow::ensure!(
        it.client_id.is_some() || it.client_auth_method != Some(AuthMethod::PrivateKeyJwt),
        "private_key_jwt is for a client that was registered beforehand; name it with --client-id"
    );
    config.client = it.client_id.map(|id| client(id, it.client_auth_method)).transpose()?;
    config.client_auth_method = it.client_auth_method.map(|it| it.name().to_owned());
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
    let mut by = None;
    let interrupt = async { by = Some(interruption().await) };
    let minted = authorize_until(&http, listener, &config, open, interrupt).await;
    let grant = match (minted, by) {
        (Err(Error::Interrupted), Some(by)) => return Err(by),
        (minted, _) => minted?,
    };
    put(&http, &grant, &it.checks, &config.scope, &destination, config.clients.is_some()).await
}

async fn by_itself(it: ClientCredentials) -> anyhow::Result<()> {
    let destination = Destination::prepare(&it.output)?;
    let me = client(it.client_id, it.client_auth_method)?;
    anyhow::ensure!(
        me.client_secret.is_some() || me.client_key.is_some(),
        "neither LOADTEST_CLIENT_SECRET nor LOADTEST_CLIENT_KEY_FILE is set; a client gets a token for itself with one of them alone"
    );
    let http = http()?;
    let Wanted { resource, issuer, .. } = &it.wanted;
    let discovery = discovered(&http, resource.as_deref(), issuer.as_deref()).await?;
    let Wanted { scope, token_parameters, .. } = &it.wanted;
    let grant = client_credentials(&http, &discovery, &me, scope, token_parameters).await?;
    put(&http, &grant, &it.checks, scope, &destination, false).await
}

/// What is known of the MCP server, of the authorization server, or of the one under the other.
async fn discovered(
    http: &reqwest::Client,
    resource: Option<&str>,
    issuer: Option<&str>,
) -> Result<Discovery, Error> {
    match (resource, issuer) {
        (Some(resource), Some(issuer)) => discover_at(http, resource, issuer).await,
        (Some(it), None) => discover(http, it).await,
        (None, it) => discover_issuer(http, it.expect("one of them is required")).await,
    }
}

/// The client that was registered beforehand, which has what its way to authenticate needs.
fn client(id: String, method: Option<AuthMethod>) -> anyhow::Result<ClientInformation> {
    let mut client = environment::client(id)?;
    match method {
        Some(AuthMethod::PrivateKeyJwt) => anyhow::ensure!(
            client.client_key.is_some(),
            "private_key_jwt needs the client's key, but LOADTEST_CLIENT_KEY_FILE is not set"
        ),
        Some(it @ (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)) => {
            anyhow::ensure!(
                client.client_secret.is_some(),
                "{} needs the client's secret, but LOADTEST_CLIENT_SECRET is not set",
                it.name()
            )
        }
        Some(AuthMethod::None) | None => {}
    }
    client.token_endpoint_auth_method = method.map(|it| it.name().to_owned());
    Ok(client)
}

/// Hands a token out, or gives it back where it is not what was asked for, or where nobody could be given it; then its
/// client goes too, unless it is `remembered`.
async fn put(
    http: &reqwest::Client,
    grant: &Grant,
    checks: &Checks,
    scope: &[String],
    destination: &Destination,
    remembered: bool,
) -> anyhow::Result<()> {
    let (held, outcome) = match check(grant, checks, scope) {
        Ok(()) => destination.put(grant),
        Err(refused) => (false, Err(refused.into())),
    };
    if !held {
        // Not every server takes them back, and the reason of the failure is another.
        let _ = timeout(GIVING_BACK, grant.revoke(http)).await;
        if !remembered {
            let _ = timeout(GIVING_BACK, grant.delete_client(http)).await;
        }
    }
    outcome
}

async fn examine(it: Doctor) -> anyhow::Result<()> {
    let discovered = discovered(&http()?, it.resource.as_deref(), it.issuer.as_deref()).await;
    doctor::examine(discovered, &it)
}

async fn refresh(it: Refresh) -> anyhow::Result<()> {
    // Between the answer with the next refresh token and the file nothing may come in; it takes seconds at most.
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let _unheard = kinds.map(signal);
    let (file, grant) = GrantFile::open(it.file).await?;
    let mut grant = environment::with_credentials(grant)?;
    file.reserve()?;
    let refreshed = grant.refresh(&http()?).await;
    // Also after an answer that is no token, since a refresh token in it has taken the place of the one of before.
    if matches!(refreshed, Ok(()) | Err(Error::Malformed { .. } | Error::TokenType { .. })) {
        file.save(&grant)?;
    }
    refreshed?;
    // The refresh token has one owner, the file.
    let mut token = grant.token;
    token.refresh_token = None;
    print(&token, it.format)
}

async fn forget(it: Forget) -> anyhow::Result<()> {
    let (file, grant) = GrantFile::open(it.file).await?;
    let grant = environment::with_credentials(grant)?;
    let http = http()?;
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
        say("trying without a page (prompt=none)");
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

fn http() -> anyhow::Result<reqwest::Client> {
    http_client().build().context("failed to set up the HTTP client")
}

async fn or_interrupted(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::select! {
        done = work => done,
        by = interruption() => Err(by),
    }
}

/// Waits for a signal, and gives the error that tells it.
async fn interruption() -> anyhow::Error {
    let heard = async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        io::Result::Ok(tokio::select! {
            it = tokio::signal::ctrl_c() => it.map(|()| "SIGINT")?,
            _ = terminate.recv() => "SIGTERM",
            _ = hangup.recv() => "SIGHUP",
        })
    };
    match heard.await {
        Ok(name) => anyhow::anyhow!("interrupted by {name}"),
        Err(it) => it.into(),
    }
}
