//! One kind of value by key, in Redis, for all instances that share it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use moka::sync::Cache;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::doubts::{Doubts, Stamp};
use crate::store::pool::Failed;
use crate::store::sealing::{STAMP, day, readable};
use crate::store::server::{Exchanged, Next, Server, unavailable};
use crate::store::unavailable::Unavailable;

/// A value that was read is not read again for so long.
const NEAR: Duration = Duration::from_secs(5 * 60);
/// Somebody else changed a value each time that it was to be changed: then the store is as good as not there.
const ATTEMPTS: usize = 32;
/// Counters of writes, each for many keys.
const COUNTERS: usize = 256;

/// Values of one kind, each for a fixed time from its insertion on.
///
/// [`get`](Self::get) may answer with what this instance saw up to 5 minutes ago: a value that another instance changed or
/// removed meanwhile. What must not be used twice is decided by [`change`](Self::change) or [`remove`](Self::remove),
/// which ask Redis whatever is remembered here.
pub(crate) struct Shared<V> {
    server: Arc<Server>,
    name: &'static str,
    life: Duration,
    near: Cache<String, Entry<V>>,
    doubts: Doubts<Entry<V>>,
    /// How many writes of this instance began; what was read or written while one did is not remembered.
    writes: Vec<AtomicU64>,
}

struct Entry<V> {
    value: Arc<V>,
    stamp: Stamp,
    /// When its time is over, in milliseconds since 1970.
    until: u64,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), ..*self }
    }
}

/// What was found for a key.
struct Found<V> {
    /// How it begins, readable or not; empty if there is nothing.
    stamp: Vec<u8>,
    entry: Option<Entry<V>>,
    /// Whether Redis said so just now.
    is_certain: bool,
}

impl<V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Shared<V> {
    pub(crate) fn new(
        server: Arc<Server>,
        name: &'static str,
        life: Duration,
        capacity: usize,
    ) -> Self {
        Self {
            server,
            name,
            life,
            near: Cache::builder().max_capacity(capacity as u64).time_to_live(NEAR).build(),
            doubts: Doubts::new(),
            writes: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Arc<V>>, Unavailable> {
        if let Some(entry) = self.near(key) {
            return Ok(Some(entry.value));
        }
        let writes = self.counter(key).load(SeqCst);
        let found = self.find(key).await?;
        Ok(found.entry.map(|entry| {
            self.remember(key, &entry, writes);
            entry.value
        }))
    }

    pub(crate) async fn insert(&self, key: &str, value: V) -> Result<(), Unavailable> {
        let place = self.place(key);
        let (entry, sealed) = self.seal(&place, Arc::new(value), now() + millis(self.life));
        let writes = self.begin(key);
        self.server.set(&place, &sealed, self.life).await?;
        self.doubts.settle(key);
        self.remember(key, &entry, writes);
        Ok(())
    }

    pub(crate) async fn remove(&self, key: &str) -> Result<Option<Arc<V>>, Unavailable> {
        let place = self.place(key);
        self.begin(key);
        let taken = self.server.take(&place).await?;
        self.doubts.settle(key);
        self.begin(key);
        Ok(self.read(&place, taken).entry.map(|it| it.value))
    }

    /// Gives a value that is there its whole time again, and tells whether it is there.
    #[cfg(feature = "mcp")]
    pub(crate) async fn renew(&self, key: &str) -> Result<bool, Unavailable> {
        let Some(entry) = self.entry(key).await? else { return Ok(false) };
        let place = self.place(key);
        let (entry, sealed) = self.seal(&place, entry.value, now() + millis(self.life));
        let writes = self.begin(key);
        let is_there = self.server.replace(&place, &sealed, self.life).await?;
        if is_there {
            self.remember(key, &entry, writes);
        } else {
            self.begin(key);
        }
        Ok(is_there)
    }

    /// Begins with what is remembered here, and lets Redis find out whether that still stands: mostly one round trip.
    ///
    /// A write that was sent and never answered counts as not done, see [`Doubts`]: `change` is given the value before.
    /// That is known to this instance alone.
    pub(crate) async fn change<R>(
        &self,
        key: &str,
        mut change: impl FnMut(&mut Option<V>) -> R,
    ) -> Result<R, Unavailable> {
        let place = self.place(key);
        let mut found = match self.near(key) {
            Some(entry) => {
                Found { stamp: entry.stamp.to_vec(), entry: Some(entry), is_certain: false }
            }
            None => self.find(key).await?,
        };
        for _ in 0..ATTEMPTS {
            let doubted = found.entry.as_ref().and_then(|it| self.doubts.before(key, &it.stamp));
            let before = doubted.map(|(_, it)| it).or_else(|| found.entry.clone());
            let before = before.filter(|it| it.until > now());
            let mut value = before.as_ref().map(|it| V::clone(&it.value));
            let returned = change(&mut value);
            let (next, entry) = self.next(&place, before.as_ref(), value);
            if found.is_certain && matches!(next, Next::Same) {
                return Ok(returned);
            }
            let writes = self.begin(key);
            let pending = before.zip(entry.as_ref()).map(|(before, after)| {
                self.doubts.pending(key, (before.stamp, before), after.stamp)
            });
            let answer = self.server.exchange(&place, &found.stamp, &next).await;
            if !matches!(answer, Err(Failed::Unanswered))
                && let Some(pending) = pending
            {
                pending.answered();
            }
            match answer.map_err(unavailable)? {
                Exchanged::Done => {
                    if let Some(entry) = entry {
                        self.doubts.settle(key);
                        self.remember(key, &entry, writes);
                    } else if matches!(next, Next::Removed) {
                        self.doubts.settle(key);
                        self.begin(key);
                    }
                    return Ok(returned);
                }
                Exchanged::Found(there) => found = self.read(&place, there),
            }
        }
        tracing::warn!(table = self.name, "a value was changed by others all the time");
        Err(Unavailable)
    }

    /// What `change` made of a value: what to write, and what is there then.
    fn next(
        &self,
        place: &str,
        before: Option<&Entry<V>>,
        value: Option<V>,
    ) -> (Next, Option<Entry<V>>) {
        match (before, value) {
            (None, None) => (Next::Same, None),
            (Some(_), None) => (Next::Removed, None),
            (Some(before), Some(value)) if json(&*before.value) == json(&value) => {
                (Next::Same, None)
            }
            (before, Some(value)) => {
                let until = before.map_or_else(|| now() + millis(self.life), |it| it.until);
                let (entry, sealed) = self.seal(place, Arc::new(value), until);
                (Next::Sealed(sealed, self.life), Some(entry))
            }
        }
    }

    #[cfg(feature = "mcp")]
    async fn entry(&self, key: &str) -> Result<Option<Entry<V>>, Unavailable> {
        match self.near(key) {
            Some(entry) => Ok(Some(entry)),
            None => Ok(self.find(key).await?.entry),
        }
    }

    async fn find(&self, key: &str) -> Result<Found<V>, Unavailable> {
        let place = self.place(key);
        let there = self.server.get(&place).await?;
        Ok(self.read(&place, there))
    }

    /// What cannot be read is as good as not there, but is replaced all the same.
    fn read(&self, place: &str, sealed: Option<Vec<u8>>) -> Found<V> {
        let sealed = sealed.unwrap_or_default();
        let open = || {
            let stamp = *sealed.first_chunk::<STAMP>()?;
            let days = readable(day(SystemTime::now()), self.life);
            let value = self.server.keys.open(place, &sealed, days)?;
            let (until, value) = serde_json::from_slice::<(u64, V)>(&value).ok()?;
            Some(Entry { value: Arc::new(value), stamp, until })
        };
        let entry = open();
        if entry.is_none() && !sealed.is_empty() {
            tracing::warn!(table = self.name, "a value in Redis cannot be read");
        }
        let entry = entry.filter(|it| it.until > now());
        Found { stamp: sealed[..sealed.len().min(STAMP)].to_vec(), entry, is_certain: true }
    }

    fn seal(&self, place: &str, value: Arc<V>, until: u64) -> (Entry<V>, Vec<u8>) {
        let sealed = self.server.keys.seal(place, &json(&(until, &*value)), day(SystemTime::now()));
        let stamp = *sealed.first_chunk().expect("what was sealed begins with a stamp");
        (Entry { value, stamp, until }, sealed)
    }

    fn place(&self, key: &str) -> String {
        self.server.keys.name(&self.server.prefix, self.name, key)
    }

    fn near(&self, key: &str) -> Option<Entry<V>> {
        self.near.get(key).filter(|it| it.until > now())
    }

    /// A write begins or is done: what is remembered and what is being read may not be so any more.
    fn begin(&self, key: &str) -> u64 {
        let writes = self.counter(key).fetch_add(1, SeqCst) + 1;
        self.near.invalidate(key);
        writes
    }

    /// Unless another write began meanwhile.
    fn remember(&self, key: &str, entry: &Entry<V>, writes: u64) {
        if self.counter(key).load(SeqCst) == writes {
            self.near.insert(key.to_owned(), entry.clone());
            if self.counter(key).load(SeqCst) != writes {
                self.near.invalidate(key);
            }
        }
    }

    fn counter(&self, key: &str) -> &AtomicU64 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        &self.writes[(hasher.finish() % COUNTERS as u64) as usize]
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("values are plain JSON")
}

fn now() -> u64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
