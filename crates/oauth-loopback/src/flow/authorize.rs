use std::future::pending;
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::{Duration, Instant};

use crate::authorization::listener::LoopbackListener;
use crate::authorization::opening::Opening;
use crate::authorization::prompt::Prompt;
use crate::client::client_store::Remembered;
use crate::discovery::discover::Discovery;
use crate::error::Error;
use crate::flow::asked::{Asked, refuses_offline_access};
use crate::flow::config::Config;
use crate::flow::registrar::{Chosen, Origin, Registrar};
use crate::token::grant::Grant;

/// Gets a token: discovery, registration, authorization in a browser, callback, exchange.
///
/// `open` brings the browser to the URL it is given; see [`wait_for_code`]. It is called once, and
/// again where there is a remedy: a client that was remembered and is not known any more is registered anew, one that must
/// be linked to its resource is registered with it, a person is asked after all if asking nobody did not do, a server of
/// OpenID Connect is asked for the consent page if it gave no refresh token without, and `offline_access` is left out where
/// the server lists it, nobody wanted it, and it is refused.
///
/// [`wait_for_code`]: crate::AuthorizationRequest::wait_for_code
///
/// # Errors
/// The first step that fails, in [`Error::AddedScope`] where such a scope was refused.
pub async fn authorize<F, E>(
    http: &reqwest::Client,
    listener: LoopbackListener,
    config: &Config,
    open: F,
) -> Result<Grant, Error>
where
    F: AsyncFnMut(Opening) -> Result<(), E>,
    E: std::error::Error + Send + Sync + 'static,
{
    authorize_until(http, listener, config, open, pending()).await
}

/// The same, unless `interrupt` comes before the token does.
///
/// Whoever drops the future of [`authorize`] leaves the client behind that it registered. This one deletes it first, which
/// takes seconds at most: a registration that is not answered within 5 s by then is not waited for.
///
/// # Errors
/// Those of [`authorize`], and [`Error::Interrupted`].
pub async fn authorize_until<F, E>(
    http: &reqwest::Client,
    listener: LoopbackListener,
    config: &Config,
    open: F,
    interrupt: impl Future<Output = ()>,
) -> Result<Grant, Error>
where
    F: AsyncFnMut(Opening) -> Result<(), E>,
    E: std::error::Error + Send + Sync + 'static,
{
    config.check()?;
    let mut interrupt = pin!(interrupt);
    let discovery = tokio::select! {
        it = config.discover(http) => it?,
        () = &mut interrupt => return Err(Error::Interrupted),
    };
    let registrar = Registrar::new(http, &discovery, config, Asked::new(config, &discovery)?);
    let outcome = {
        let mut attempts = pin!(attempts(&registrar, listener, open));
        tokio::select! {
            it = &mut attempts => it,
            () = interrupt => {
                tokio::select! {
                    // Its token would be handed to nobody.
                    _ = &mut attempts => {}
                    () = registrar.registered_or_not() => {}
                }
                Err(Error::Interrupted)
            }
        }
    };
    if outcome.is_err() {
        registrar.clean_up().await;
    }
    outcome
}

/// Attempts until there is a token or no remedy.
async fn attempts<F, E>(
    registrar: &Registrar<'_>,
    listener: LoopbackListener,
    mut open: F,
) -> Result<Grant, Error>
where
    F: AsyncFnMut(Opening) -> Result<(), E>,
    E: std::error::Error + Send + Sync + 'static,
{
    let mut chosen = registrar.choose(listener).await?;
    let mut state = State::new(registrar, &chosen);
    loop {
        let Chosen { known, listener, origin } = chosen;
        let successor = listener.successor();
        let outcome = state.attempt(registrar, &known, origin, listener, &mut open).await;
        let remedy = match state.next(outcome, origin, registrar) {
            ControlFlow::Continue(it) => it,
            ControlFlow::Break(Ok(grant)) => {
                registrar.trust(known, origin).await;
                return Ok(grant);
            }
            ControlFlow::Break(Err(error)) => {
                if origin == Origin::Remembered && is_lost(&error) {
                    registrar.doubt(&known).await;
                }
                return Err(state.asked.told(error));
            }
        };
        // A client that is yet to be registered listens anywhere.
        let elsewhere = matches!(remedy, Remedy::Replace | Remedy::Link);
        let listener = match successor.listen(elsewhere).await {
            Ok(it) => it,
            Err(it) => return state.without_refresh.ok_or(it),
        };
        state.take(&remedy);
        chosen = match remedy {
            Remedy::Ask | Remedy::Insist | Remedy::LeaveOut => Chosen { known, listener, origin },
            Remedy::Replace | Remedy::Link => {
                registrar.replace(&known, listener, state.linked).await?
            }
        };
    }
}

/// How far the attempts have come.
struct State {
    left: Duration,
    asked: Asked,
    silent: bool,
    linked: bool,
    /// A token of an attempt before, which cannot be renewed.
    without_refresh: Option<Grant>,
}

impl State {
    fn new(registrar: &Registrar<'_>, chosen: &Chosen) -> Self {
        let Registrar { discovery, config, .. } = *registrar;
        let asked = registrar.asked.clone();
        let silent = chosen.known.consented
            && !chosen.known.doubted
            && may_be_silent(config, discovery, &asked);
        // Without a resource there is nothing to link a client to.
        let linked = discovery.resource.is_none();
        Self { left: config.timeout, asked, silent, linked, without_refresh: None }
    }

    /// Asks once; without an error the server has turned a remembered client away before anyone was asked.
    async fn attempt<E>(
        &mut self,
        registrar: &Registrar<'_>,
        known: &Remembered,
        origin: Origin,
        listener: LoopbackListener,
        open: impl AsyncFnOnce(Opening) -> Result<(), E>,
    ) -> Result<Grant, Option<Error>>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let http = registrar.http;
        let mut request = registrar.request(&known.client, listener.redirect_uri(), &self.asked)?;
        if self.silent {
            request = request.silent();
        }
        if origin == Origin::Remembered && request.is_refused(http).await? {
            return Err(None);
        }
        let started = Instant::now();
        let attempt =
            async { request.wait_for_code(listener, self.left, open).await?.exchange(http).await };
        let outcome = attempt.await;
        self.left = self.left.saturating_sub(started.elapsed());
        Ok(outcome?)
    }

    /// The end of the flow, or what helps.
    fn next(
        &mut self,
        outcome: Result<Grant, Option<Error>>,
        origin: Origin,
        registrar: &Registrar<'_>,
    ) -> ControlFlow<Result<Grant, Error>, Remedy> {
        // A token that cannot be renewed is better than none.
        let outcome = match self.without_refresh.take() {
            Some(it) => outcome.or(Ok(it)),
            None => outcome,
        };
        match outcome {
            Ok(grant) if self.may_insist(&grant, registrar) => {
                self.without_refresh = Some(grant);
                ControlFlow::Continue(Remedy::Insist)
            }
            Ok(grant) => ControlFlow::Break(Ok(grant)),
            Err(None) => ControlFlow::Continue(Remedy::Replace),
            Err(Some(error)) => match self.remedy(&error, origin) {
                Some(it) if !self.left.is_zero() => ControlFlow::Continue(it),
                _ => ControlFlow::Break(Err(error)),
            },
        }
    }

    fn may_insist(&self, grant: &Grant, registrar: &Registrar<'_>) -> bool {
        registrar.config.prompt == Prompt::AsNeeded
            && !self.left.is_zero()
            && self.asked.lacks_consent(grant, registrar.discovery)
    }

    fn remedy(&self, error: &Error, origin: Origin) -> Option<Remedy> {
        match error.code() {
            Some("invalid_client" | "unauthorized_client") if origin == Origin::Remembered => {
                Some(Remedy::Replace)
            }
            Some("invalid_target") if origin != Origin::Given && !self.linked => Some(Remedy::Link),
            Some(
                "login_required"
                | "consent_required"
                | "interaction_required"
                | "account_selection_required",
            ) if self.silent => Some(Remedy::Ask),
            _ if self.asked.offline_added && refuses_offline_access(error) => {
                Some(Remedy::LeaveOut)
            }
            _ => None,
        }
    }

    /// What the next attempt does otherwise.
    fn take(&mut self, remedy: &Remedy) {
        self.silent = false;
        match remedy {
            Remedy::Ask | Remedy::Replace => {}
            Remedy::Insist => self.asked.insists = true,
            Remedy::LeaveOut => self.asked.leave_offline_access_out(),
            Remedy::Link => self.linked = true,
        }
    }
}

/// What to do about an authorization that failed.
enum Remedy {
    /// Show the page: nobody was signed in, or has not consented.
    Ask,
    /// Register in the place of a client that the server has forgotten.
    Replace,
    /// Ask for the consent page, without which the server gave no refresh token.
    Insist,
    /// Ask without the scope that was added and is refused.
    LeaveOut,
    /// Register with the resource, for a server whose clients must be linked to it.
    Link,
}

/// Whether the browser ended nowhere: it broke, the password was wrong, or a page said that it does not know the client.
///
/// Nobody can tell them apart, and a password is not typed twice, not even after a request for no page, which a server may
/// have answered with one. So the client is doubted, and if the next flow ends nowhere too the one after it registers
/// another.
fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Browser { .. } | Error::NoCallbackAfterBrowser { .. })
}

fn may_be_silent(config: &Config, discovery: &Discovery, asked: &Asked) -> bool {
    let values = discovery.authorization_server.prompt_values_supported.as_ref();
    config.silent_first
        && config.challenge.is_none()
        && config.prompt == Prompt::AsNeeded
        && !discovery.wants_consent_for(&asked.scope.join(" "), !asked.offline_added)
        && values.is_none_or(|it| it.iter().any(|it| it == "none"))
}
