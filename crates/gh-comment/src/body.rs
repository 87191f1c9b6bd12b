//! The text of a comment and the data hidden in it.
//!
//! In: what people are to read, and a record. Out: a body within GitHub's limit, signed where there is a key; and a record out of such a body.

pub(crate) mod block;
pub(crate) mod comment;
pub(crate) mod section;
pub(crate) mod signature;
