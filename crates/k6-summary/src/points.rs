//! The points of one run: any number of files comes in, on several threads; distributions, a summary and a timeline go
//! out.

pub(crate) mod file;
pub(crate) mod queue;
pub(crate) mod reader;
pub(crate) mod summary;
pub(crate) mod timeline;
