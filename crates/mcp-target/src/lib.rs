#![doc = include_str!("../README.md")]

mod access_token;
mod authorization_server;
mod clients;
mod config;
mod resource_server;
mod screens;
mod serve;
mod signing;
mod store;
mod tokens;

pub use crate::config::clients::ConfidentialClient;
pub use crate::config::faults::{Fault, Faults, Outcome, Place, UnknownFault};
pub use crate::config::limits::Limits;
#[cfg(feature = "redis")]
pub use crate::config::redis::Redis;
pub use crate::config::screens::Screens;
pub use crate::config::target::{Config, TokenKind};
#[cfg(feature = "mcp")]
pub use crate::config::tools::MockTool;
pub use crate::config::users::{Password, User};
pub use crate::serve::{Serving, issuer, listen_address, resource, serve};
