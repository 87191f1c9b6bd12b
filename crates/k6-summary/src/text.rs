//! Numbers and names as text: rounded for people, escaped for the place they stand in.

pub(crate) mod escape;
pub(crate) mod number;
