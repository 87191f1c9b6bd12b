//! What is said while something happens, to a person and to GitHub Actions: steps and groups on stderr, hidden values,
//! annotations, the page of the job, and the table on stdout.

pub(crate) mod actions;
pub(crate) mod advice;
pub(crate) mod ask;
pub(crate) mod progress;
pub mod section;
pub(crate) mod stdout;
