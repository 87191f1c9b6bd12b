//! The whole server over HTTP, as clients and browsers see it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod authorization;
mod bearer_faults;
mod call_faults;
mod cli;
mod fault_table;
mod faults;
mod mcp;
mod metadata;
mod person;
mod registration;
mod screens;
mod session;
mod session_faults;
mod sessions;
mod target;
mod tokens;
