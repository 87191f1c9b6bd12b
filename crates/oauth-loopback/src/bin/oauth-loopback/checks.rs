use std::time::{Duration, SystemTime};

use oauth_loopback::{Error, Expected, Grant, UnverifiedClaims};

use crate::arguments::Checks;

/// Compares a grant with what was asked for; nothing is checked that was not.
pub(crate) fn check(grant: &Grant, checks: &Checks, scope: &[String]) -> Result<(), Error> {
    let now = SystemTime::now();
    let needed = checks.lives_for.map(Duration::from_secs);
    let are_claims_checked = checks.check || !checks.claims.is_empty();
    if let Some(ends_at) = grant.ends_at().filter(|_| needed.is_some() || are_claims_checked) {
        let lives_for = ends_at.duration_since(now).unwrap_or_default();
        let needed = needed.unwrap_or_default();
        if lives_for.is_zero() || lives_for < needed {
            return Err(Error::TokenLifetime { lives_for, needed });
        }
    }
    if !are_claims_checked {
        return Ok(());
    }
    let mut expected = Expected::default();
    expected.issuer = Some(&grant.issuer);
    expected.audience = grant.resource.as_deref();
    expected.scope = scope;
    expected.claims = &checks.claims;
    UnverifiedClaims::decode(&grant.token.access_token)?.check(&expected, now)
}
