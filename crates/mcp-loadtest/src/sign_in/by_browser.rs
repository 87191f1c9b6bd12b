//! Where `oauth-loopback` meets `browser-consent`: a test user signs in, and there is a token.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use browser_consent::{
    Consent, Credentials, StorageState, Trail, WebDriver, consent, with_session,
};
use oauth_loopback::{
    AccessToken, ClientInformation, ClientKey, ClientSecret, ClientStore, Config, Error, Grant,
    LoopbackListener, Opening, TokenResponse, UnverifiedClaims,
};
use url::Url;

use crate::config::file::File;
use crate::console::actions::mask_response;
use crate::console::section::{brief, say};
use crate::environment::variable;
use crate::interrupt::{Interrupt, Interrupted};
use crate::sign_in::bearer::{Bearer, Wanted};
use crate::sign_in::screens::Screens;
use crate::sign_in::signed_in::SignedIn;
use crate::{address, environment};

const CLIENT_NAME: &str = "mcp-loadtest";

/// From the open authorize URL to the code.
const SIGN_IN: Duration = Duration::from_secs(60);

/// What the browser gets beyond that for a picture of the page on which it stands.
const KEEPING_EVIDENCE: Duration = Duration::from_secs(15);

/// How long the server may take to delete a client.
const FORGETTING: Duration = Duration::from_secs(10);

/// A bearer, and the grant behind it where we signed in ourselves.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) bearer: Bearer,
    pub(crate) grant: Option<Grant>,
    /// What gets more grants without a page, where the browser gives that away.
    pub(crate) signed_in: Option<SignedIn>,
    /// Whether the client was registered for this run alone.
    pub(crate) for_this_run: bool,
}

impl Minted {
    /// A bearer that was minted elsewhere.
    pub(crate) fn elsewhere(bearer: Bearer) -> Self {
        Self { bearer, grant: None, signed_in: None, for_this_run: false }
    }

    /// The grant, where it can be renewed and has to be: its token ends within `duration`, or nobody knows what is needed.
    pub(crate) fn renewable(&self, duration: Duration, is_unknown: bool) -> Option<Grant> {
        let has_to_be = is_unknown || self.bearer.ends_within(duration);
        self.grant.clone().filter(|it| has_to_be && it.token.refresh_token.is_some())
    }

    /// Deletes a client that nobody will use again, where the server offers that (RFC 7592).
    pub(crate) async fn forget_client(&self, http: &reqwest::Client) {
        if let Some(grant) = self.grant.as_ref().filter(|_| self.for_this_run) {
            forget_client(http, grant).await;
        }
    }
}

async fn forget_client(http: &reqwest::Client, grant: &Grant) {
    match tokio::time::timeout(FORGETTING, grant.delete_client(http)).await {
        Ok(Ok(())) => say("forget", "the client of this run is deleted"),
        Ok(Err(Error::NotOffered { .. })) => {}
        Ok(Err(error)) => say("forget", format_args!("{:#}", anyhow::Error::new(error))),
        Err(_) => say("forget", "the server did not delete the client of this run in time"),
    }
}

/// The part of the flags that is about what is asked of the authorization server.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct Requested {
    /// Authorization server that alone may get the password; the server's metadata has to name it
    #[arg(long, value_name = "ISSUER")]
    pub(crate) issuer: Option<String>,
    /// Client that is registered already, instead of registering one
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Where such a client is redirected to, on this machine [default: a free port of 127.0.0.1]
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Option<String>,
    /// Go on although the authorization server does not say that it supports PKCE
    #[arg(long)]
    allow_unadvertised_pkce: bool,
    /// Scope to ask for [default: what the server names]
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
}

impl Requested {
    /// Takes from the environment and the file what no flag says.
    ///
    /// # Errors
    /// A variable that is no text.
    pub(crate) fn fill(&mut self, file: &File) -> anyhow::Result<()> {
        if self.issuer.is_none() {
            self.issuer.clone_from(&file.issuer);
        }
        if self.client_id.is_none() {
            self.client_id = variable("MAKE_CLIENT_ID")?.or_else(|| file.client_id.clone());
        }
        if self.redirect_uri.is_none() {
            self.redirect_uri = variable("OAUTH_REDIRECT_URI")?;
        }
        if self.scope.is_empty() {
            self.scope.clone_from(&file.scopes);
        }
        Ok(())
    }

    /// Writes down for the next time what the flags say.
    pub(crate) fn note(&self, file: &mut File) {
        file.issuer.clone_from(&self.issuer);
        file.client_id.clone_from(&self.client_id);
        file.scopes.clone_from(&self.scope);
    }
}

/// Who signs in where.
#[derive(Debug)]
pub(crate) struct SignIn<'a> {
    pub(crate) requested: &'a Requested,
    pub(crate) screens: &'a Screens,
    pub(crate) resource: &'a str,
    pub(crate) credentials: &'a Credentials,
    pub(crate) webdriver: &'a WebDriver,
    /// Where a picture of the page is kept if it fails.
    pub(crate) evidence: &'a Path,
}

/// Gets a token through a browser, unless the user interrupts, and checks it; one that can be renewed may end at any time.
pub(crate) async fn sign_in(
    http: &reqwest::Client,
    it: &SignIn<'_>,
    wanted: &Wanted<'_>,
    interrupt: &Interrupt,
) -> anyhow::Result<Minted> {
    let SignIn { requested, screens, resource, credentials, webdriver, evidence } = *it;
    let listener = match &requested.redirect_uri {
        Some(it) => LoopbackListener::bind_to(it).await?,
        None => LoopbackListener::bind().await?,
    };
    let mut config = Config::resource(resource);
    config.client_name = CLIENT_NAME.to_owned();
    config.pinned_issuer = requested.issuer.clone();
    config.scope = requested.scope.clone();
    config.client = requested.client_id.as_deref().map(client).transpose()?;
    config.initial_access_token = variable("LOADTEST_INITIAL_ACCESS_TOKEN")?.map(AccessToken::new);
    config.clients = clients(resource);
    // The browser is a new one, to which no server has anything to say without a page.
    config.silent_first = false;
    config.allow_unadvertised_pkce = requested.allow_unadvertised_pkce;
    config.timeout = SIGN_IN + KEEPING_EVIDENCE;
    let recipe = screens.recipe()?;
    let started = Instant::now();
    let mut signed_in = None;
    let open = async |mut opening: Opening| {
        let (url, name) = (opening.url.clone(), opening.client_name.clone());
        let name = name.as_deref().unwrap_or(CLIENT_NAME);
        let script = screens.script(recipe.as_deref(), &url)?;
        say("sign in", format_args!("at {} as `{}`", origin(&url), brief(name)));
        let mut it = Consent::new(&url);
        it.credentials = Some(credentials);
        it.allow_origins = &screens.allow_origin;
        it.allow_scopes = &screens.allow_scope;
        it.choices = &screens.choose;
        it.script = Some(&script);
        it.client_name = Some(name);
        it.timeout = SIGN_IN;
        it.evidence = Some(evidence);
        let done = opening.code_arrived();
        let session = async |browser: &browser_consent::Client| {
            let trail = consent(browser, &it, done).await?;
            // Its cookies alone; a browser that is no Chromium keeps them to itself.
            let kept = StorageState::take(browser, &Trail::default()).await.ok();
            Ok::<_, browser_consent::Error>((trail, kept))
        };
        let (trail, kept) = with_session(webdriver, session).await??;
        signed_in = kept.map(|it| SignedIn::new(url.clone(), &it));
        for it in &trail.steps_left {
            say("sign in", format_args!("no page had anything for the step `{}`", brief(it)));
        }
        Ok::<_, browser_consent::Error>(())
    };
    let mut stop = interrupt.clone();
    let minted = oauth_loopback::authorize_until(http, listener, &config, open, stop.came()).await;
    let mut grant = minted.map_err(|it| match it {
        Error::Interrupted => Interrupted.into(),
        other => anyhow::Error::new(other),
    })?;
    mask_response(&grant.token);
    let for_this_run = config.client.is_none() && config.clients.is_none();
    let checked = check(http, &mut grant, wanted, &screens.allow_scope, started);
    let bearer = match interrupt.or(checked).await {
        Ok(it) => it,
        Err(error) => {
            // Nobody will use what was minted; not every server takes it back, and the reason of the failure is another.
            let _refused = tokio::time::timeout(FORGETTING, grant.revoke(http)).await;
            if for_this_run {
                forget_client(http, &grant).await;
            }
            return Err(error);
        }
    };
    Ok(Minted { bearer, grant: Some(grant), signed_in, for_this_run })
}

/// Takes the token of a grant for a bearer, renewed once where it will have to be.
async fn check(
    http: &reqwest::Client,
    grant: &mut Grant,
    wanted: &Wanted<'_>,
    allowed: &[String],
    started: Instant,
) -> anyhow::Result<Bearer> {
    let took = started.elapsed().as_secs_f64();
    say("sign in", format_args!("signed in and approved in {took:.2} s, browser included"));
    let renewable = grant.token.refresh_token.is_some();
    let (issuer, resource) = (grant.issuer.clone(), grant.resource.clone());
    let checked = |token: TokenResponse| {
        check_scope(&token, allowed)?;
        let lifetime = if renewable { Duration::ZERO } else { wanted.lifetime };
        let (issuer, audience) = (Some(issuer.as_str()), resource.as_deref());
        Bearer::check(token, &Wanted { issuer, audience, lifetime, ..*wanted })
    };
    let mut bearer = checked(grant.token.clone())?;
    if renewable && bearer.ends_within(wanted.lifetime) {
        // A server that will not renew it, or gives something else then, is noticed before there is load.
        let needed = wanted.lifetime.as_secs();
        let renewed = grant.refresh(http).await;
        renewed.with_context(|| {
            format!("the token has to be renewed within {needed} s, but it cannot be")
        })?;
        mask_response(&grant.token);
        bearer = checked(grant.token.clone()).context("the token was renewed, but it changed")?;
    }
    Ok(bearer)
}

/// Refuses a token that was given more than is allowed, whatever its consent page showed; none allowed allows any.
fn check_scope(token: &TokenResponse, allowed: &[String]) -> anyhow::Result<()> {
    if allowed.is_empty() {
        return Ok(());
    }
    let claims = UnverifiedClaims::decode(&token.access_token).ok();
    let claimed = claims.as_ref().and_then(UnverifiedClaims::scope);
    let told = token.scope.as_ref().map(|it| it.split_whitespace().collect::<Vec<_>>());
    if claimed.is_none() && told.is_none() {
        bail!(
            "the token does not say which scopes it was given, so that --allow-scope cannot be kept"
        );
    }
    let granted = claimed.into_iter().chain(told).flatten();
    let beyond: BTreeSet<&str> =
        granted.filter(|it| !allowed.iter().any(|known| known == it)).collect();
    if !beyond.is_empty() {
        let beyond = brief(&Vec::from_iter(beyond).join(" "));
        bail!("the token was given the scope `{beyond}`, which --allow-scope does not name");
    }
    Ok(())
}

/// Where clients are remembered, so that the next run does not register another one.
///
/// Not those of a server on this machine, which seldom lives long, and not in Actions, where nothing stays.
fn clients(resource: &str) -> Option<ClientStore> {
    let local = Url::parse(resource).is_ok_and(|it| address::is_loopback(&it));
    if local || environment::in_actions() {
        return None;
    }
    let store = ClientStore::new(environment::state_home()?.join("mcp-loadtest/clients.json"));
    match store.prepare() {
        Ok(()) => Some(store),
        Err(error) => {
            say(
                "register",
                format_args!("the client is not remembered: {:#}", anyhow::Error::new(error)),
            );
            None
        }
    }
}

/// A client that was registered beforehand, with its key or its secret where it has one.
fn client(id: &str) -> anyhow::Result<ClientInformation> {
    let mut client = ClientInformation::preregistered(id);
    client.client_secret = variable("LOADTEST_CLIENT_SECRET")?.map(ClientSecret::new);
    if let Some(path) = environment::path("LOADTEST_CLIENT_KEY_FILE") {
        let failed = || format!("failed to read the client's key from `{}`", path.display());
        let pem = std::fs::read(&path).with_context(failed)?;
        client.client_key = Some(ClientKey::from_pem(&pem).with_context(failed)?);
    }
    Ok(client)
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_for_more_than_is_allowed_is_refused() {
        let allowed = ["mcp:read".to_owned()];
        let token = |scope: &str| -> TokenResponse {
            let it =
                serde_json::json!({ "access_token": "t", "token_type": "Bearer", "scope": scope });
            serde_json::from_value(it).unwrap()
        };
        let silent = serde_json::json!({ "access_token": "t", "token_type": "Bearer" });
        let silent: TokenResponse = serde_json::from_value(silent).unwrap();
        assert!(check_scope(&silent, &[]).is_ok() && check_scope(&silent, &allowed).is_err());
        assert!(check_scope(&token("mcp:read"), &allowed).is_ok());
        assert!(check_scope(&token("mcp:read admin"), &[]).is_ok());
        let error = check_scope(&token("mcp:read admin"), &allowed).unwrap_err().to_string();
        assert_eq!(
            error,
            "the token was given the scope `admin`, which --allow-scope does not name"
        );
    }
}
