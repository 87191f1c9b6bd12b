//! What has to be remembered between two requests, for a limited time: values by key, in memory.
//!
//! In: a key and what becomes of its value. Out: the value, or that the place where it is kept does not answer.

pub(crate) mod expiring;
pub(crate) mod table;
pub(crate) mod unavailable;
