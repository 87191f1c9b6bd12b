//! What is said while something happens, to a person and to GitHub Actions: steps and groups on stderr, hidden values,
//! annotations, the page of the job.

pub(crate) mod actions;
pub mod section;
