use std::time::Duration;

use crate::config::users::Password;

/// Where Redis is, and how it is used.
#[derive(Debug, Clone)]
pub struct Redis {
    /// `redis://[user:password@]host[:port][/database]`; it may hold a password, so it does not print itself.
    pub url: Password,
    /// What all keys begin with.
    pub prefix: String,
    /// Most connections that are open at a time.
    pub pool: usize,
    /// An operation that takes longer has failed.
    pub timeout: Duration,
    /// What the daily keys of the encryption at rest are derived from; drawn at start if `None`, and then nothing that is
    /// stored outlives the process.
    pub secret: Option<Password>,
}

impl Redis {
    /// The server at `url`, with 10 connections, 250 ms an operation and a secret of this process.
    pub fn new(url: impl Into<Password>) -> Self {
        Self {
            url: url.into(),
            prefix: "mcp-target:".to_owned(),
            pool: 10,
            timeout: Duration::from_millis(250),
            secret: None,
        }
    }
}
