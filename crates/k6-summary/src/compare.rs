//! A run and its history come in; what changed, and what of it the noise does not explain, goes out.

pub(crate) mod band;
pub(crate) mod baseline;
pub(crate) mod cell;
pub(crate) mod column;
pub(crate) mod rule;
#[cfg(any(test, feature = "simulation"))]
pub(crate) mod simulation;
#[cfg(any(test, feature = "simulation"))]
pub(crate) mod weeks;
