//! The record of a run, which is its history and what goes through pipes too: JSON comes in and goes out, and CSV for
//! spreadsheets.

pub(crate) mod csv;
pub(crate) mod figures;
pub(crate) mod history;
pub(crate) mod run;
