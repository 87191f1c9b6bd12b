//! The whole server over HTTP, as clients and browsers see it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod accessibility;
mod authorization;
mod authorization_conformance;
mod bearer_faults;
mod call_faults;
mod cli;
mod clients;
mod conformance;
mod controlled;
mod documents;
mod fault_table;
mod faults;
mod habits;
mod introspection;
mod keys;
mod library;
mod logs;
mod mcp;
mod metadata;
mod mock_in_ci;
mod mocks;
mod modern;
mod observability;
mod one_time_password;
mod openid;
mod person;
mod primitives;
mod prompt;
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
mod token_faults;
mod tokens;
mod upstream;
mod websocket;
