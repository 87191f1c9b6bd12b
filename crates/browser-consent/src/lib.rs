#![doc = include_str!("../README.md")]

mod action;
mod consent;
mod credentials;
mod driver;
mod error;
mod evidence;
mod field;
mod flow;
mod locate;
mod memory;
mod obstacle;
mod page;
mod problem;
mod process;
mod reach;
mod redaction;
#[cfg(test)]
mod screens;
mod session;
mod snapshot;
mod tab;
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
    session::{WebDriver, with_session},
    trail::{Trail, Visit},
};
