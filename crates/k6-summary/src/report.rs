//! A run and its comparison come in; what is said about them is decided once ([`content`]) and goes out in three inks, for a terminal, for GitHub and as a page.

pub(crate) mod all_runs;
pub(crate) mod chart;
pub(crate) mod content;
pub(crate) mod curve;
pub(crate) mod details;
pub(crate) mod distributions;
pub(crate) mod earlier;
pub(crate) mod element;
pub(crate) mod html;
pub(crate) mod ladder;
pub(crate) mod markdown;
pub(crate) mod over_runs;
pub(crate) mod row;
pub(crate) mod sentence;
pub(crate) mod svg;
pub(crate) mod terminal;
