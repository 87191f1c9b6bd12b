//! Which outcomes are tried again, and after how long.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::{Sleep, sleep};
use tower::retry::Policy;

use crate::upstream::call::{Answer, Call, CallError};

/// Tries in all.
const TRIES: u32 = 3;

/// The first wait; each further one may be twice as long.
const FIRST: Duration = Duration::from_millis(200);

/// No wait is longer: whoever asks for more is not asked again.
const LONGEST: Duration = Duration::from_secs(10);

/// Exponential, with jitter, and as long as `Retry-After` says where it says it.
#[derive(Debug, Clone)]
pub(crate) struct Backoff;

impl Policy<Call, Answer, CallError> for Backoff {
    type Future = Sleep;

    fn retry(&mut self, call: &mut Call, outcome: &mut Result<Answer, CallError>) -> Option<Sleep> {
        let wait = wait(call.attempt, outcome, rand::random())?;
        call.attempt += 1;
        Some(sleep(wait))
    }

    fn clone_request(&mut self, call: &Call) -> Option<Call> {
        Some(call.clone())
    }
}

/// How long after `attempt` to try again, if at all; `random` is between 0 and 1.
fn wait(attempt: u32, outcome: &Result<Answer, CallError>, random: f64) -> Option<Duration> {
    if attempt >= TRIES {
        return None;
    }
    let asked = match outcome {
        Err(CallError::Connect(_)) => None,
        Ok(it) if is_passing(it.status) => it.retry_after,
        _ => return None,
    };
    let most = (FIRST * 2_u32.saturating_pow(attempt - 1)).min(LONGEST);
    // Half of it is random, so that those who failed together do not come back together.
    let own = most.mul_f64(0.5 + random / 2.0);
    Some(asked.map_or(own, |it| it.max(own))).filter(|it| *it <= LONGEST)
}

/// Whether a status says that it may be another one soon.
fn is_passing(status: StatusCode) -> bool {
    [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ]
    .contains(&status)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::time::Instant;

    use super::*;

    fn answer(status: u16, retry_after: Option<u64>) -> Result<Answer, CallError> {
        Ok(Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: retry_after.map(Duration::from_secs),
            body: Value::Null,
            attempt: 1,
        })
    }

    #[track_caller]
    fn check(attempt: u32, outcome: &Result<Answer, CallError>, least: Option<u64>, most: u64) {
        let millis = |random| wait(attempt, outcome, random).map(|it| it.as_millis() as u64);
        assert_eq!(millis(0.0), least);
        assert_eq!(millis(1.0), least.map(|_| most));
    }

    #[test]
    fn what_may_pass_is_tried_again_later_and_later() {
        check(1, &answer(503, None), Some(100), 200);
        check(2, &answer(503, None), Some(200), 400);
        check(3, &answer(503, None), None, 0);
        for status in [429, 502, 504] {
            check(1, &answer(status, None), Some(100), 200);
        }
        check(1, &Err(CallError::Connect(String::new())), Some(100), 200);
        for status in [200, 304, 400, 404, 500, 501] {
            check(1, &answer(status, None), None, 0);
        }
        check(1, &Err(CallError::Timeout(FIRST)), None, 0);
        check(1, &Err(CallError::OpenCircuit(FIRST)), None, 0);
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_or_not_waited_for() {
        check(1, &answer(429, Some(2)), Some(2000), 2000);
        check(1, &answer(429, Some(0)), Some(100), 200);
        check(1, &answer(503, Some(10)), Some(10_000), 10_000);
        check(1, &answer(429, Some(11)), None, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_waits_and_counts() {
        let start = Instant::now();
        let mut call = Call { url: "http://127.0.0.1/".parse().unwrap(), attempt: 1 };
        for attempt in 2..=TRIES {
            Backoff.retry(&mut call, &mut answer(429, Some(1))).unwrap().await;
            assert_eq!(call.attempt, attempt);
        }
        assert!(Backoff.retry(&mut call, &mut answer(429, Some(1))).is_none());
        assert_eq!(start.elapsed().as_secs(), 2);
    }
}
