//! A driver and its browser: found, started, asked and always ended.
//!
//! In: where a driver is. Out: a session, and the tab in which it works.

pub(crate) mod capabilities;
pub(crate) mod command;
pub(crate) mod driver;
pub(crate) mod element;
pub(crate) mod outcome;
pub(crate) mod process;
pub(crate) mod reach;
pub(crate) mod session;
pub(crate) mod storage_state;
pub(crate) mod tab;
pub(crate) mod world;
