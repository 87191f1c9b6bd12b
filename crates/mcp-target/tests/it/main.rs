//! The whole server over HTTP, as clients and browsers see it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod authorization;
mod cli;
mod faults;
mod library;
mod logs;
mod mcp;
mod metadata;
mod mock_in_ci;
mod observability;
mod person;
mod registration;
mod screens;
mod session;
mod sessions;
mod target;
mod tokens;
