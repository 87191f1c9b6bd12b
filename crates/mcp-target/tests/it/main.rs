//! The whole server over HTTP, as clients and browsers see it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod authorization;
mod bearer_faults;
mod call_faults;
mod cli;
mod conformance;
mod controlled;
mod fault_table;
mod faults;
mod habits;
mod library;
mod logs;
mod mcp;
mod metadata;
mod mock_in_ci;
mod mocks;
mod modern;
mod observability;
mod person;
mod primitives;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_server;
mod registration;
mod screens;
mod session;
mod session_faults;
mod sessions;
mod streams;
mod target;
mod tokens;
mod upstream;
mod websocket;
