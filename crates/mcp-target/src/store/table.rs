//! One kind of value by key.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::expiring::Expiring;
use crate::store::unavailable::Unavailable;

/// Values of one kind, each for a fixed time from its insertion on.
pub(crate) struct Table<V> {
    memory: Mutex<Expiring<Arc<V>>>,
}

impl<V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Table<V> {
    /// In the memory of this process; the oldest of more than `capacity` values gives way.
    pub(crate) fn in_memory(life: Duration, capacity: usize) -> Self {
        Self { memory: Mutex::new(Expiring::new(life, capacity)) }
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Arc<V>>, Unavailable> {
        Ok(self.lock().get(key).cloned())
    }

    pub(crate) async fn insert(&self, key: &str, value: V) -> Result<(), Unavailable> {
        self.lock().insert(key.to_owned(), Arc::new(value));
        Ok(())
    }

    pub(crate) async fn remove(&self, key: &str) -> Result<Option<Arc<V>>, Unavailable> {
        Ok(self.lock().remove(key))
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
        let mut memory = self.lock();
        let mut value = memory.get(key).map(|it| V::clone(it));
        let was_there = value.is_some();
        let returned = change(&mut value);
        match value {
            Some(value) if was_there => {
                *memory.get_mut(key).expect("it was there a moment ago") = Arc::new(value);
            }
            Some(value) => memory.insert(key.to_owned(), Arc::new(value)),
            None => drop(memory.remove(key)),
        }
        Ok(returned)
    }

    fn lock(&self) -> MutexGuard<'_, Expiring<Arc<V>>> {
        self.memory.lock().expect("no one panics holding the lock")
    }
}
