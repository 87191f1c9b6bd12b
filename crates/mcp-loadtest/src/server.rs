//! The server under test, as a client sees it before there is load: which revision it speaks, what it answers, whom it lets in.
//!
//! In: its address and a token. Out: an open session, its tools, and what an answer is.

pub(crate) mod answer;
pub(crate) mod client;
pub(crate) mod connections;
pub(crate) mod door;
pub(crate) mod refused;
pub(crate) mod revision;
pub(crate) mod tool;
