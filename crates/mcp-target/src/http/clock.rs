//! What a connection waits for, and since when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::limits::Limits;

/// Both in one number, so that a request costs two stores and no timer.
///
/// Everything that changes it runs in the task of the connection.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// Milliseconds since the start, and in the two lowest bits the phase.
    since: AtomicU64,
}

const IDLE: u64 = 0;
const HEAD: u64 = 1;
const BUSY: u64 = 2;
const UPGRADED: u64 = 3;

/// An answer of which there is more to say; dropped with its end.
pub(crate) struct Busy(pub(crate) Arc<Clock>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What is to become of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing before this time.
    Later(Instant),
    /// There was no request for too long.
    Idle,
    /// A request began, and its head took too long.
    Head,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), since: AtomicU64::new(IDLE) }
    }

    fn phase(&self) -> u64 {
        self.since.load(Ordering::Relaxed) & 3
    }

    fn set(&self, phase: u64) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX >> 2);
        self.since.store(millis << 2 | phase, Ordering::Relaxed);
    }

    /// Bytes came: the first of them begin a head.
    pub(crate) fn read(&self) {
        if self.phase() == IDLE {
            self.set(HEAD);
        }
    }

    /// Bytes went: the end of an answer may still be on its way.
    pub(crate) fn wrote(&self) {
        if self.phase() == IDLE {
            self.set(IDLE);
        }
    }

    /// A whole head is there.
    pub(crate) fn begin(&self) {
        self.set(BUSY);
    }

    /// An answer has no more to say.
    pub(crate) fn end(&self) {
        if self.phase() == BUSY {
            self.set(IDLE);
        }
    }

    /// From now on it speaks another protocol.
    pub(crate) fn upgrade(&self) {
        self.set(UPGRADED);
    }

    pub(crate) fn is_upgraded(&self) -> bool {
        self.phase() == UPGRADED
    }

    /// What is due now; what comes later is asked for again before anything can have run out meanwhile.
    pub(crate) fn due(&self, limits: &Limits) -> Due {
        let now = Instant::now();
        let since = self.start + Duration::from_millis(self.since.load(Ordering::Relaxed) >> 2);
        let (limit, over) = match self.phase() {
            IDLE => (limits.keep_alive, Due::Idle),
            HEAD => (limits.header_timeout, Due::Head),
            _ => (Duration::MAX, Due::Idle),
        };
        if now.saturating_duration_since(since) >= limit {
            return over;
        }
        let again = now + limits.keep_alive.min(limits.header_timeout);
        Due::Later(since.checked_add(limit).map_or(again, |it| it.min(again)))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const KEEP_ALIVE: Duration = Duration::from_secs(5);
    const HEADER: Duration = Duration::from_secs(60);

    fn limits() -> Limits {
        Limits { keep_alive: KEEP_ALIVE, header_timeout: HEADER, ..Limits::default() }
    }

    /// What happens once nothing more comes, and after how long.
    async fn ends(clock: &Clock, limits: &Limits) -> Option<(Due, Duration)> {
        let start = Instant::now();
        for _ in 0..100 {
            match clock.due(limits) {
                Due::Later(at) => tokio::time::sleep_until(at).await,
                due => return Some((due, start.elapsed())),
            }
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_it_idles_or_its_head_takes_too_long() {
        for limits in
            [limits(), Limits { keep_alive: HEADER, header_timeout: KEEP_ALIVE, ..limits() }]
        {
            let clock = Clock::new();
            assert_eq!(ends(&clock, &limits).await, Some((Due::Idle, limits.keep_alive)));

            let clock = Clock::new();
            clock.read();
            assert_eq!(ends(&clock, &limits).await, Some((Due::Head, limits.header_timeout)));

            let clock = Clock::new();
            clock.read();
            clock.begin();
            assert_eq!(ends(&clock, &limits).await, None);
            clock.end();
            assert_eq!(ends(&clock, &limits).await, Some((Due::Idle, limits.keep_alive)));

            let clock = Clock::new();
            clock.begin();
            clock.upgrade();
            clock.end();
            assert_eq!(ends(&clock, &limits).await, None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_still_takes_an_answer_does_not_idle() {
        let clock = Clock::new();
        clock.begin();
        clock.end();
        for _ in 0..5 {
            advance(Duration::from_secs(4)).await;
            assert!(matches!(clock.due(&limits()), Due::Later(_)));
            clock.wrote();
        }
    }
}
