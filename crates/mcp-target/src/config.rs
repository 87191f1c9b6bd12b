//! What a target is to be: who may sign in, on which screens, and what goes wrong on purpose.

pub(crate) mod clients;
pub(crate) mod faults;
pub(crate) mod limits;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod screens;
pub(crate) mod target;
#[cfg(feature = "mcp")]
pub(crate) mod tools;
#[cfg(feature = "outbound")]
pub(crate) mod upstream;
pub(crate) mod users;
