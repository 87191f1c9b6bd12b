//! Writes that were sent and never answered.
//!
//! Whoever waited for one was told that the store does not answer, and comes again with what it had before. If it turns
//! out then that the write was done, nobody was given what came of it, so it counts as not done.

use std::time::Duration;

use moka::sync::Cache;

use crate::store::sealing::STAMP;

pub(crate) type Stamp = [u8; STAMP];

/// So long a client may come again, and so many keys are remembered.
const MEMORY: Duration = Duration::from_secs(5 * 60);
const KEYS: u64 = 10_000;
/// Writes to one key that went unanswered.
const WRITES: usize = 16;

/// What was there before, by the key and the stamp of each write that may have replaced it.
pub(crate) struct Doubts<E> {
    keys: Cache<String, Doubt<E>>,
}

#[derive(Clone)]
struct Doubt<E> {
    before: (Stamp, E),
    after: Vec<Stamp>,
}

impl<E: Clone + Send + Sync + 'static> Doubts<E> {
    pub(crate) fn new() -> Self {
        Self { keys: Cache::builder().max_capacity(KEYS).time_to_live(MEMORY).build() }
    }

    /// What counts instead of the value with stamp `there`, if that came of a write that was never answered.
    pub(crate) fn before(&self, key: &str, there: &Stamp) -> Option<(Stamp, E)> {
        let doubt = self.keys.get(key)?;
        doubt.after.contains(there).then_some(doubt.before)
    }

    /// Something was answered, so nothing of before counts any more.
    pub(crate) fn settle(&self, key: &str) {
        self.keys.invalidate(key);
    }

    /// Takes note that a write is on its way, until it is dropped; by then it was [answered](Pending::answered), or it is
    /// in doubt.
    pub(crate) fn pending<'a>(
        &'a self,
        key: &'a str,
        before: (Stamp, E),
        after: Stamp,
    ) -> Pending<'a, E> {
        Pending { doubts: self, key, write: Some((before, after)) }
    }

    fn add(&self, key: &str, before: (Stamp, E), after: Stamp) {
        self.keys.entry_by_ref(key).and_upsert_with(|known| {
            let known = known.map(|it| it.into_value());
            let mut doubt = known
                .filter(|it| it.before.0 == before.0)
                .unwrap_or(Doubt { before, after: Vec::new() });
            if doubt.after.len() == WRITES {
                doubt.after.remove(0);
            }
            doubt.after.push(after);
            doubt
        });
    }
}

/// A write that nobody has answered yet. A request that ends early leaves it so.
pub(crate) struct Pending<'a, E: Clone + Send + Sync + 'static> {
    doubts: &'a Doubts<E>,
    key: &'a str,
    write: Option<((Stamp, E), Stamp)>,
}

impl<E: Clone + Send + Sync + 'static> Pending<'_, E> {
    /// It is known what became of it.
    pub(crate) fn answered(mut self) {
        self.write = None;
    }
}

impl<E: Clone + Send + Sync + 'static> Drop for Pending<'_, E> {
    fn drop(&mut self) {
        if let Some((before, after)) = self.write.take() {
            self.doubts.add(self.key, before, after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_before_an_unanswered_write_counts_until_something_is_answered() {
        let doubts = Doubts::new();
        let stamp = |it| [it; STAMP];
        doubts.pending("a", (stamp(0), "zero"), stamp(1)).answered();
        assert_eq!(doubts.before("a", &stamp(1)), None);

        drop(doubts.pending("a", (stamp(0), "zero"), stamp(1)));
        assert_eq!(doubts.before("a", &stamp(1)), Some((stamp(0), "zero")));
        assert_eq!(doubts.before("a", &stamp(2)), None, "written by somebody else");
        assert_eq!(doubts.before("b", &stamp(1)), None);

        // The next attempt is from the same beginning, and goes unanswered too.
        drop(doubts.pending("a", (stamp(0), "zero"), stamp(2)));
        for after in [1, 2] {
            assert_eq!(doubts.before("a", &stamp(after)), Some((stamp(0), "zero")));
        }
        // From what somebody else wrote meanwhile: nothing of before counts.
        drop(doubts.pending("a", (stamp(7), "seven"), stamp(8)));
        assert_eq!(doubts.before("a", &stamp(1)), None);
        assert_eq!(doubts.before("a", &stamp(8)), Some((stamp(7), "seven")));
        doubts.settle("a");
        assert_eq!(doubts.before("a", &stamp(8)), None);
    }
}
