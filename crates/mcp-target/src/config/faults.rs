use std::fmt;
use std::str::FromStr;

/// Where in the flow a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Place {
    /// What a client can find out before it does anything.
    Metadata,
    /// The registration of a client.
    Registration,
    /// The pages that a browser shows.
    Screens,
    /// The way back to the client.
    Callback,
    /// The token endpoint, and what it gives out.
    Token,
    /// What the MCP endpoint says of a token.
    Bearer,
    /// MCP sessions.
    Session,
    /// The answer to a tool call.
    Answer,
    /// The stream and the connection that carry an answer.
    Transport,
}

/// What becomes of a good client that meets a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It gets past.
    Past,
    /// It cannot go on, or what it measures is not what was to be measured, and it says so.
    Told,
}

/// The one table of faults: the enum, `--help`, the README and the tests are made of it.
macro_rules! faults {
    ($($place:ident { $($fault:ident $name:literal $outcome:ident $meaning:literal,)+ })+) => {
        /// One way for a target to misbehave, in the order of the flow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Fault {
            $($(#[doc = $meaning] $fault,)+)+
        }

        impl Fault {
            /// Every fault there is, in the order of the flow.
            pub const ALL: &[Self] = &[$($(Self::$fault,)+)+];

            /// Its name on the command line and in the header `X-Fault`.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$fault => $name,)+)+ }
            }

            /// What happens, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $($(Self::$fault => $meaning,)+)+ }
            }

            /// Where it happens.
            pub fn place(self) -> Place {
                match self { $($(Self::$fault => Place::$place,)+)+ }
            }

            /// What becomes of a good client that meets it.
            pub fn outcome(self) -> Outcome {
                match self { $($(Self::$fault => Outcome::$outcome,)+)+ }
            }
        }
    };
}

faults! {
    Metadata {
        NoPkce "no-pkce" Told "The metadata does not mention PKCE.",
        WrongMetadataIssuer "wrong-metadata-issuer" Told "The authorization server metadata names another issuer.",
        WrongResource "wrong-resource" Told "The protected resource metadata names another resource.",
        SlashIssuer "slash-issuer" Past "The issuer ends with a slash, everywhere.",
        OpenidOnly "openid-only" Past "The authorization server has OpenID metadata alone, nothing at RFC 8414's address.",
        RootMetadataOnly "root-metadata-only" Past "The protected resource metadata is at the root alone, and no challenge names it.",
    }
    Registration {
        Registration403 "registration-403" Told "The registration endpoint answers 403.",
        Registration429 "registration-429" Told "The registration endpoint answers 429 with X-Retry-After.",
        NoRegistration "no-registration" Told "There is no registration endpoint.",
        Registration200 "registration-200" Past "A registration is answered 200.",
        NativeOnly "native-only" Past "A registration without application_type native is refused.",
        ImposedSecret "imposed-secret" Past "Whatever was asked for, a client gets a secret for client_secret_post.",
        WidenedScope "widened-scope" Past "A registration is answered with all scopes there are.",
        ExactPort "exact-port" Past "A loopback redirect URI is good with its registered port alone.",
    }
    Screens {
        NoForward "no-forward" Told "The consent page has no button that approves.",
        ErrorPage "error-page" Told "The authorization endpoint sends every browser to an error page.",
        Deny "deny" Told "The authorization server denies access itself, right after login.",
        NoCallback "no-callback" Told "Approving leads to an ordinary page instead of the redirect URI.",
        SlowScreens "slow-screens" Past "Every screen of the sign-in, and every answer to one, takes 400 ms longer.",
        Redraw "redraw" Past "Fields and buttons are replaced by new ones while a screen is used.",
        DropFirstClick "drop-first-click" Past "The first click on each screen does nothing.",
    }
    Callback {
        WrongIss "wrong-iss" Told "`iss` in the callback names another issuer.",
        NoIss "no-iss" Told "The callback lacks `iss`, though the metadata promises it.",
        RepeatedCode "repeated-code" Told "The callback has two different codes.",
        UnknownScopeDropped "unknown-scope-dropped" Told "A scope that there is not is left out in silence, not refused.",
        UnknownScopeGranted "unknown-scope-granted" Past "A scope that there is not is granted.",
        OfflineNeedsConsent "offline-needs-consent" Past "offline_access is left out in silence, unless prompt=consent asks for the question.",
    }
    Token {
        Token500 "token-500" Told "The token endpoint answers 500.",
        OpaqueToken "opaque-token" Told "The access token is no JWT, and the MCP endpoint does not know it.",
        OpaqueWithoutResource "opaque-without-resource" Past "A token request without resource gets a token that the MCP endpoint does not know.",
        Resource500 "resource-500" Past "A token request without resource is answered 500.",
        NoWorkspace "no-workspace" Past "The access token lacks the workspace claim.",
        ShortToken "short-token" Past "The access token expires after 5 seconds.",
        AudienceList "audience-list" Past "`aud` of the access token is a list.",
        EmptyStrings "empty-strings" Past "What the token endpoint does not give is an empty string: refresh_token, scope, id_token.",
        StringExpiresIn "string-expires-in" Past "`expires_in` is a string.",
        ScopeList "scope-list" Past "`scope` of the token response is a list.",
        LowercaseBearer "lowercase-bearer" Past "`token_type` is spelt bearer.",
        CacheableToken "cacheable-token" Past "The token response lacks Cache-Control.",
        Grant401 "grant-401" Past "A bad code, verifier or refresh token is answered 401, not 400.",
        NoRotation "no-rotation" Past "A refresh gives out no new refresh token.",
        LateRotation "late-rotation" Past "A refresh token is rotated from the third refresh on.",
        ReuseGrace "reuse-grace" Past "A refresh token that was rotated is good for 30 more seconds.",
        RefreshRefused "refresh-refused" Told "Every refresh is refused with invalid_grant.",
    }
    Bearer {
        AnyToken "any-token" Told "The MCP endpoint lets every token in.",
        NoChallenge "no-challenge" Past "A 401 of the MCP endpoint has no WWW-Authenticate.",
        MissingWorkspaceClaim "missing-workspace-claim" Told "Every token is answered 401 missing_workspace_claim, without a challenge.",
        MissingSubject "missing-subject" Told "Every token is answered 401 missing_subject, without a challenge.",
        MissingClientId "missing-client-id" Told "Every token is answered 401 missing_client_id, without a challenge.",
        CrossWorkspaceDenied "cross-workspace-denied" Told "Every token is answered 403 cross_workspace_denied.",
        PasswordChangeRequired "password-change-required" Told "Every token is answered 403 password_change_required.",
        InsufficientScope "insufficient-scope" Told "Every token is answered 403 insufficient_scope.",
        Misdirected "misdirected" Told "Every request is answered 421 misdirected_request with the address to use.",
        AuthUnavailable "auth-unavailable" Told "From the tenth request on, MCP is answered 503 auth_unavailable.",
        RegionUnavailable "region-unavailable" Told "Every MCP request is answered 503 region_unavailable, without Retry-After.",
    }
    Session {
        TooManySessions "too-many-sessions" Told "There is room for one session; a second is answered 503 too_many_sessions.",
        OneClient "one-client" Told "After the third session, initialize is answered 400 Server already initialized.",
        RefusedInitialize "refused-initialize" Told "Every second initialize is refused as over the rate limit, and still gives a session id.",
        LostSession400 "lost-session-400" Told "After every twentieth call all sessions are lost; an unknown one is answered 400.",
        LostSession404 "lost-session-404" Told "After every twentieth call all sessions are lost; an unknown one is answered 404 unknown_session.",
        TwoWorkers "two-workers" Told "Two workers share no sessions: half of the requests get to the one that does not know theirs, and are answered 404.",
        AffinityCookie "affinity-cookie" Past "A session is known only to requests with the cookie that came with it.",
        DeleteFails "delete-fails" Past "A DELETE is answered 500, and the session stays.",
        SlowInitialize "slow-initialize" Past "An initialize takes one second.",
        NoTools "no-tools" Told "There are no tools: tools/list is answered -32601.",
    }
    Answer {
        ToolErrors "tool-errors" Told "Every tool call fails.",
        RateLimited "rate-limited" Told "Every tool call is answered as over the rate limit, with HTTP 200.",
        SlowTools "slow-tools" Past "Every tool call takes 300 ms longer.",
        Throttled429 "throttled-429" Told "A tool call after the fifth is answered 429 with Retry-After.",
        Throttled503 "throttled-503" Told "A tool call after the fifth is answered 503 with Retry-After.",
        ThrottledError "throttled-error" Told "A tool call after the fifth is answered by a JSON-RPC error in words, with HTTP 200.",
        ThrottledText "throttled-text" Told "A tool call after the fifth is answered by an error envelope in plain words.",
        NoContent "no-content" Told "A tool call after the fifth is answered 204.",
        Accepted "accepted" Told "A tool call after the fifth is answered 202 without a body.",
        NoBody "no-body" Told "A tool call after the fifth is answered 200 with an empty body.",
        CutBody "cut-body" Told "A tool call after the fifth is answered by half of a message.",
        NullResult "null-result" Told "A tool call after the fifth has the result null.",
        AnotherId "another-id" Told "A tool call after the fifth is answered under another id.",
        GatewayPage "gateway-page" Told "A tool call after the fifth is answered 502 with a page.",
    }
    Transport {
        GzipAlways "gzip-always" Past "Every answer of MCP is packed with gzip, whatever was asked for.",
        ByteOrderMark "byte-order-mark" Past "An event stream begins with a byte order mark.",
        CarriageReturns "carriage-returns" Past "Lines of an event stream end with a carriage return.",
        RequestFirst "request-first" Past "The server sends a ping of its own before each answer, under the id of the request.",
        EarlyEnd "early-end" Past "The stream ends before the answer, which is to be resumed by GET.",
        StreamWithoutAnswer "stream-without-answer" Told "The stream of a tool call after the fifth ends without an answer, for good.",
        OpenStream "open-stream" Told "The stream stays open after the answer.",
        CutConnection "cut-connection" Told "Every tenth tool call is answered by nothing: its connection is cut.",
        Restart "restart" Told "After the thirtieth call the server is away for one second, and has lost its sessions.",
    }
}

#[cfg(feature = "cli")]
impl clap::ValueEnum for Fault {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()).help(self.meaning()))
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        Self::ALL.iter().find(|it| it.name() == name).copied().ok_or(UnknownFault)
    }
}

/// A name that no fault has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no fault has this name")
    }
}

impl std::error::Error for UnknownFault {}

/// Where a request asks for more faults, where it may.
pub(crate) const HEADER: &str = "x-fault";

/// A set of faults.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults(u128);

impl Faults {
    /// Whether `fault` is to happen.
    pub fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u8) != 0
    }

    /// Whether nothing is to go wrong.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is a fault that both sets have.
    pub fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Both sets.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of the set, in the order of the flow.
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.iter().copied().filter(move |it| self.has(*it))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().fold(0, |set, it| set | 1 << it as u8))
    }
}

impl From<Fault> for Faults {
    fn from(it: Fault) -> Self {
        Self::from_iter([it])
    }
}

/// Names with commas between them, as in the header `X-Fault`.
impl FromStr for Faults {
    type Err = UnknownFault;

    fn from_str(names: &str) -> Result<Self, UnknownFault> {
        names.split(',').map(str::trim).filter(|it| !it.is_empty()).map(Fault::from_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_else() {
        assert!(Fault::ALL.len() < 128);
        for fault in Fault::ALL {
            let set = Faults::from(*fault);
            assert_eq!(set.iter().collect::<Vec<_>>(), [*fault]);
            assert_eq!(fault.name().parse(), Ok(*fault));
        }
        let set: Faults = "no-pkce, cut-body".parse().unwrap();
        assert!(set.has(Fault::NoPkce) && set.has(Fault::CutBody) && !set.has(Fault::Deny));
        assert!(set.meets(Fault::NoPkce.into()) && !set.meets(Fault::Deny.into()));
        assert!(Faults::default().is_empty() && !set.is_empty());
        assert_eq!("no-such".parse::<Faults>(), Err(UnknownFault));
    }
}
