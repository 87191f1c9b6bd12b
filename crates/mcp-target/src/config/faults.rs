use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// One way for a target to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fault {
    /// The metadata does not mention PKCE.
    NoPkce,
    /// The consent page has no button that approves.
    NoForward,
    /// The authorization server denies access itself, right after login.
    Deny,
    /// Approving leads to an ordinary page instead of the redirect URI.
    NoCallback,
    /// `iss` in the callback names another issuer.
    WrongIss,
    /// The callback lacks `iss`, though the metadata promises it.
    NoIss,
    /// The authorization server metadata names another issuer.
    WrongMetadataIssuer,
    /// The protected resource metadata names another resource.
    WrongResource,
    /// The access token is no JWT, and the MCP endpoint does not know it.
    OpaqueToken,
    /// The access token lacks the workspace claim.
    NoWorkspace,
    /// The access token expires after 5 seconds.
    ShortToken,
    /// The token endpoint answers 500.
    Token500,
    /// The registration endpoint answers 403.
    Registration403,
    /// Every tool call fails.
    ToolErrors,
    /// Every tool call is answered as over the rate limit, with HTTP 200.
    RateLimited,
    /// Every tool call takes 300 ms longer.
    SlowTools,
    /// Every screen of the sign-in, and every answer to one, takes 400 ms longer.
    SlowScreens,
    /// Fields and buttons are replaced by new ones while a screen is used.
    Redraw,
    /// The first click on each screen does nothing.
    DropFirstClick,
}

impl Fault {
    /// Every fault, in the order of the flow; those that an able browser gets past come last.
    pub const ALL: [Self; 19] = [
        Self::NoPkce,
        Self::NoForward,
        Self::Deny,
        Self::NoCallback,
        Self::WrongIss,
        Self::NoIss,
        Self::WrongMetadataIssuer,
        Self::WrongResource,
        Self::OpaqueToken,
        Self::NoWorkspace,
        Self::ShortToken,
        Self::Token500,
        Self::Registration403,
        Self::ToolErrors,
        Self::RateLimited,
        Self::SlowTools,
        Self::SlowScreens,
        Self::Redraw,
        Self::DropFirstClick,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoPkce => "no-pkce",
            Self::NoForward => "no-forward",
            Self::Deny => "deny",
            Self::NoCallback => "no-callback",
            Self::WrongIss => "wrong-iss",
            Self::NoIss => "no-iss",
            Self::WrongMetadataIssuer => "wrong-metadata-issuer",
            Self::WrongResource => "wrong-resource",
            Self::OpaqueToken => "opaque-token",
            Self::NoWorkspace => "no-workspace",
            Self::ShortToken => "short-token",
            Self::Token500 => "token-500",
            Self::Registration403 => "registration-403",
            Self::ToolErrors => "tool-errors",
            Self::RateLimited => "rate-limited",
            Self::SlowTools => "slow-tools",
            Self::SlowScreens => "slow-screens",
            Self::Redraw => "redraw",
            Self::DropFirstClick => "drop-first-click",
        }
    }

    /// What it does, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NoPkce => "metadata without code_challenge_methods_supported",
            Self::NoForward => "a consent page without a button that approves",
            Self::Deny => "access_denied right after login",
            Self::NoCallback => "an ordinary page after Approve, no redirect",
            Self::WrongIss => "iss in the callback names another issuer",
            Self::NoIss => "no iss in the callback, though promised",
            Self::WrongMetadataIssuer => "metadata names another issuer",
            Self::WrongResource => "resource metadata names another resource",
            Self::OpaqueToken => "an access token that is no JWT and opens nothing",
            Self::NoWorkspace => "an access token without workspace_id",
            Self::ShortToken => "access tokens expire after 5 s",
            Self::Token500 => "the token endpoint answers 500",
            Self::Registration403 => "the registration endpoint answers 403",
            Self::ToolErrors => "every tool call fails (isError)",
            Self::RateLimited => "every tool call is over the rate limit (isError)",
            Self::SlowTools => "every tool call takes 300 ms longer",
            Self::SlowScreens => "every screen and every answer to one takes 400 ms longer",
            Self::Redraw => "fields and buttons are replaced after they were found",
            Self::DropFirstClick => "the first click on each screen does nothing",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or(UnknownFault)
    }
}

/// A name that no fault has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such fault, see --help for their names")]
pub struct UnknownFault;

/// The faults of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(BTreeSet<Fault>);

impl Faults {
    /// Whether `fault` is to happen.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl From<Fault> for Faults {
    fn from(it: Fault) -> Self {
        Self::from_iter([it])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(fault));
        }
        assert_eq!("no-such".parse::<Fault>(), Err(UnknownFault));
    }
}
