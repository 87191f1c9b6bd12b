//! The comments of one issue as a history: which are to be believed, and where the next one goes.
//!
//! In: comments. Out: records, newest first, and the comment that a run has already.

pub(crate) mod comments;
pub(crate) mod find_issue;
pub(crate) mod notice;
pub(crate) mod post;
pub(crate) mod rotation;
