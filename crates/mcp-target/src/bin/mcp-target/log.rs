//! Where the log goes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::Log;

/// The most lines that wait to be written.
const MOST: usize = 2000;

/// How long the end of the program waits for whoever reads stderr.
const LAST: Duration = Duration::from_secs(1);

/// Logs to stderr what the target itself says: what it is built of would log whole messages, with the secrets in them.
///
/// Nobody who is served waits for whoever reads stderr. What is returned is to be dropped last.
pub(crate) fn start(log: Option<Log>, level: Option<&str>) -> Option<Lines> {
    let usual = if log.is_some() { LevelFilter::INFO } else { LevelFilter::WARN };
    let level = level.map_or(usual, |it| it.parse().expect("clap takes no other levels"));
    let ours = Targets::new().with_target("mcp_target", level);
    let queue = Arc::<Queue>::default();
    let layer = tracing_subscriber::fmt::layer().with_writer(queue.clone());
    let layer = match log.unwrap_or(Log::Text) {
        Log::Json => layer.json().flatten_event(true).boxed(),
        Log::Text => layer.boxed(),
        Log::Off => return None,
    };
    tracing_subscriber::registry().with(layer.with_filter(ours)).init();
    let written = queue.clone();
    thread::spawn(move || written.write_all_that_comes(&mut io::stderr()));
    Some(Lines(queue))
}

/// Lines on their way to stderr; waits a little when it is dropped, until they are there.
pub(crate) struct Lines(Arc<Queue>);

impl Drop for Lines {
    fn drop(&mut self) {
        let state = self.0.lock();
        let _ = self.0.changed.wait_timeout_while(state, LAST, |it| it.is_busy());
    }
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    is_writing: bool,
}

impl State {
    fn is_busy(&self) -> bool {
        self.is_writing || !self.waiting.is_empty()
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no one panics holding the lock")
    }

    fn write_all_that_comes(&self, to: &mut impl Write) {
        loop {
            let idle = |it: &mut State| it.waiting.is_empty();
            let state = self.changed.wait_while(self.lock(), idle);
            let mut state = state.expect("no one panics holding the lock");
            state.is_writing = true;
            let lines = mem::take(&mut state.waiting);
            drop(state);
            for line in lines {
                // Where nobody reads there is nobody to tell.
                let _ = to.write_all(&line);
            }
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }
}

/// Takes one line at a time; one that finds no room is lost.
impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.lock();
        if state.waiting.len() < MOST {
            state.waiting.push_back(line.to_vec());
            self.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
