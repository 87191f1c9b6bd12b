//! A token that is renewed while k6 runs, for a run that outlives it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use oauth_loopback::{AccessToken, Error, Grant, TokenBroker};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::console::actions::{mask, mask_response};
use crate::console::section::say;

/// A token broker beside k6; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Renewal {
    /// Where k6 asks for the current token.
    pub(crate) url: String,
    /// What k6 has to bring for it.
    pub(crate) secret: AccessToken,
    handed_out: Arc<Mutex<HandedOut>>,
    _stop: oneshot::Sender<()>,
    _served: JoinHandle<Result<Grant, Error>>,
}

#[derive(Debug)]
struct HandedOut {
    tokens: Vec<AccessToken>,
    expires_at: Option<SystemTime>,
}

impl Renewal {
    /// Serves the tokens of `grant` from now on.
    pub(crate) async fn start(http: &reqwest::Client, grant: Grant) -> anyhow::Result<Self> {
        let mut first = HandedOut { tokens: Vec::new(), expires_at: None };
        first.add(&grant);
        let handed_out = Arc::new(Mutex::new(first));
        let told = Arc::clone(&handed_out);
        let broker = TokenBroker::bind(http.clone(), grant, move |refreshed| match refreshed {
            Ok(grant) => {
                mask_response(&grant.token);
                locked(&told).add(grant);
            }
            Err(error) => say("token", format_args!("it was not renewed: {error}")),
        });
        let broker = broker.await?;
        let (url, secret) = (broker.url().to_owned(), broker.secret().clone());
        mask(secret.reveal());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(broker.serve(async {
            // An error means that the run is over, too.
            let _ = stopped.await;
        }));
        say("token", "it may end before the run does; k6 gets the next one in time");
        Ok(Self { url, secret, handed_out, _stop: stop, _served: served })
    }

    /// Whether the newest token was no longer good at `then`.
    pub(crate) fn expired_by(&self, then: SystemTime) -> bool {
        locked(&self.handed_out).expires_at.is_some_and(|it| it <= then)
    }

    /// All that must not stand in a log: the tokens so far, and what they are asked for with.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let handed_out = locked(&self.handed_out);
        let all = handed_out.tokens.iter().chain([&self.secret]);
        all.map(|it| it.reveal().to_owned()).collect()
    }
}

impl HandedOut {
    fn add(&mut self, grant: &Grant) {
        self.expires_at = grant.ends_at();
        self.tokens.push(grant.token.access_token.clone());
    }
}

fn locked(it: &Mutex<HandedOut>) -> MutexGuard<'_, HandedOut> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}
