//! What to do about an error, in words that hold for every program; which option helps is the program's to say.

use crate::error::Error;
use crate::problem::{Problem, Unreachable};

impl Error {
    /// What to do about it, where something is known to help.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::DriverStart { .. } => "is it installed for this machine?",
            Self::DriverSilent { .. } => "run it by hand to see why",
            Self::RemoteDriver { .. } => "forward its port to this machine",
            Self::NoBrowser => {
                "install chromium-headless-shell, chromium, Google Chrome or Firefox"
            }
            Self::VersionMismatch { .. } => "install both from one source, in one version",
            Self::BrowserStart { .. } | Self::SessionSlow { .. } => {
                "run the browser by hand with --headless to see why"
            }
            Self::Driver { .. } => "the browser may have crashed, so try again",
            Self::CredentialsFile { .. } => "write it there",
            Self::FileMode { .. } => "chmod 600 it",
            Self::StorageState { .. } => "name another file",
            Self::Insecure { .. } => "use https",
            Self::Page { problem, .. } => return problem.advice(),
            _ => return None,
        })
    }
}

impl Problem {
    fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Locked { .. } => "unlock it, or wait, before the next run",
            Self::Step { .. } => "look at the page and change its selector",
            Self::Policy { .. } => "its administrator has to allow the client",
            Self::Already { .. } => "begin with a new authorization request",
            Self::NothingListened => "start the listener before the browser",
            Self::NotRedirected { .. } => "the authorization server's log may say why",
            Self::FormAction { .. } => "the server has to allow the redirect URI there",
            Self::Untypable { .. } => "take it out of the secret",
            Self::Loop { says: None } => "is the session's cookie accepted?",
            Self::Unreachable { reason } => match reason {
                Unreachable::Tls => {
                    "is the certificate valid for this name and from a known authority?"
                }
                Unreachable::Refused => "is the server running?",
                Unreachable::NotFound => "check the name and the network",
                Unreachable::Silent => "check the network",
                Unreachable::Unknown | Unreachable::NoHost | Unreachable::NoAnswer => return None,
            },
            _ => return None,
        })
    }
}
