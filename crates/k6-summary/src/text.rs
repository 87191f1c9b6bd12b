//! Numbers and names as text: rounded for people, of a kind that each ink knows how to write, escaped for the place they stand in.

pub(crate) mod escape;
pub(crate) mod kind;
pub(crate) mod number;
