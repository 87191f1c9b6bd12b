//! Locks: the panic of another thread is passed on when the threads are joined, not here.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

pub(crate) fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same where the other thread holds it for a tenth of a millisecond: going to sleep and being
/// woken would take as long.
pub(crate) fn lock_soon<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    for _ in 0..10_000 {
        match it.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(it)) => return it.into_inner(),
            Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
        }
    }
    lock(it)
}
