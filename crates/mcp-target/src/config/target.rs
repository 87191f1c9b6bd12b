use std::num::NonZeroU32;
use std::time::Duration;

use crate::config::clients::ConfidentialClient;
use crate::config::faults::Faults;
use crate::config::limits::Limits;
#[cfg(feature = "redis")]
use crate::config::redis::Redis;
use crate::config::screens::Screens;
#[cfg(feature = "mcp")]
use crate::config::tools::MockTool;
#[cfg(feature = "outbound")]
use crate::config::upstream::Upstream;
use crate::config::users::User;

/// What a target serves, and how it misbehaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everyone who may sign in; e-mail addresses are compared without case.
    pub users: Vec<User>,
    /// How people sign in and consent.
    pub screens: Screens,
    /// Clients that are known without a registration and that authenticate.
    pub clients: Vec<ConfidentialClient>,
    /// Whether a consent is remembered, so that the same user is not asked again by the same client for the same scopes.
    pub remember_consent: bool,
    /// What an access token is.
    pub token_kind: TokenKind,
    /// How long an access token is good.
    pub token_life: Duration,
    /// How often a new key signs access tokens; the one before is published for as long as its tokens live. Never if `None`.
    pub key_rotation: Option<Duration>,
    /// Whether the MCP endpoint wants a bearer.
    pub auth: bool,
    /// What is to go wrong; empty for a target that conforms.
    pub faults: Faults,
    /// Whether a request may ask for more faults, by name in its header `X-Fault`.
    pub fault_header: bool,
    /// Open MCP sessions beyond this are answered with 503.
    pub max_sessions: usize,
    /// A session without a request for this long is closed, and then answered with 404.
    pub session_idle: Duration,
    /// Whether there are sessions at all for revisions that know them.
    pub sessions: bool,
    /// Whether the tools, prompts and resources are there that the MCP conformance suite calls.
    pub fixtures: bool,
    /// Tools with canned answers. Where there are any, they stand in the place of the demo's.
    #[cfg(feature = "mcp")]
    pub tools: Vec<MockTool>,
    /// The HTTP API that the tool `upstream` calls.
    #[cfg(feature = "outbound")]
    pub upstream: Upstream,
    /// Requests a minute from one IP address beyond which the answer is 429 with `Retry-After`; no limit if `None`.
    pub rate_limit: Option<NonZeroU32>,
    /// How long connections, requests and streams may take, and how large a request may be.
    pub limits: Limits,
    /// Where everything is kept that a sign-in or a session leaves behind; in memory if `None`.
    #[cfg(feature = "redis")]
    pub redis: Option<Redis>,
}

/// What an access token is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[non_exhaustive]
pub enum TokenKind {
    /// A JWT, signed with ES256.
    #[default]
    Jwt,
    /// A reference that only the introspection endpoint explains.
    Opaque,
}

/// Who may sign in where nobody else was named.
pub const DEMO_EMAIL: &str = "loadtest@novamart.example";

/// Where that is.
pub const DEMO_WORKSPACE: &str = "ws-novamart-1";

impl Config {
    /// [`Config::new`] with one user, [`DEMO_EMAIL`] in [`DEMO_WORKSPACE`], whose password is drawn at random.
    pub fn demo() -> Self {
        let password = format!("{:032x}", rand::random::<u128>());
        Self::new(vec![User::new(DEMO_EMAIL, password, DEMO_WORKSPACE)])
    }

    /// A conforming target for `users` with plain screens, everything in memory, and room for 1000 sessions that may idle
    /// for 5 minutes.
    pub fn new(users: Vec<User>) -> Self {
        Self {
            users,
            screens: Screens::default(),
            clients: Vec::new(),
            remember_consent: false,
            token_kind: TokenKind::default(),
            token_life: Duration::from_secs(3600),
            key_rotation: None,
            auth: true,
            faults: Faults::default(),
            fault_header: false,
            max_sessions: 1000,
            session_idle: Duration::from_secs(300),
            sessions: true,
            fixtures: false,
            #[cfg(feature = "mcp")]
            tools: Vec::new(),
            #[cfg(feature = "outbound")]
            upstream: Upstream::default(),
            rate_limit: None,
            limits: Limits::default(),
            #[cfg(feature = "redis")]
            redis: None,
        }
    }
}
