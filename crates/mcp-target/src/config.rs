//! What a target is to be: who may sign in, on which screens, and what goes wrong on purpose.

pub(crate) mod faults;
pub(crate) mod screens;
pub(crate) mod target;
pub(crate) mod users;
