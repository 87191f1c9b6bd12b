//! A run and its comparison come in; what is said about them goes out, for a terminal, for GitHub and as a page.

pub(crate) mod chart;
pub(crate) mod curve;
pub(crate) mod distributions;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod over_runs;
pub(crate) mod sentence;
pub(crate) mod terminal;
