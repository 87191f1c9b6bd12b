//! The way through the pages: what is seen becomes a move ([`next`]), a move is made ([`act`]), and the page is looked at again.
//!
//! In: a request and a session. Out: the visits that led to the end, or what stood in the way.

pub(crate) mod act;
pub(crate) mod approve;
pub(crate) mod consent;
pub(crate) mod dead_ends;
pub(crate) mod detours;
pub(crate) mod evidence;
pub(crate) mod form;
pub(crate) mod memory;
#[cfg(test)]
#[path = "../tests/unit/moves.rs"]
mod moves;
pub(crate) mod next;
pub(crate) mod play;
pub(crate) mod request;
