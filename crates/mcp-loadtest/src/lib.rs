//! The load test of an OAuth-protected MCP server: sign in, run k6, judge, compare, report.
//!
//! This crate is where the tools meet. Its program is `mcp-loadtest`; what else is public serves this repository's own
//! chores, which install and start the same programs.

mod address;
pub mod arguments;
mod commit;
pub mod console;
pub mod environment;
pub mod interrupt;
mod report;
pub mod run;
mod scenario;
pub mod scripts;
pub mod setup;
mod sign_in;
pub mod token;
pub mod tools;
