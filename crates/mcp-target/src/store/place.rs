//! Where everything is kept.

use std::io;
#[cfg(feature = "redis")]
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::target::Config;
#[cfg(feature = "redis")]
use crate::store::pool::Observe;
#[cfg(feature = "redis")]
use crate::store::server::Server;
#[cfg(feature = "redis")]
use crate::store::shared::Shared;
use crate::store::table::Table;
use crate::store::unavailable::Unavailable;

/// Where tables are made.
pub(crate) enum Store {
    Memory,
    #[cfg(feature = "redis")]
    Redis(Arc<Server>),
}

impl Store {
    /// The one that `config` asks for; `observe` is told of each operation of Redis.
    ///
    /// # Errors
    /// Redis does not answer, with what to do.
    pub(crate) async fn open(
        config: &Config,
        #[cfg(feature = "redis")] observe: Observe,
    ) -> io::Result<Self> {
        #[cfg(feature = "redis")]
        if let Some(redis) = &config.redis {
            if redis.secret.is_none() {
                tracing::warn!(
                    "without REDIS_ENCRYPTION_SECRET what is kept in Redis is good for this process alone"
                );
            }
            return Ok(Self::Redis(Arc::new(Server::connect(redis, observe).await?)));
        }
        let _ = config;
        Ok(Self::Memory)
    }

    /// Values of one kind that live for `life`; in memory the oldest of more than `capacity` gives way, and with Redis so
    /// many are remembered here.
    #[cfg_attr(not(feature = "redis"), expect(unused_variables, reason = "memory needs no name"))]
    pub(crate) fn table<V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static>(
        &self,
        name: &'static str,
        life: Duration,
        capacity: usize,
    ) -> Table<V> {
        match self {
            Self::Memory => Table::in_memory(life, capacity),
            #[cfg(feature = "redis")]
            Self::Redis(it) => Table::in_redis(Shared::new(it.clone(), name, life, capacity)),
        }
    }

    /// Values whose loss would let something count twice: in memory no more than `capacity` are taken in at a time, and none
    /// gives way.
    #[cfg_attr(not(feature = "redis"), expect(unused_variables, reason = "memory needs no name"))]
    pub(crate) fn lasting_table<V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static>(
        &self,
        name: &'static str,
        life: Duration,
        capacity: usize,
    ) -> Table<V> {
        match self {
            Self::Memory => Table::lasting_in_memory(life, capacity),
            #[cfg(feature = "redis")]
            Self::Redis(_) => self.table(name, life, capacity),
        }
    }

    /// Whether other processes keep theirs in the same place.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self, Self::Memory)
    }

    /// Whether it answers.
    pub(crate) async fn ping(&self) -> Result<(), Unavailable> {
        match self {
            Self::Memory => Ok(()),
            #[cfg(feature = "redis")]
            Self::Redis(it) => it.ping().await,
        }
    }
}
