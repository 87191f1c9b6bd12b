#![doc = include_str!("../README.md")]

mod address;
mod answer;
mod authorization;
mod callback;
mod challenge;
mod claims;
mod client_choice;
mod client_credentials;
mod client_information;
#[cfg(feature = "private-key-jwt")]
mod client_key;
mod client_store;
mod code;
mod discovery;
mod error;
mod flow;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod grant;
mod grant_file;
mod http;
mod listener;
mod page;
mod pkce;
mod private_file;
mod record;
mod refusal;
mod registration;
mod secret;
mod server_metadata;
mod token;
mod token_broker;
mod token_endpoint;

pub use crate::authorization::{AuthorizationRequest, Opening};
pub use crate::claims::{Expected, UnverifiedClaims};
pub use crate::client_credentials::client_credentials;
pub use crate::client_information::ClientInformation;
#[cfg(feature = "private-key-jwt")]
pub use crate::client_key::ClientKey;
pub use crate::client_store::ClientStore;
pub use crate::code::AuthorizationCode;
pub use crate::discovery::{Discovery, discover, discover_issuer};
pub use crate::error::Error;
pub use crate::flow::{Config, authorize};
pub use crate::grant::Grant;
pub use crate::grant_file::GrantFile;
pub use crate::http::http_client;
pub use crate::listener::{LoopbackListener, SharedListener};
pub use crate::refusal::{Refusal, Step};
pub use crate::registration::{ClientMetadata, register};
pub use crate::secret::{AccessToken, ClientSecret, RefreshToken};
pub use crate::server_metadata::AuthorizationServerMetadata;
pub use crate::token::TokenResponse;
pub use crate::token_broker::TokenBroker;
