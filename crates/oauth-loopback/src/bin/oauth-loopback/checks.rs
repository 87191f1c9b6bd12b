use std::time::{Duration, SystemTime};

use anyhow::ensure;
use oauth_loopback::{Expected, Grant, UnverifiedClaims};

use crate::arguments::Checks;

/// Compares a grant with what was asked for; nothing is checked that was not.
pub(crate) fn check(grant: &Grant, checks: &Checks, scope: &[String]) -> anyhow::Result<()> {
    let now = SystemTime::now();
    let lives_for = Duration::from_secs(checks.lives_for.unwrap_or_default());
    // What the token response says holds for an opaque token too.
    if let Some(needed) = checks.lives_for
        && let Some(left) = grant.expires_at.map(|it| it.duration_since(now).unwrap_or_default())
    {
        let left = left.as_secs();
        ensure!(
            left >= needed,
            "the access token lives for {left} s more, but {needed} s are needed"
        );
    }
    let mut expected =
        Expected { issuer: None, audience: None, scope: &[], lives_for, claims: &checks.claims };
    let is_asked = checks.check || !checks.claims.is_empty();
    if is_asked {
        expected.issuer = Some(&grant.issuer);
        expected.audience = grant.resource.as_deref();
        expected.scope = scope;
    }
    match UnverifiedClaims::decode(&grant.token.access_token) {
        Ok(it) if is_asked || checks.lives_for.is_some() => Ok(it.check(&expected, now)?),
        Err(it) if is_asked => Err(it.into()),
        _ => Ok(()),
    }
}
