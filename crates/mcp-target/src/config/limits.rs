use std::time::Duration;

/// How long connections, requests and streams may take, and how large a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// An open connection without a request for this long is closed.
    pub keep_alive: Duration,
    /// The head of a request that takes longer ends the connection.
    pub header_timeout: Duration,
    /// A request that is answered later than this is answered 504; streams are not.
    pub request_timeout: Duration,
    /// Connections beyond this wait until another one ends.
    pub max_connections: usize,
    /// A larger body is answered 413, in bytes.
    pub max_body: usize,
    /// Once told to end, requests in flight have this long before their connections are cut.
    pub grace: Duration,
}

impl Default for Limits {
    /// 75 s of keep-alive, so that no client with a slow rhythm meets a connection that is just being closed, 60 s for a head, 60 s for an answer, 10,000 connections, 4 MiB, a quarter of a second to end.
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_secs(75),
            header_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(60),
            max_connections: 10_000,
            max_body: 4 << 20,
            grace: Duration::from_millis(250),
        }
    }
}
