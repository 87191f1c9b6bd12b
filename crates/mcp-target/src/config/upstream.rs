use std::num::NonZeroU32;
use std::time::Duration;

use url::Url;

/// The HTTP API that the tool `upstream` calls, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Where it is; a built-in one if `None`.
    pub url: Option<Url>,
    /// Most calls at a time, and connections that are kept for them; more calls wait.
    pub pool: usize,
    /// Requests a minute, tries included; more wait.
    pub per_minute: NonZeroU32,
    /// A try that takes longer has failed.
    pub timeout: Duration,
}

impl Default for Upstream {
    /// The built-in API, 10 calls at a time, 600 requests a minute, 5 s for each.
    fn default() -> Self {
        Self {
            url: None,
            pool: 10,
            per_minute: NonZeroU32::new(600).expect("600 is not 0"),
            timeout: Duration::from_secs(5),
        }
    }
}
