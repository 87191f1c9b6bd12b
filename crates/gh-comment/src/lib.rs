#![doc = include_str!("../README.md")]

mod body;
mod client;
mod error;
mod github;
mod thread;

pub use crate::body::block::Marker;
pub use crate::body::comment::{Comment, MAX_CHARACTERS};
pub use crate::body::section::fitting;
pub use crate::body::signature::SigningKey;
pub use crate::client::{Client, Delivery, Examined, Preview};
pub use crate::error::Error;
pub use crate::github::api::Token;
pub use crate::github::author::Author;
pub use crate::github::environment::{default_api, default_key, default_token};
pub use crate::github::issue::{Issue, Repository};
pub use crate::thread::notice::Notice;
pub use crate::thread::post::History;
