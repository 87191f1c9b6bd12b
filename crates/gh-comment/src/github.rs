//! GitHub's REST API: requests, its limits and refusals, and what Actions says about itself.
//!
//! In: an issue and a token. Out: pages of comments, or an error that names what GitHub wants.

pub(crate) mod api;
pub(crate) mod author;
pub(crate) mod environment;
pub(crate) mod github_cli;
pub(crate) mod issue;
pub(crate) mod refusal;
pub(crate) mod response;
pub(crate) mod retry;
