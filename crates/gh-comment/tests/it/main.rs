#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "what is unexpected in a test fails it")]

mod cli;
mod comment;
mod errors;
mod github;
mod last;
mod post;
