#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "what is unexpected in a test fails it")]

mod cli;
mod comment;
mod contract;
mod errors;
mod fault;
mod gh;
mod github;
mod last;
mod patience;
mod post;
mod prism;
mod random;
mod rest;
mod rotation;
mod schedule;
mod secret;
mod topic;
mod trust;
