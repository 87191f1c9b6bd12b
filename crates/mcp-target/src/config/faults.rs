use std::collections::BTreeSet;

/// One way for a target to misbehave, in the order of the flow; those that an able browser gets past come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
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
    #[cfg_attr(feature = "cli", value(name = "token-500"))]
    Token500,
    /// The registration endpoint answers 403.
    #[cfg_attr(feature = "cli", value(name = "registration-403"))]
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
