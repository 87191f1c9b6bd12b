//! The way through the pages: what is seen becomes a move, a move is made, and the next page is looked at.
//!
//! In: a request and a session. Out: the visits that led to the end, or what stood in the way.

pub(crate) mod approve;
pub(crate) mod consent;
pub(crate) mod dead_ends;
pub(crate) mod detours;
pub(crate) mod evidence;
pub(crate) mod form;
pub(crate) mod play;
pub(crate) mod request;
pub(crate) mod state;
