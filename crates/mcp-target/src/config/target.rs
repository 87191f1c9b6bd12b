use std::time::Duration;

use crate::config::faults::Faults;
use crate::config::screens::Screens;
use crate::config::users::User;

/// What a target serves, and how it misbehaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everyone who may sign in; e-mail addresses are compared without case.
    pub users: Vec<User>,
    /// How people sign in and consent.
    pub screens: Screens,
    /// What is to go wrong; empty for a target that conforms.
    pub faults: Faults,
    /// Open MCP sessions beyond this are answered with 503.
    pub max_sessions: usize,
    /// A session without a request for this long is closed, and then answered with 404.
    pub session_idle: Duration,
}

impl Config {
    /// A conforming target for `users` with plain screens and room for 1000 sessions that may idle for 5 minutes.
    pub fn new(users: Vec<User>) -> Self {
        Self {
            users,
            screens: Screens::default(),
            faults: Faults::default(),
            max_sessions: 1000,
            session_idle: Duration::from_secs(300),
        }
    }
}
