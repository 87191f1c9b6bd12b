//! Everything put together on one socket, for a program or for the test that asks it.
//!
//! In: a listener and a configuration. Out: a target, from the first connection to the last.

pub(crate) mod serve;
pub(crate) mod target;
