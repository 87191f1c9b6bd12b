//! The claims of a JWT access token, [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068).

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::error::{Error, printable};
use crate::http::address::covers;
use crate::secret::AccessToken;

/// What a JWT says, read without checking its signature.
///
/// Good for failing early, never for trusting: only the resource can check the token.
#[derive(Debug, Clone)]
pub struct UnverifiedClaims(Map<String, Value>);

/// What a token has to say to be of use; by default nothing.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Expected<'a> {
    /// The issuer, letter by letter.
    pub issuer: Option<&'a str>,
    /// The resource that the token is for. A token for a path above it is good as well.
    pub audience: Option<&'a str>,
    /// Scopes that must be there, if the token names scopes at all.
    pub scope: &'a [String],
    /// How long the token is needed from now on.
    pub lives_for: Duration,
    /// Claims that must be there, such as the id of the workspace, each with the value that it must have if that matters;
    /// of a claim that is no string the value is its JSON.
    pub claims: &'a [(String, Option<String>)],
}

impl UnverifiedClaims {
    /// Reads the claims.
    ///
    /// # Errors
    /// [`Error::OpaqueToken`] if it is no JWT, [`Error::Claims`] if it only looks like one.
    pub fn decode(token: &AccessToken) -> Result<Self, Error> {
        let mut parts = token.reveal().split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Error::OpaqueToken);
        };
        let broken = |reason| Error::Claims { reason };
        let json = BASE64_URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| broken("not encoded as base64url"))?;
        serde_json::from_slice(&json).map(Self).map_err(|_| broken("no JSON object"))
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.0.get("iss")?.as_str()
    }

    /// `aud`, which is a string or a list of strings.
    pub fn audience(&self) -> Vec<&str> {
        strings(self.0.get("aud"))
    }

    /// The scopes, from `scope` (RFC 9068) or `scp`; `None` if the token names none.
    pub fn scope(&self) -> Option<Vec<&str>> {
        let value = self.0.get("scope").or_else(|| self.0.get("scp"))?;
        Some(strings(Some(value)).into_iter().flat_map(str::split_ascii_whitespace).collect())
    }

    /// `exp`, which may have a fraction.
    pub fn expires_at(&self) -> Option<SystemTime> {
        let seconds = Duration::try_from_secs_f64(self.0.get("exp")?.as_f64()?).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(seconds)
    }

    /// A claim by its name, such as one that holds the workspace.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All of them.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Compares the claims with what is needed at `now`.
    ///
    /// # Errors
    /// The first that does not fit: [`Error::TokenIssuer`], [`Error::TokenAudience`], [`Error::TokenScope`],
    /// [`Error::TokenLifetime`], [`Error::TokenClaimMissing`], [`Error::TokenClaim`]. A token without an expiry or without
    /// scopes passes these two.
    pub fn check(&self, expected: &Expected<'_>, now: SystemTime) -> Result<(), Error> {
        if let Some(issuer) = expected.issuer.filter(|it| self.issuer() != Some(it)) {
            let found = printable(self.issuer().unwrap_or("nobody"));
            return Err(Error::TokenIssuer { expected: printable(issuer), found });
        }
        if let Some(audience) = expected.audience
            && !self.audience().iter().any(|it| covers(it, audience))
        {
            let found = match self.audience().as_slice() {
                [] => None,
                it => Some(printable(&format!("`{}`", it.join("`, `")))),
            };
            return Err(Error::TokenAudience { expected: printable(audience), found });
        }
        if let Some(granted) = self.scope()
            && let Some(missing) = expected.scope.iter().find(|it| !granted.contains(&it.as_str()))
        {
            return Err(Error::TokenScope {
                missing: printable(missing),
                found: printable(&granted.join(" ")),
            });
        }
        if let Some(expires_at) = self.expires_at() {
            let lives_for = expires_at.duration_since(now).unwrap_or_default();
            if lives_for.is_zero() || lives_for < expected.lives_for {
                return Err(Error::TokenLifetime { lives_for, needed: expected.lives_for });
            }
        }
        expected
            .claims
            .iter()
            .try_for_each(|(name, value)| self.check_claim(name, value.as_deref()))
    }

    fn check_claim(&self, name: &str, expected: Option<&str>) -> Result<(), Error> {
        let Some(found) = self.claim(name) else {
            let all: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let has = if all.is_empty() { "none".into() } else { printable(&all.join(", ")) };
            return Err(Error::TokenClaimMissing { name: printable(name), has });
        };
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        match expected {
            Some(it) if it != found => Err(Error::TokenClaim {
                name: printable(name),
                expected: printable(it),
                found: printable(&found),
            }),
            _ => Ok(()),
        }
    }
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(it)) => vec![it],
        Some(Value::Array(them)) => them.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn claims(claims: &Value) -> UnverifiedClaims {
        let token = format!("e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
        UnverifiedClaims::decode(&AccessToken::new(token)).expect("three parts and an object")
    }

    #[track_caller]
    fn check(given: Value, expected: &Expected<'_>, outcome: Option<&str>) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let seen = claims(&given).check(expected, now).err().map(|it| it.to_string());
        assert_eq!(seen.as_deref(), outcome, "{given}");
    }

    #[test]
    fn the_audience_is_a_string_or_a_list_and_may_lie_above_the_server() {
        let expected = Expected { audience: Some("https://mcp.a/mcp/ws_1"), ..Expected::default() };
        check(json!({"aud": "https://mcp.a/mcp/ws_1"}), &expected, None);
        check(json!({"aud": ["https://mcp.a/mcp", "https://mcp.a/userinfo"]}), &expected, None);
        check(
            json!({"aud": "https://mcp.a/mcp/ws_2"}),
            &expected,
            Some(
                "the access token is for `https://mcp.a/mcp/ws_2`, which does not cover `https://mcp.a/mcp/ws_1`",
            ),
        );
        check(
            json!({}),
            &expected,
            Some(
                "the access token is for no audience, which does not cover `https://mcp.a/mcp/ws_1`",
            ),
        );
    }

    #[test]
    fn a_token_without_an_audience_is_told_with_what_may_have_cost_it() {
        let audience = Some("https://mcp.a/mcp");
        let expected = Expected { audience, ..Expected::default() };
        let advice = |given: &Value| {
            let refused = claims(given).check(&expected, SystemTime::UNIX_EPOCH);
            refused.expect_err("another audience").advice()
        };
        assert!(advice(&json!({})).is_some_and(|it| it.contains("registered")));
        assert_eq!(advice(&json!({"aud": "https://b"})), None);
    }

    #[test]
    fn the_issuer_is_compared_letter_by_letter() {
        let expected = Expected { issuer: Some("https://a"), ..Expected::default() };
        check(json!({"iss": "https://a"}), &expected, None);
        check(
            json!({"iss": "https://a/"}),
            &expected,
            Some("the access token was issued by `https://a/`, not by `https://a`"),
        );
    }

    #[test]
    fn a_scope_that_is_named_must_be_enough() {
        let scope = ["mcp:read".to_owned()];
        let expected = Expected { scope: &scope, ..Expected::default() };
        check(json!({"scope": "openid mcp:read"}), &expected, None);
        check(json!({"scp": ["mcp:read"]}), &expected, None);
        check(json!({}), &expected, None);
        check(
            json!({"scope": "mcp:readonly"}),
            &expected,
            Some("the access token lacks the scope `mcp:read`; it has `mcp:readonly`"),
        );
    }

    #[test]
    fn the_token_must_outlive_what_is_planned() {
        let expected = Expected { lives_for: Duration::from_secs(60), ..Expected::default() };
        check(json!({"exp": NOW + 60}), &expected, None);
        check(json!({"exp": NOW as f64 + 90.5}), &expected, None);
        check(json!({}), &expected, None);
        check(
            json!({"exp": NOW + 59}),
            &expected,
            Some("the access token lives for 59 s more, but 60 s are needed"),
        );
        check(
            json!({"exp": NOW}),
            &Expected::default(),
            Some("the access token lives for 0 s more, but 0 s are needed"),
        );
    }

    #[test]
    fn a_claim_must_be_there_and_have_its_value() {
        let given = json!({"workspace_id": "ws_1", "seats": 5});
        let expect =
            |name: &str, value: Option<&str>| [(name.to_owned(), value.map(str::to_owned))];
        for (name, value, outcome) in [
            ("workspace_id", None, None),
            ("workspace_id", Some("ws_1"), None),
            ("seats", Some("5"), None),
            (
                "workspace_id",
                Some("ws_2"),
                Some("the access token's claim `workspace_id` is `ws_1`, not `ws_2`"),
            ),
            (
                "team",
                None,
                Some("the access token has no claim `team`; it has seats, workspace_id"),
            ),
        ] {
            let claims = expect(name, value);
            check(given.clone(), &Expected { claims: &claims, ..Expected::default() }, outcome);
        }
        let claims = expect("team", None);
        let none = Some("the access token has no claim `team`; it has none");
        check(json!({}), &Expected { claims: &claims, ..Expected::default() }, none);
    }

    #[test]
    fn a_token_that_is_no_jwt_is_told_apart_from_a_broken_one() {
        let decode = |it: &str| UnverifiedClaims::decode(&AccessToken::new(it.to_owned()));
        assert!(matches!(decode("Zk3mX9"), Err(Error::OpaqueToken)));
        assert!(matches!(decode("a.b.c.d.e"), Err(Error::OpaqueToken)));
        assert!(matches!(decode("a.!.c"), Err(Error::Claims { .. })));
        assert!(decode("a.e30.c").is_ok());
        assert!(matches!(decode("a.MTI.c"), Err(Error::Claims { .. })));
    }
}
