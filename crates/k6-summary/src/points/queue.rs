//! The batches of a file, counted in the order of its lines, whichever thread brings which.

use crate::error::Error;
use crate::intake::batch::Batch;
use crate::intake::lock::lock;
use crate::intake::query::Plan;
use crate::intake::series_key::SeriesKeys;
use crate::points::file::{File, Told};
use crate::tally::totals::Totals;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};

/// Batches that may wait for one before them.
const MOST_WAITING: usize = 32;

/// What the threads share.
pub(crate) struct Queue<'a> {
    state: Mutex<State<'a>>,
    moved: Condvar,
}

struct State<'a> {
    plan: &'a Plan,
    keys: &'a Mutex<SeriesKeys>,
    totals: &'a mut Totals,
    file: File,
    next: u64,
    waiting: BTreeMap<u64, io::Result<Batch>>,
    error: Option<Error>,
    /// A thread panicked, so that its batch never comes.
    abandoned: bool,
}

impl<'a> Queue<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        keys: &'a Mutex<SeriesKeys>,
        totals: &'a mut Totals,
        file: File,
    ) -> Self {
        let waiting = BTreeMap::new();
        let state =
            State { plan, keys, totals, file, next: 0, waiting, error: None, abandoned: false };
        Self { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// Waits while too many are before this one, then counts it once it is the next.
    ///
    /// An error of the stream stands behind all batches. Returns whether there may be more.
    pub(crate) fn put(&self, number: u64, found: io::Result<Batch>) -> bool {
        let ends = found.is_err();
        let mut state = lock(&self.state);
        while state.waiting.len() >= MOST_WAITING && state.next != number && state.goes_on() {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.insert(number, found);
        state.count();
        self.moved.notify_all();
        !ends && state.goes_on()
    }

    /// Wakes those that wait for a thread that panicked, so that its panic is passed on.
    pub(crate) fn abandoned_on_panic(&self) -> Abandoned<'_, 'a> {
        Abandoned(self)
    }

    pub(crate) fn finish(self) -> Result<Told, Error> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let (None, Some((_, Err(error)))) = (&state.error, state.waiting.pop_last()) {
            state.file.broken(error)?;
        }
        state.error.map_or_else(|| state.file.finish(), Err)
    }
}

impl State<'_> {
    fn goes_on(&self) -> bool {
        self.error.is_none() && !self.abandoned
    }

    fn count(&mut self) {
        while self.error.is_none()
            && let Some(found) = self.waiting.remove(&self.next)
        {
            self.next += 1;
            let counted = match found {
                Ok(batch) => self.file.count(self.totals, self.plan, self.keys, &batch),
                Err(error) => self.file.broken(error),
            };
            self.error = counted.err();
        }
    }
}

pub(crate) struct Abandoned<'q, 'a>(&'q Queue<'a>);

impl Drop for Abandoned<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.state).abandoned = true;
            self.0.moved.notify_all();
        }
    }
}
