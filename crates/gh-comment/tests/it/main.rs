#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "what is unexpected in a test fails it")]

mod cli;
mod comment;
mod contract;
mod errors;
mod fault;
mod find_issue;
mod gh;
mod github;
mod last;
mod post;
mod prism;
mod random;
mod rest;
mod retry;
mod rotation;
mod schedule;
mod secret;
mod trust;
