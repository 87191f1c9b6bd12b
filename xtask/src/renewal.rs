//! A token that is renewed while k6 runs, for a run that outlives it.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use oauth_loopback::{AccessToken, Error, Grant, TokenBroker};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::section::say;
use crate::token::mask;

/// A token broker beside k6; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Renewal {
    /// Where k6 asks for the current token.
    pub(crate) url: String,
    /// What k6 has to bring for it.
    pub(crate) secret: AccessToken,
    _stop: oneshot::Sender<()>,
    _served: JoinHandle<Result<Grant, Error>>,
}

impl Renewal {
    /// Renews `grant` once, so that a server that will not is noticed before there is load, and then serves it.
    pub(crate) async fn start(
        http: &reqwest::Client,
        mut grant: Grant,
        needed: Duration,
    ) -> anyhow::Result<Self> {
        let renewed = grant.refresh(http).await.inspect(|()| hide(&grant));
        renewed.with_context(|| {
            format!(
                "the token ends before the {} s of this run and cannot be renewed",
                needed.as_secs()
            )
        })?;
        let store = |it: &Grant| {
            hide(it);
            io::Result::Ok(())
        };
        let broker = TokenBroker::bind(http.clone(), grant, store).await?;
        let (url, secret) = (broker.url().to_owned(), broker.secret().clone());
        mask(secret.reveal());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(broker.serve(async {
            // An error means that the run is over, too.
            let _ = stopped.await;
        }));
        say("token", "it ends before the run does; k6 gets the next one in time");
        Ok(Self { url, secret, _stop: stop, _served: served })
    }
}

fn hide(grant: &Grant) {
    mask(grant.token.access_token.reveal());
}
