//! A circuit breaker: after failures in a row nothing is called for a while, and then one call at a time.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, Service};

use crate::upstream::call::{Answer, CallError};

/// Failures in a row that open it.
pub(crate) const FAILURES: u32 = 5;

/// How long it stays open.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls pass; so many failed in a row.
    Closed(u32),
    /// No call passes before this time.
    Open(Instant),
    /// One call is on its way, and decides.
    HalfOpen,
}

/// Shared by all clones of a service.
#[derive(Debug, Clone)]
pub(crate) struct BreakerLayer(Arc<Mutex<State>>);

impl BreakerLayer {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State::Closed(0))))
    }
}

impl<S> Layer<S> for BreakerLayer {
    type Service = Breaker<S>;

    fn layer(&self, inner: S) -> Breaker<S> {
        Breaker { state: self.0.clone(), inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Breaker<S> {
    state: Arc<Mutex<State>>,
    inner: S,
}

impl<S, R> Service<R> for Breaker<S>
where
    S: Service<R, Response = Answer, Error = CallError>,
    S::Future: Send + 'static,
{
    type Response = Answer;
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, CallError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let trial = match enter(&self.state) {
            Ok(it) => it,
            Err(wait) => return Box::pin(async move { Err(CallError::OpenCircuit(wait)) }),
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            trial.end(failed(&answer));
            answer
        })
    }
}

/// Whether an outcome says that the API is not well; that it refuses or throttles does not.
fn failed(outcome: &Result<Answer, CallError>) -> bool {
    outcome.as_ref().map_or(true, |it| it.status.is_server_error())
}

/// A call that passed. One that is given up without an outcome lets the next one pass.
struct Trial {
    state: Arc<Mutex<State>>,
    ended: bool,
}

fn enter(state: &Arc<Mutex<State>>) -> Result<Trial, Duration> {
    let mut at = state.lock().expect("no one panics holding the lock");
    match *at {
        State::Closed(_) => {}
        State::Open(until) => match until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => *at = State::HalfOpen,
            wait => return Err(wait),
        },
        State::HalfOpen => return Err(Duration::ZERO),
    }
    Ok(Trial { state: state.clone(), ended: false })
}

impl Trial {
    fn end(mut self, failed: bool) {
        self.ended = true;
        let mut at = self.state.lock().expect("no one panics holding the lock");
        *at = match *at {
            State::Closed(_) | State::HalfOpen if !failed => State::Closed(0),
            State::Closed(before) if before + 1 < FAILURES => State::Closed(before + 1),
            State::Closed(_) | State::HalfOpen => State::Open(Instant::now() + PAUSE),
            // Of a call that began before it opened.
            open @ State::Open(_) => open,
        };
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let mut at = self.state.lock().expect("no one panics holding the lock");
        if !self.ended && *at == State::HalfOpen {
            *at = State::Open(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn breaker() -> Arc<Mutex<State>> {
        BreakerLayer::new().0
    }

    /// Whether a call passes; its outcome is reported.
    fn passes(state: &Arc<Mutex<State>>, failed: bool) -> bool {
        enter(state).map(|it| it.end(failed)).is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_one_good_trial_closes_it() {
        let it = breaker();
        for _ in 1..FAILURES {
            assert!(passes(&it, true));
        }
        assert!(passes(&it, false));
        for _ in 0..FAILURES {
            assert!(passes(&it, true));
        }
        assert!(!passes(&it, false));
        advance(PAUSE - Duration::from_millis(1)).await;
        assert_eq!(enter(&it).err(), Some(Duration::from_millis(1)));
        advance(Duration::from_millis(1)).await;
        assert!(passes(&it, false));
        assert_eq!(*it.lock().unwrap(), State::Closed(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_trial_opens_it_again() {
        let it = breaker();
        for _ in 0..FAILURES {
            assert!(passes(&it, true));
        }
        advance(PAUSE).await;
        assert!(passes(&it, true));
        assert_eq!(enter(&it).err(), Some(PAUSE));
    }

    #[tokio::test(start_paused = true)]
    async fn one_trial_is_on_its_way_at_a_time() {
        let it = breaker();
        for _ in 0..FAILURES {
            assert!(passes(&it, true));
        }
        advance(PAUSE).await;
        let trial = enter(&it).unwrap();
        assert!(enter(&it).is_err());
        drop(trial);
        let trial = enter(&it).unwrap();
        trial.end(false);
        assert!(passes(&it, false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_failure_does_not_keep_it_open() {
        let it = breaker();
        let late = enter(&it).unwrap();
        for _ in 0..FAILURES {
            assert!(passes(&it, true));
        }
        advance(Duration::from_secs(1)).await;
        late.end(true);
        assert_eq!(enter(&it).err(), Some(PAUSE - Duration::from_secs(1)));
    }
}
