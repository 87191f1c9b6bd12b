//! The whole server over HTTP, as clients and browsers see it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod authorization;
mod cli;
mod faults;
mod mcp;
mod metadata;
mod person;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_server;
mod registration;
mod screens;
mod session;
mod sessions;
mod target;
mod tokens;
