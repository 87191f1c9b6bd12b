//! How often and how long to wait for GitHub, by its
//! [good practice](https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api).

use std::{cell::Cell, fmt, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, timeout};

use crate::error::Error;

/// How often in a row something may break before it is given up.
const ATTEMPTS: u32 = 5;

/// The first wait after a read that broke; each one after it is twice as long.
const AGAIN: Duration = Duration::from_secs(1);

/// The first wait after a write that broke: GitHub works on a request for up to 10 s, and a new comment may
/// take a moment to be listed.
const SETTLE: Duration = Duration::from_secs(15);

/// The first wait for a limit that does not say when it ends.
const UNTOLD: Duration = Duration::from_secs(60);

/// Whom to tell of a wait: for what, and how long.
pub(crate) type OnWait = Arc<dyn Fn(&Error, Duration) + Send + Sync>;

/// What one call may still wait.
pub(crate) struct Retry {
    /// Nothing where that lies beyond all clocks.
    until: Option<Instant>,
    limited: Cell<u32>,
    on_wait: OnWait,
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("until", &self.until).finish_non_exhaustive()
    }
}

/// What waiting can do about an error.
enum Trouble {
    /// Nothing was done; it may be asked again after this.
    Limited(Option<Duration>),
    /// A write may have been done or not.
    Unsure(Option<Duration>),
    Final,
}

impl Retry {
    /// Does `work` with tries for `limit` in all.
    pub(crate) async fn within<T>(
        limit: Duration,
        on_wait: OnWait,
        doing: &'static str,
        work: impl AsyncFnOnce(&Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let it = Self { until: Instant::now().checked_add(limit), limited: Cell::new(0), on_wait };
        let ended = timeout(limit, work(&it)).await;
        ended.unwrap_or(Err(Error::Deadline { doing, seconds: limit.as_secs() }))
    }

    /// Asks until there is an answer.
    pub(crate) async fn read<T>(
        &self,
        ask: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            match ask().await {
                Ok(it) => return Ok(it),
                Err(err) => self.pause(err, AGAIN, &mut failures).await?,
            }
        }
    }

    /// Writes what is not there, and looks again before it writes again.
    pub(crate) async fn write_once<T>(
        &self,
        look: impl AsyncFn() -> Result<Option<T>, Error>,
        write: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            if let Some(it) = look().await? {
                return Ok(it);
            }
            match write().await {
                Ok(it) => return Ok(it),
                Err(err) => self.settle(err, &mut failures).await?,
            }
        }
    }

    /// Waits until what a broken write has done can be seen, or gives the error back.
    pub(crate) async fn settle(&self, error: Error, failures: &mut u32) -> Result<(), Error> {
        self.pause(error, SETTLE, failures).await
    }

    async fn pause(&self, error: Error, first: Duration, failures: &mut u32) -> Result<(), Error> {
        let wait = match trouble(&error) {
            Trouble::Final => return Err(error),
            Trouble::Limited(asked) => {
                let times = self.limited.get();
                self.limited.set(times + 1);
                asked.map_or(doubled(UNTOLD, times), |it| it.max(doubled(AGAIN, times)))
            }
            Trouble::Unsure(asked) => {
                *failures += 1;
                if *failures == ATTEMPTS {
                    return Err(error);
                }
                doubled(first, *failures - 1).max(asked.unwrap_or_default())
            }
        };
        let again = Instant::now().checked_add(wait);
        if again.is_none_or(|it| self.until.is_some_and(|until| it >= until)) {
            return Err(error);
        }
        (self.on_wait)(&error, wait);
        sleep(wait).await;
        Ok(())
    }
}

fn doubled(first: Duration, times: u32) -> Duration {
    first * 2_u32.pow(times.min(8))
}

fn trouble(error: &Error) -> Trouble {
    match error {
        Error::RateLimited { wait, .. } => Trouble::Limited(*wait),
        Error::Status { status: 500.. | 408, wait, .. } => Trouble::Unsure(*wait),
        Error::Network { .. } => Trouble::Unsure(None),
        _ => Trouble::Final,
    }
}
