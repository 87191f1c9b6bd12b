#![doc = include_str!("../README.md")]
//! # A token from beginning to end
//!
//! `mcp-target`, the MCP server that this crate is tested with, signs in whoever posts the forms of its pages.
//!
//! ```
//! use oauth_loopback::{Config, LoopbackListener, UnverifiedClaims, authorize, http_client};
//! # use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
//! # use reqwest::{Client, Response};
//! # use url::Url;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let resource = mcp_target::resource(socket.local_addr()?);
//! let ada = mcp_target::User::new("ada@novamart.example", "lovelace", "ws_ada");
//! let target = mcp_target::Config::new(vec![ada]);
//! tokio::spawn(mcp_target::serve(socket, target, std::future::pending()));
//!
//! let http = http_client().build()?;
//! let listener = LoopbackListener::bind().await?;
//! let config = Config::resource(&resource);
//! let grant = authorize(&http, listener, &config, async |opening| {
//!     sign_in(&http, opening.url, "ada@novamart.example", "lovelace").await
//! })
//! .await?;
//!
//! let claims = UnverifiedClaims::decode(&grant.token.access_token)?;
//! assert_eq!(claims.audience(), [resource.as_str()]);
//! assert_eq!(claims.claim("workspace_id").and_then(|it| it.as_str()), Some("ws_ada"));
//! # Ok(())
//! # }
//! #
//! # async fn sign_in(http: &Client, url: Url, email: &str, password: &str) -> reqwest::Result<()> {
//! #     let login = location(&http.get(url).send().await?);
//! #     let request = login.query_pairs().next().expect("a login page has its request").1.into_owned();
//! #     let form = [("request", request.as_str()), ("email", email), ("password", password)];
//! #     let signed_in = http.post(login).form(&form).send().await?;
//! #     let (consent, cookie) = (location(&signed_in), signed_in.headers()[SET_COOKIE].clone());
//! #     http.get(consent.clone()).header(COOKIE, &cookie).send().await?;
//! #     let form = [("request", request.as_str()), ("decision", "approve")];
//! #     let decided = http.post(consent).header(COOKIE, &cookie).form(&form).send().await?;
//! #     http.get(location(&decided)).send().await?.error_for_status().map(drop)
//! # }
//! #
//! # fn location(answer: &Response) -> Url {
//! #     let to = answer.headers()[LOCATION].to_str().expect("addresses are ASCII");
//! #     answer.url().join(to).expect("the target redirects to addresses")
//! # }
//! ```

mod authorization;
mod client;
mod discovery;
mod error;
mod file_lock;
mod flow;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod http;
mod refusal;
mod secret;
mod token;

pub use crate::authorization::code::AuthorizationCode;
pub use crate::authorization::listener::{LoopbackListener, SharedListener};
pub use crate::authorization::opening::Opening;
pub use crate::authorization::prompt::Prompt;
pub use crate::authorization::received::Received;
pub use crate::authorization::request::AuthorizationRequest;
pub use crate::client::client_information::ClientInformation;
#[cfg(feature = "private-key-jwt")]
pub use crate::client::client_key::ClientKey;
pub use crate::client::client_store::ClientStore;
pub use crate::client::registration::{ClientMetadata, register};
pub use crate::discovery::discover::{Discovery, discover, discover_at, discover_issuer};
pub use crate::discovery::server_metadata::AuthorizationServerMetadata;
pub use crate::error::{AddressOf, Error};
pub use crate::flow::authorize::{authorize, authorize_until};
pub use crate::flow::config::Config;
pub use crate::http::transport::http_client;
pub use crate::refusal::{Refusal, Step};
pub use crate::secret::{AccessToken, ClientSecret, RefreshToken};
pub use crate::token::broker::TokenBroker;
pub use crate::token::claims::{Expected, UnverifiedClaims};
pub use crate::token::client_credentials::client_credentials;
pub use crate::token::endpoint::ClientAuthentication;
pub use crate::token::grant::Grant;
pub use crate::token::grant_file::GrantFile;
pub use crate::token::response::TokenResponse;
