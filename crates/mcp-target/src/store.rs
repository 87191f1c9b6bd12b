//! What has to be remembered between two requests, for a limited time: values by key, in memory or in Redis.
//!
//! In: a key and what becomes of its value. Out: the value, or that the place where it is kept does not answer.

#[cfg(feature = "redis")]
pub(crate) mod doubts;
pub(crate) mod expiring;
#[cfg(feature = "redis")]
pub(crate) mod gate;
pub(crate) mod place;
#[cfg(feature = "redis")]
pub(crate) mod pool;
#[cfg(feature = "redis")]
pub(crate) mod sealing;
#[cfg(feature = "redis")]
pub(crate) mod server;
#[cfg(feature = "redis")]
pub(crate) mod shared;
pub(crate) mod table;
pub(crate) mod unavailable;
