//! One kind of value by key.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::expiring::Expiring;
#[cfg(feature = "redis")]
use crate::store::shared::Shared;
use crate::store::unavailable::Unavailable;

/// Values of one kind, each for a fixed time from its insertion on.
pub(crate) struct Table<V>(Kept<V>);

enum Kept<V> {
    Memory(Mutex<Expiring<Arc<V>>>),
    #[cfg(feature = "redis")]
    Redis(Shared<V>),
}

impl<V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Table<V> {
    /// In the memory of this process; the oldest of more than `capacity` values gives way.
    pub(crate) fn in_memory(life: Duration, capacity: usize) -> Self {
        Self(Kept::Memory(Mutex::new(Expiring::new(life, capacity))))
    }

    /// In the memory of this process; beyond `capacity` values no other is taken in until one's time is over.
    pub(crate) fn lasting_in_memory(life: Duration, capacity: usize) -> Self {
        Self(Kept::Memory(Mutex::new(Expiring::lasting(life, capacity))))
    }

    #[cfg(feature = "redis")]
    pub(crate) fn in_redis(shared: Shared<V>) -> Self {
        Self(Kept::Redis(shared))
    }

    /// In Redis this may be what it was up to 5 minutes ago, where another instance changed it.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Arc<V>>, Unavailable> {
        match &self.0 {
            Kept::Memory(it) => Ok(lock(it).get(key).cloned()),
            #[cfg(feature = "redis")]
            Kept::Redis(it) => it.get(key).await,
        }
    }

    pub(crate) async fn insert(&self, key: &str, value: V) -> Result<(), Unavailable> {
        match &self.0 {
            Kept::Memory(it) => {
                let has_room = lock(it).insert(key.to_owned(), Arc::new(value));
                has_room.then_some(()).ok_or(Unavailable)
            }
            #[cfg(feature = "redis")]
            Kept::Redis(it) => it.insert(key, value).await,
        }
    }

    pub(crate) async fn remove(&self, key: &str) -> Result<Option<Arc<V>>, Unavailable> {
        match &self.0 {
            Kept::Memory(it) => Ok(lock(it).remove(key)),
            #[cfg(feature = "redis")]
            Kept::Redis(it) => it.remove(key).await,
        }
    }

    /// Gives a value that is there its whole time again, and tells whether it is there.
    #[cfg(all(feature = "mcp", feature = "redis"))]
    pub(crate) async fn renew(&self, key: &str) -> Result<bool, Unavailable> {
        match &self.0 {
            Kept::Memory(it) => {
                let mut memory = lock(it);
                let Some(value) = memory.remove(key) else { return Ok(false) };
                Ok(memory.insert(key.to_owned(), value))
            }
            Kept::Redis(it) => it.renew(key).await,
        }
    }

    /// Lets `change` decide what becomes of a value, with nobody else changing it meanwhile: left as `None` it is removed.
    ///
    /// It may be asked more than once, each time with the value as it is then; what it returned last counts. A value that
    /// stays keeps its time.
    pub(crate) async fn change<R>(
        &self,
        key: &str,
        mut change: impl FnMut(&mut Option<V>) -> R,
    ) -> Result<R, Unavailable> {
        let mut memory = match &self.0 {
            Kept::Memory(it) => lock(it),
            #[cfg(feature = "redis")]
            Kept::Redis(it) => return it.change(key, change).await,
        };
        let mut value = memory.get(key).map(|it| V::clone(it));
        let was_there = value.is_some();
        let returned = change(&mut value);
        match value {
            Some(value) if was_there => {
                *memory.get_mut(key).expect("it was there a moment ago") = Arc::new(value);
            }
            Some(value) => {
                let has_room = memory.insert(key.to_owned(), Arc::new(value));
                return has_room.then_some(returned).ok_or(Unavailable);
            }
            None => drop(memory.remove(key)),
        }
        Ok(returned)
    }
}

fn lock<V>(memory: &Mutex<Expiring<V>>) -> MutexGuard<'_, Expiring<V>> {
    memory.lock().expect("no one panics holding the lock")
}
