//! The way through the pages: what is seen becomes a move ([`next`]), a move is made ([`act`]), and the page is looked at again.
//!
//! In: a request and a session. Out: the visits that led to the end, or what stood in the way.

pub(crate) mod act;
pub(crate) mod approve;
pub(crate) mod consent;
pub(crate) mod dead_ends;
#[cfg(test)]
#[path = "../tests/unit/detour_moves.rs"]
mod detour_moves;
pub(crate) mod detours;
pub(crate) mod evidence;
pub(crate) mod form;
#[cfg(test)]
#[path = "../tests/unit/form_moves.rs"]
mod form_moves;
pub(crate) mod look;
pub(crate) mod memory;
pub(crate) mod next;
pub(crate) mod picture;
pub(crate) mod play;
pub(crate) mod request;
#[cfg(test)]
#[path = "../tests/unit/script_moves.rs"]
mod script_moves;
#[cfg(test)]
#[path = "../tests/unit/way.rs"]
mod way;
