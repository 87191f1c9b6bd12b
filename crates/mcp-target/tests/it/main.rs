//! The whole server over HTTP, as clients and browsers see it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod accessibility;
mod authorization;
mod cli;
mod clients;
mod conformance;
mod documents;
mod faults;
mod introspection;
mod keys;
mod mcp;
mod metadata;
mod one_time_password;
mod openid;
mod person;
mod prompt;
mod registration;
mod screens;
mod session;
mod sessions;
mod target;
mod token_faults;
mod tokens;
