#![doc = include_str!("../README.md")]

mod authorization_server;
mod clients;
mod config;
#[cfg(feature = "mcp")]
mod fixtures;
mod http;
mod misbehavior;
mod observability;
#[cfg(feature = "mcp")]
mod primitives;
mod resource_server;
mod screens;
mod serving;
mod signing;
mod store;
mod tokens;
#[cfg(feature = "outbound")]
mod upstream;

pub use crate::config::clients::ConfidentialClient;
pub use crate::config::faults::{Fault, Faults, Outcome, Place, UnknownFault};
pub use crate::config::limits::Limits;
#[cfg(feature = "redis")]
pub use crate::config::redis::Redis;
pub use crate::config::screens::Screens;
pub use crate::config::target::{Config, DEMO_EMAIL, DEMO_WORKSPACE, TokenKind};
#[cfg(feature = "mcp")]
pub use crate::config::tools::MockTool;
#[cfg(feature = "outbound")]
pub use crate::config::upstream::Upstream;
pub use crate::config::users::{Password, TotpSecret, User};
pub use crate::serving::serve::{
    Prepared, Preparing, Serving, issuer, listen, listen_address, prepare, resource, serve,
};
pub use crate::serving::target::{Target, TokenError};
