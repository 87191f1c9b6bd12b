//! What all sessions of a server have in common, and what each has of its own.

#![expect(deprecated, reason = "revisions that are served have log levels")]

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread;

use rmcp::handler::server::tool::ToolRouter;
use rmcp::model::{LoggingLevel, ServerNotification};
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::observability::metrics::Metrics;
#[cfg(feature = "novamart")]
use crate::primitives::sql::Database;

/// What answers the requests of one session, or one request that has none.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) own: Arc<Own>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    /// Built once: building it for each call would cost half the throughput.
    pub(crate) tools: ToolRouter<Server>,
    pub(crate) metrics: Metrics,
    /// Whether revisions that know sessions have them.
    pub(crate) sessions: bool,
    /// The lists that the conformance suite changes, where its fixtures are offered.
    pub(crate) fixtures: Option<Lists>,
    pub(crate) started: Instant,
    /// As many calls as there are processors may keep one busy at a time.
    pub(crate) processors: Arc<Semaphore>,
    #[cfg(feature = "novamart")]
    pub(crate) database: Arc<Database>,
}

/// What is remembered between two requests of a session.
#[derive(Debug, Default)]
pub(crate) struct Own {
    /// Tells of the clock, while it is subscribed to.
    pub(crate) clock: Telling,
    /// Tells of lists that changed.
    pub(crate) changes: Telling,
    /// The least severe message that the client wants to be sent.
    pub(crate) level: Mutex<Option<LoggingLevel>>,
}

/// A task that ends with its session, or when another one takes its place.
#[derive(Debug, Default)]
pub(crate) struct Telling(Mutex<Option<JoinHandle<()>>>);

impl Telling {
    pub(crate) fn replace(&self, task: Option<JoinHandle<()>>) {
        let mut current = self.0.lock().expect("no one panics holding the lock");
        if let Some(before) = std::mem::replace(&mut *current, task) {
            before.abort();
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.replace(None);
    }
}

/// Lists that may change while the server runs.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) more_tools: AtomicBool,
    pub(crate) more_prompts: AtomicBool,
    pub(crate) changes: broadcast::Sender<ServerNotification>,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            more_tools: false.into(),
            more_prompts: false.into(),
            changes: broadcast::Sender::new(16),
        }
    }
}

impl Server {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared), own: Arc::default() }
    }

    /// The same server for another session.
    pub(crate) fn anew(&self) -> Self {
        Self { shared: self.shared.clone(), own: Arc::default() }
    }
}

pub(crate) fn processors() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(thread::available_parallelism().map_or(1, usize::from)))
}
