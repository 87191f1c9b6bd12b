//! What a page is and which of its elements serve: read in one round trip, judged by words in nine languages.
//!
//! In: a document in a tab. Out: a snapshot, its kind and the right element. Nothing here touches the page.

pub(crate) mod banner;
pub(crate) mod detour;
pub(crate) mod field;
pub(crate) mod kind;
#[cfg(test)]
#[path = "../tests/unit/language.rs"]
mod language;
#[cfg(test)]
#[path = "../tests/unit/languages.rs"]
mod languages;
pub(crate) mod locate;
pub(crate) mod message;
pub(crate) mod phrases;
#[cfg(test)]
#[path = "../tests/unit/provider_screens.rs"]
mod provider_screens;
#[cfg(test)]
#[path = "../tests/unit/screens.rs"]
pub(crate) mod screens;
pub(crate) mod snapshot;
pub(crate) mod words;
