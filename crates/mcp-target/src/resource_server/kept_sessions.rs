//! Sessions that outlive the process: what a client said when it initialized, by the session's id.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use rmcp::transport::streamable_http_server::session::SessionState;

use crate::store::place::Store;
use crate::store::table::Table;
use crate::store::unavailable::Unavailable;

/// Sessions in Redis. Each lives there for the idle time, from the last time on that its use was noted.
pub(crate) struct KeptSessions {
    table: Table<SessionState>,
    /// Sessions whose use needs no note again yet. That costs a round trip, so it is made once in a quarter of the idle
    /// time: a session is gone there never later than here, and may be up to that much earlier.
    noted: Cache<String, ()>,
}

impl KeptSessions {
    /// Nothing where everything is in memory.
    pub(crate) fn new(store: &Store, idle: Duration, max: usize) -> Option<Arc<Self>> {
        let Store::Redis(_) = store else { return None };
        let noted = Cache::builder().time_to_live(idle / 4).max_capacity(max as u64).build();
        Some(Arc::new(Self { table: store.table("sessions", idle, max), noted }))
    }

    pub(crate) async fn has(&self, id: &str) -> Result<bool, Unavailable> {
        Ok(self.table.get(id).await?.is_some())
    }

    /// Takes note that a session of this process was used, and tells whether it still is one: another instance may have
    /// been told to delete it. While Redis does not answer it is.
    pub(crate) async fn note(&self, id: &str) -> bool {
        if self.noted.contains_key(id) {
            return true;
        }
        self.noted.insert(id.to_owned(), ());
        match self.table.renew(id).await {
            Ok(is_there) => is_there,
            Err(Unavailable) => {
                self.noted.invalidate(id);
                true
            }
        }
    }

    pub(crate) async fn insert(&self, id: &str, state: &SessionState) -> Result<(), Unavailable> {
        self.table.insert(id, state.clone()).await?;
        self.noted.insert(id.to_owned(), ());
        Ok(())
    }

    pub(crate) async fn remove(&self, id: &str) -> Result<(), Unavailable> {
        self.table.remove(id).await.map(drop)
    }

    pub(crate) async fn load(&self, id: &str) -> Result<Option<SessionState>, Unavailable> {
        Ok(self.table.get(id).await?.map(|it| SessionState::clone(&it)))
    }
}
