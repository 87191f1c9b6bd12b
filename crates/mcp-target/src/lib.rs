#![doc = include_str!("../README.md")]

mod access_token;
mod authorization_server;
mod config;
mod resource_server;
mod serve;

pub use crate::config::faults::{Fault, Faults};
pub use crate::config::screens::Screens;
pub use crate::config::target::Config;
pub use crate::config::users::{Password, User};
pub use crate::serve::{Serving, issuer, listen_address, resource, serve};
