//! The load test of an OAuth-protected MCP server: sign in, run k6, judge, compare, report.
//!
//! This crate is where the tools meet. Its program is `mcp-loadtest`; what else is public serves this repository's own
//! chores, which install and start the same programs.

mod address;
pub mod arguments;
pub mod commands;
mod commit;
mod config;
pub mod console;
pub mod environment;
pub mod interrupt;
mod plan;
mod report;
pub mod run;
mod scenario;
mod server;
mod sign_in;
pub mod tools;
