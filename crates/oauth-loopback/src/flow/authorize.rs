use std::future::pending;
use std::pin::pin;
use std::time::Instant;

use crate::authorization::listener::LoopbackListener;
use crate::authorization::opening::Opening;
use crate::authorization::prompt::Prompt;
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
/// takes seconds at most.
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
    let Registrar { http, discovery, config, .. } = *registrar;
    let mut left = config.timeout;
    let mut asked = registrar.asked.clone();
    let mut chosen = registrar.choose(listener).await?;
    let mut silent =
        chosen.known.consented && !chosen.known.doubted && may_be_silent(config, discovery, &asked);
    let (mut linked, mut without_refresh) = (false, None);
    loop {
        let Chosen { known, listener, origin } = chosen;
        let successor = listener.successor();
        let redirect_uri = listener.redirect_uri();
        let mut request = registrar.request(&known.client, redirect_uri, &asked)?;
        if silent {
            request = request.silent();
        }
        let remembered = origin == Origin::Remembered;
        let outcome = if remembered && request.is_refused(http).await? {
            drop(listener);
            Err(None)
        } else {
            let started = Instant::now();
            let attempt = async {
                request.wait_for_code(listener, left, &mut open).await?.exchange(http).await
            };
            let outcome = attempt.await;
            left = left.saturating_sub(started.elapsed());
            outcome.map_err(Some)
        };
        // A token that cannot be renewed is better than none.
        let outcome = match without_refresh.take() {
            Some(it) => outcome.or(Ok(it)),
            None => outcome,
        };
        let remedy = match outcome {
            Ok(grant)
                if config.prompt == Prompt::AsNeeded
                    && !left.is_zero()
                    && asked.lacks_consent(&grant, discovery) =>
            {
                without_refresh = Some(grant);
                Remedy::Insist
            }
            Ok(grant) => {
                registrar.trust(known, origin).await;
                return Ok(grant);
            }
            Err(None) => Remedy::Replace,
            Err(Some(error)) => {
                let remedy = remedy(&error, origin, silent, linked).or_else(|| {
                    let may_help = asked.offline_added && refuses_offline_access(&error);
                    may_help.then_some(Remedy::LeaveOut)
                });
                match remedy {
                    Some(it) if !left.is_zero() => it,
                    _ => {
                        if remembered && is_lost(&error) {
                            registrar.doubt(&known).await;
                        }
                        return Err(asked.told(error));
                    }
                }
            }
        };
        // A client that is yet to be registered listens anywhere.
        let listener = successor
            .listen(!matches!(remedy, Remedy::Ask | Remedy::LeaveOut | Remedy::Insist))
            .await?;
        silent = false;
        chosen = match remedy {
            Remedy::Ask => Chosen { known, listener, origin },
            Remedy::Insist => {
                asked.insists = true;
                Chosen { known, listener, origin }
            }
            Remedy::LeaveOut => {
                asked.leave_offline_access_out();
                Chosen { known, listener, origin }
            }
            Remedy::Replace => registrar.replace(&known, listener, linked).await?,
            Remedy::Link => {
                linked = true;
                registrar.replace(&known, listener, linked).await?
            }
        };
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

fn remedy(error: &Error, origin: Origin, silent: bool, linked: bool) -> Option<Remedy> {
    match error.code() {
        Some("invalid_client" | "unauthorized_client") if origin == Origin::Remembered => {
            Some(Remedy::Replace)
        }
        Some("invalid_target") if origin != Origin::Given && !linked => Some(Remedy::Link),
        Some(
            "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required",
        ) if silent => Some(Remedy::Ask),
        _ => None,
    }
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
