//! `mcp-loadtest` as a user runs it: the program itself, its exit codes, what it leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod actions;
mod alerts;
mod answers;
mod comment;
mod config;
mod conformance;
mod eras;
mod failures;
mod faults;
mod first_steps;
mod interop;
mod lint;
mod page;
mod points;
mod program;
mod readme;
mod run;
mod servers;
mod servers_by_others;
mod started;
mod suites;
