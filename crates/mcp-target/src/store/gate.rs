//! Whether it is worth asking: after a failure nobody asks for a moment, and then one asks for all.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// So long after a failure nothing is asked.
const PAUSE: Duration = Duration::from_millis(100);

/// Open until something fails. Times are those since a start that the callers agree on.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// When the next one may ask, in milliseconds; 0 while everyone may.
    next: AtomicU64,
}

impl Gate {
    /// Whether to ask. One that asks for all has `patience` to tell how it went, then it is another one's turn.
    pub(crate) fn may_pass(&self, now: Duration, patience: Duration) -> bool {
        let next = self.next.load(SeqCst);
        if next == 0 {
            return true;
        }
        next <= milliseconds(now)
            && self
                .next
                .compare_exchange(next, milliseconds(now + PAUSE + patience), SeqCst, SeqCst)
                .is_ok()
    }

    pub(crate) fn open(&self) {
        if self.next.load(SeqCst) != 0 {
            self.next.store(0, SeqCst);
        }
    }

    pub(crate) fn close(&self, now: Duration) {
        self.next.store(milliseconds(now + PAUSE), SeqCst);
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_one_asks_for_all() {
        let patience = Duration::from_millis(250);
        let (gate, start) = (Gate::default(), Duration::from_secs(7));
        assert!(gate.may_pass(start, patience) && gate.may_pass(start, patience));
        gate.close(start);
        assert!(!gate.may_pass(start, patience));
        assert!(!gate.may_pass(start + PAUSE - Duration::from_millis(1), patience));
        let later = start + PAUSE;
        assert!(gate.may_pass(later, patience));
        assert!(!gate.may_pass(later, patience), "one at a time");
        // Whoever asked was never heard of again.
        assert!(gate.may_pass(later + PAUSE + patience, patience));
        gate.open();
        assert!(gate.may_pass(later, patience) && gate.may_pass(later, patience));
    }
}
