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
    if !checks.check && checks.claims.is_empty() {
        return Ok(());
    }
    let expected = Expected {
        issuer: Some(&grant.issuer),
        audience: grant.resource.as_deref(),
        scope,
        lives_for,
        claims: &checks.claims,
    };
    Ok(UnverifiedClaims::decode(&grant.token.access_token)?.check(&expected, now)?)
}
