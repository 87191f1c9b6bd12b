//! The bearer that k6 gets, checked.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use oauth_loopback::{AccessToken, Error, Expected, TokenResponse, UnverifiedClaims};

use crate::console::section::{brief, clock};
use crate::server::refused::Refused;

/// A token and what is known of it; `None` is not known, as with an opaque token.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) token: AccessToken,
    is_jwt: bool,
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Vec<String>,
    pub(crate) scope: Option<String>,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) workspace: Option<String>,
}

/// What a token has to fulfil before load is made with it.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) issuer: Option<&'a str>,
    pub(crate) audience: Option<&'a str>,
    pub(crate) scope: &'a [String],
    pub(crate) lifetime: Duration,
    /// Name of the claim with the workspace id; without it the usual ones are looked for.
    pub(crate) workspace_claim: Option<&'a str>,
}

impl Bearer {
    /// Checks a token; of an opaque one only the token response says anything.
    pub(crate) fn check(response: TokenResponse, wanted: &Wanted<'_>) -> anyhow::Result<Self> {
        // RFC 6750 §2.1 names the characters that a bearer token can have.
        let fits = |it: u8| it.is_ascii_alphanumeric() || b"-._~+/=".contains(&it);
        let token = response.access_token.reveal();
        if token.is_empty() || !token.bytes().all(fits) {
            bail!(
                "that is no bearer token: it is empty, or has a space, a line break or a prefix such as `Bearer`"
            );
        }
        let now = SystemTime::now();
        let claims = match UnverifiedClaims::decode(&response.access_token) {
            Ok(it) => Some(it),
            Err(Error::OpaqueToken) => None,
            Err(error) => return Err(error.into()),
        };
        let expires_at = response.ends_at(now);
        if let Some(it) = expires_at
            && it < now + wanted.lifetime
        {
            let Ok(left) = it.duration_since(now) else {
                bail!("the token has expired; mint another one");
            };
            let (left, wanted) = (left.as_secs(), wanted.lifetime.as_secs());
            bail!("the token is good for {left} s, but it is needed for {wanted} s");
        }
        let of_claims = claims.as_ref().and_then(UnverifiedClaims::scope);
        let scope = of_claims.map(|it| it.join(" ")).or(response.scope);
        if let Some(scope) = &scope {
            let missing =
                wanted.scope.iter().find(|it| !scope.split(' ').any(|has| has == it.as_str()));
            if let Some(it) = missing {
                bail!("the token was given the scope `{}`, without `{it}`", brief(scope));
            }
        }
        let Some(claims) = claims else {
            if let Some(name) = wanted.workspace_claim {
                bail!("the token is opaque, no JWT, so it has no claim `{name}`");
            }
            let token = response.access_token;
            let (issuer, audience, workspace) = (None, Vec::new(), None);
            return Ok(Self {
                token,
                is_jwt: false,
                issuer,
                audience,
                scope,
                expires_at,
                workspace,
            });
        };
        let mut expected = Expected::default();
        (expected.issuer, expected.audience) = (wanted.issuer, wanted.audience);
        claims.check(&expected, now)?;
        Ok(Self {
            is_jwt: true,
            issuer: claims.issuer().map(str::to_owned),
            audience: claims.audience().into_iter().map(str::to_owned).collect(),
            workspace: workspace(&claims, wanted.workspace_claim)?,
            token: response.access_token,
            scope,
            expires_at,
        })
    }

    /// A token that somebody else minted and says nothing about.
    pub(crate) fn given(token: AccessToken, wanted: &Wanted<'_>) -> anyhow::Result<Self> {
        Self::check(TokenResponse::bearer(token), wanted)
    }

    /// What is sent where nobody signs in: no token.
    pub(crate) fn nobody() -> Self {
        Self {
            token: AccessToken::new(String::new()),
            is_jwt: false,
            issuer: None,
            audience: Vec::new(),
            scope: None,
            expires_at: None,
            workspace: None,
        }
    }

    /// Whether the token was no longer good at `then`.
    pub(crate) fn expired_by(&self, then: SystemTime) -> bool {
        self.expires_at.is_some_and(|it| it <= then)
    }

    /// Says of a refusal of the token what its form makes likely.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let is_about_it = Refused::class(&error) == Some("unauthorized");
        if self.is_jwt || !is_about_it { error } else { error.context(Error::OpaqueToken) }
    }

    /// Whether it is known to end within `duration`.
    pub(crate) fn ends_within(&self, duration: Duration) -> bool {
        self.expired_by(SystemTime::now() + duration)
    }

    /// How long it is good for, where that is known.
    pub(crate) fn left(&self) -> Option<Duration> {
        Some(self.expires_at?.duration_since(SystemTime::now()).unwrap_or_default())
    }

    pub(crate) fn describe(&self) -> String {
        let life = self
            .left()
            .map_or_else(|| "of unknown life".to_owned(), |it| format!("good for {}", clock(it)));
        let workspace = self.workspace.as_deref().map(|it| format!(", workspace {}", brief(it)));
        let scope = self.scope.as_deref().map(|it| format!(", scope `{}`", brief(it)));
        format!("{life}{}{}", workspace.unwrap_or_default(), scope.unwrap_or_default())
    }
}

/// The workspace id: from the named claim, which must then be there, or from one that is called `workspace_id`.
fn workspace(claims: &UnverifiedClaims, name: Option<&str>) -> anyhow::Result<Option<String>> {
    if let Some(name) = name {
        let id = claims.claim(name).and_then(|it| it.as_str());
        let id = id.with_context(|| {
            let all: Vec<&str> = claims.claims().keys().map(String::as_str).collect();
            format!("the token has no claim `{name}`; it has: {}", brief(&all.join(", ")))
        })?;
        return Ok(Some(id.to_owned()));
    }
    let usual = |name: &str| name == "workspace_id" || name.ends_with("/workspace_id");
    let id = claims.claims().iter().find(|(name, _)| usual(name)).and_then(|(_, it)| it.as_str());
    Ok(id.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>() -> Wanted<'a> {
        let lifetime = Duration::from_secs(60);
        Wanted { issuer: None, audience: None, scope: &[], lifetime, workspace_claim: None }
    }

    fn given(token: &str, wanted: &Wanted<'_>) -> anyhow::Result<Bearer> {
        Bearer::given(AccessToken::new(token.to_owned()), wanted)
    }

    #[test]
    fn a_token_that_ends_too_soon_or_may_too_little_is_refused_whatever_its_form() {
        // A JWT that says nothing, and an opaque token.
        for token in ["e30.e30.AA", "opaque"] {
            let mut response = TokenResponse::bearer(AccessToken::new(token.to_owned()));
            response.expires_in = Some(59);
            let error = Bearer::check(response.clone(), &wanted()).unwrap_err().to_string();
            assert!(error.contains("is needed for 60 s"), "{error}");

            response.expires_in = Some(3600);
            response.scope = Some("mcp:read".to_owned());
            Bearer::check(response.clone(), &wanted()).unwrap();
            let scope = ["mcp:write".to_owned()];
            let wanted = Wanted { scope: &scope, ..wanted() };
            let error = Bearer::check(response, &wanted).unwrap_err().to_string();
            assert!(error.contains("without `mcp:write`"), "{error}");
        }
    }

    #[test]
    fn a_token_ends_when_the_first_of_its_two_ends_comes() {
        // {"exp":9999999999}
        let jwt = AccessToken::new("e30.eyJleHAiOjk5OTk5OTk5OTl9.AA".to_owned());
        let mut response = TokenResponse::bearer(jwt);
        response.expires_in = Some(5);
        let error = Bearer::check(response.clone(), &wanted()).unwrap_err().to_string();
        assert!(error.contains("is needed for 60 s"), "{error}");
        let wanted = Wanted { lifetime: Duration::ZERO, ..wanted() };
        let bearer = Bearer::check(response, &wanted).unwrap();
        assert!(bearer.ends_within(Duration::from_secs(6)), "{}", bearer.describe());
    }

    #[test]
    fn what_cannot_be_a_bearer_token_is_refused_without_being_shown() {
        for token in ["", "Bearer abc", "a\nb", "a b", "é"] {
            let error = given(token, &wanted()).unwrap_err().to_string();
            assert!(error.contains("no bearer token"), "{error}");
            assert!(token.is_empty() || !error.contains(token), "{error}");
        }
    }

    #[test]
    fn no_text_about_a_bearer_holds_it() {
        let bearer = given("very-secret", &wanted()).unwrap();
        assert!(!format!("{bearer:?} {}", bearer.describe()).contains("very-secret"));
    }

    #[test]
    fn an_opaque_token_cannot_have_the_claim_that_was_asked_for() {
        let wanted = Wanted { workspace_claim: Some("org"), ..wanted() };
        let error = given("opaque", &wanted).unwrap_err().to_string();
        assert!(error.contains("no claim `org`"), "{error}");
    }
}
