#![doc = include_str!("../README.md")]

mod action;
mod approve;
mod aside;
mod capabilities;
mod command;
mod consent;
mod credentials;
mod detour;
mod driver;
mod error;
mod evidence;
mod field;
mod flow;
#[cfg(test)]
mod languages;
#[cfg(test)]
mod languages_more;
mod locate;
mod memory;
mod obstacle;
mod page;
mod phrases;
mod play;
mod private;
mod problem;
mod process;
mod reach;
mod recipe;
mod redaction;
#[cfg(test)]
mod screens;
mod script;
mod session;
mod snapshot;
mod state;
mod tab;
mod totp;
mod trail;
mod words;

pub use fantoccini::Client;

pub use crate::{
    consent::{Consent, consent},
    credentials::Credentials,
    driver::{Driver, find_driver},
    error::Error,
    problem::Problem,
    reach::reached,
    script::Script,
    session::{WebDriver, with_session},
    state::StorageState,
    trail::{Trail, Visit},
};
