//! Programs of others: found or installed, pinned and checked, and started so that none outlives us.

pub mod apt;
pub mod browser;
pub mod child;
pub mod install;
pub mod k6;
pub(crate) mod listener;
pub mod target;
