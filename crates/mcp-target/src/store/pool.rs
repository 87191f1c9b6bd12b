//! Connections to Redis: a few, each shared by many requests at a time, all with one limit of time.
//!
//! A connection carries requests one behind the other without waiting for answers, so none is ever taken or given back,
//! and a request costs the round trip of its command alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, Value};
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use crate::store::gate::Gate;

/// Told of each operation that was tried: its name, whether it was answered, and how long that took.
pub(crate) type Observe = Arc<dyn Fn(&'static str, bool, Duration) + Send + Sync>;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// It was not sent.
    Unsent,
    /// It was sent, and may have been done.
    Unanswered,
    /// Redis answered that it did not do it.
    Refused(RedisError),
}

pub(crate) struct Pool {
    client: Client,
    timeout: Duration,
    /// Connections, each of the generation in which it was made.
    slots: Vec<Mutex<Option<(u64, MultiplexedConnection)>>>,
    turn: AtomicUsize,
    /// Counts failures: after one no connection of before is trusted.
    generation: AtomicU64,
    gate: Gate,
    start: Instant,
    observe: Observe,
}

impl Pool {
    pub(crate) fn new(client: Client, size: usize, timeout: Duration, observe: Observe) -> Self {
        Self {
            client,
            timeout,
            slots: (0..size.max(1)).map(|_| Mutex::default()).collect(),
            turn: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
            gate: Gate::default(),
            start: Instant::now(),
            observe,
        }
    }

    /// Sends `command` and waits for its answer, both within the limit of time. Asks nothing if there was no answer a
    /// moment ago.
    pub(crate) async fn ask(
        &self,
        operation: &'static str,
        command: &Cmd,
    ) -> Result<Value, Failed> {
        if !self.gate.may_pass(self.start.elapsed(), self.timeout) {
            return Err(Failed::Unsent);
        }
        let start = Instant::now();
        let answer = self.ask_within(command, start + self.timeout).await;
        (self.observe)(operation, answer.is_ok(), start.elapsed());
        answer
    }

    async fn ask_within(&self, command: &Cmd, deadline: Instant) -> Result<Value, Failed> {
        let generation = self.generation.load(SeqCst);
        let mut connection = match timeout_at(deadline.into(), self.connection(generation)).await {
            Ok(Ok(it)) => it,
            Ok(Err(it)) => return Err(self.lost(generation, it, Failed::Unsent)),
            Err(_) => return Err(self.lost(generation, None, Failed::Unsent)),
        };
        match timeout_at(deadline.into(), connection.send_packed_command(command)).await {
            Ok(Ok(Value::ServerError(it))) => {
                self.gate.open();
                Err(Failed::Refused(it.into()))
            }
            Ok(Ok(answer)) => {
                self.gate.open();
                Ok(answer)
            }
            Ok(Err(it)) if it.code().is_some() => {
                self.gate.open();
                Err(Failed::Refused(it))
            }
            Ok(Err(it)) => Err(self.lost(generation, Some(it), Failed::Unanswered)),
            Err(_) => Err(self.lost(generation, None, Failed::Unanswered)),
        }
    }

    async fn connection(
        &self,
        generation: u64,
    ) -> Result<MultiplexedConnection, Option<RedisError>> {
        let turn = self.turn.fetch_add(1, SeqCst);
        let mut slot = self.slots[turn % self.slots.len()].lock().await;
        if let Some((made, connection)) = &*slot
            && *made == generation
        {
            return Ok(connection.clone());
        }
        // Whoever waited here for one that failed does not try again.
        if self.generation.load(SeqCst) != generation {
            return Err(None);
        }
        // Dropped first, so that there are never more than were asked for.
        *slot = None;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(Some)?;
        *slot = Some((generation, connection.clone()));
        Ok(connection)
    }

    /// Takes note of a failure, once for all who had theirs by the same connections.
    fn lost(&self, generation: u64, err: Option<RedisError>, failed: Failed) -> Failed {
        if self.generation.compare_exchange(generation, generation + 1, SeqCst, SeqCst).is_ok() {
            self.gate.close(self.start.elapsed());
            match err {
                Some(err) => tracing::warn!(%err, "Redis does not answer"),
                None => tracing::warn!("Redis does not answer in time"),
            }
        }
        failed
    }
}
