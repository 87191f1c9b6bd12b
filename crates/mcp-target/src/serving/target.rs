//! A target in the program that asks it, for tests.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::authorization_server::state::AuthorizationServer;
use crate::config::target::Config;
use crate::resource_server::bearer::REQUIRED_SCOPE;
use crate::serving::serve::{issuer, listen, prepare, resource};

/// A target on a free port of 127.0.0.1, which ends when it is dropped.
pub struct Target {
    url: String,
    issuer: String,
    authorization_server: Arc<AuthorizationServer>,
    /// Dropped with the target, which is what tells the server to end.
    end: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Target {
    /// Starts one in a task of the runtime that this is called in, and returns once it serves.
    ///
    /// # Errors
    /// There is no free port, or what the target needs cannot be loaded.
    pub async fn start(config: Config) -> io::Result<Self> {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = listener.local_addr()?;
        let (end, ended) = oneshot::channel::<()>();
        let prepared = prepare(listener, config).await?;
        let authorization_server = prepared.authorization_server.clone();
        let served = tokio::spawn(prepared.serve(async {
            let _ = ended.await;
        }));
        let (url, issuer) = (resource(address), issuer(address));
        Ok(Self { url, issuer, authorization_server, end, served })
    }

    /// Its MCP endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its authorization server.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// An access token with the scope `mcp:read`, as the token endpoint would issue it once this user consented.
    ///
    /// # Errors
    /// Nobody has this e-mail address, or it cannot be kept.
    pub async fn token_for(&self, email: &str) -> Result<String, TokenError> {
        let key = email.trim().to_lowercase();
        let minted = self.authorization_server.mint(&key, REQUIRED_SCOPE).await;
        let minted = minted.map_err(|_| TokenError::Unavailable)?;
        minted.ok_or_else(|| TokenError::UnknownUser(email.to_owned()))
    }

    /// Tells it to end, and waits until it has.
    ///
    /// # Errors
    /// What it ended with before it was told to.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.end);
        self.served.await.map_err(io::Error::other)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why there is no token for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// No user of the target has this e-mail address.
    UnknownUser(String),
    /// The place where tokens are kept does not answer.
    Unavailable,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownUser(email) => write!(f, "the target has no user {email}"),
            Self::Unavailable => f.write_str("the session store cannot be used now"),
        }
    }
}

impl std::error::Error for TokenError {}
