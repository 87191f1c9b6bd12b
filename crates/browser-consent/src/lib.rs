#![doc = include_str!("../README.md")]

mod address;
mod advice;
mod browser;
mod error;
mod flow;
mod input;
mod page;
mod private;
mod problem;
mod visits;

pub use fantoccini::Client;

pub use crate::browser::driver::{Driver, find_driver};
pub use crate::browser::reach::{current_address, reached};
pub use crate::browser::session::{WebDriver, with_session};
pub use crate::browser::storage_state::StorageState;
pub use crate::error::Error;
pub use crate::flow::consent::consent;
pub use crate::flow::request::Consent;
pub use crate::input::credentials::Credentials;
pub use crate::input::script::Script;
pub use crate::problem::{Obstacle, Problem, Unreachable};
pub use crate::visits::{Trail, Visit};
