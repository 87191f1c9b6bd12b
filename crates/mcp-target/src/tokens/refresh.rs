//! Tokens for a refresh token, [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6), which is rotated by each use.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::scopes::is_within;
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::clients::authentication::Authenticated;
use crate::config::faults::{Fault, Faults};
use crate::signing::access_tokens::Revoked;
use crate::signing::claims;
use crate::tokens::grant::Family;
use crate::tokens::issue::{TokenResponse, draw};
use crate::tokens::refused::{Refused, error, required};

/// How long a rotated refresh token is good with [`Fault::ReuseGrace`], in seconds.
const GRACE: u64 = 30;

/// From which refresh on [`Fault::LateRotation`] rotates.
const LATE: u32 = 3;

/// The most tokens that are good beside the newest.
const MAX_SPARED: usize = 100;

/// What comes of a refresh token that was shown.
enum Shown {
    Refused(Refused),
    /// It was rotated before, so all that came of its grant ends.
    Reused,
    Good {
        rotated: bool,
    },
}

pub(super) async fn refresh(
    it: &AuthorizationServer,
    faults: Faults,
    form: &Parameters,
    from: &Authenticated,
) -> Result<TokenResponse, Refused> {
    let unknown = || error("invalid_grant", "the refresh token is unknown or has been revoked");
    let token = required(form, "refresh_token", "refresh_token is missing")?;
    if faults.has(Fault::RefreshRefused) {
        return Err(unknown());
    }
    let (id, secret) = token.split_once('.').ok_or_else(unknown)?;
    // What was authorized never changes, so it does not matter how old this is.
    let family = it.families.get(id).await?.ok_or_else(unknown)?;
    let authorization = &family.authorization;
    if authorization.client_id != from.id {
        return Err(error("invalid_grant", "the refresh token was issued to another client"));
    }
    let granted = &authorization.scope;
    let scope = form.get("scope").unwrap_or(granted);
    let for_resource = form.get("resource").is_some();
    let drawn = draw(it, faults, authorization, scope, for_resource).await?;
    let presented: [u8; 32] = Sha256::digest(secret).into();
    let secret = random_id();
    let newest: [u8; 32] = Sha256::digest(&secret).into();
    let now = claims::now();

    let shown = it.families.change(id, |kept| {
        let Some(family) = kept else { return Shown::Refused(unknown()) };
        if !is_good(family, &presented, now) {
            return Shown::Reused;
        }
        if !is_within(scope, granted) {
            let wider = "the scope is wider than what was granted";
            return Shown::Refused(error("invalid_scope", wider));
        }
        family.refreshes = family.refreshes.saturating_add(1);
        let rotated = rotates(faults, family.refreshes);
        if rotated {
            let before = std::mem::replace(&mut family.newest, newest);
            if faults.has(Fault::ReuseGrace) {
                family.spared.retain(|(_, until)| now < *until);
                family.spared.truncate(MAX_SPARED - 1);
                family.spared.insert(0, (before, now + GRACE));
            }
        }
        Shown::Good { rotated }
    });
    match shown.await? {
        Shown::Refused(refused) => Err(refused),
        // The family last: as long as it is there, this can be repeated.
        Shown::Reused => {
            it.access_tokens.revoke(Revoked::Grant(&authorization.id)).await?;
            it.families.remove(id).await?;
            let used = "the refresh token was used before; its successors are revoked";
            Err(error("invalid_grant", used))
        }
        Shown::Good { rotated } => {
            let refresh_token = rotated.then(|| format!("{id}.{secret}"));
            Ok(drawn.respond(faults, scope, refresh_token))
        }
    }
}

/// Whether a refresh token with this hash is the newest of its family, or is spared.
pub(super) fn is_good(family: &Family, presented: &[u8; 32], now: u64) -> bool {
    let is = |it: &[u8; 32]| bool::from(presented.ct_eq(it));
    is(&family.newest) || family.spared.iter().any(|(it, until)| now < *until && is(it))
}

fn rotates(faults: Faults, refreshes: u32) -> bool {
    !faults.has(Fault::NoRotation) && (refreshes >= LATE || !faults.has(Fault::LateRotation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::grant::Authorization;

    #[test]
    fn a_spared_token_is_good_until_its_time_and_the_newest_always() {
        let authorization = Authorization {
            id: String::new(),
            client_id: String::new(),
            scope: String::new(),
            user: String::new(),
            signed_in: 0,
            nonce: None,
        };
        let (newest, spared) = ([1; 32], vec![([2; 32], 130)]);
        let family = Family { authorization, newest, refreshes: 1, spared };
        for (presented, now, expect) in
            [(1, 100, true), (1, 200, true), (2, 129, true), (2, 130, false), (3, 100, false)]
        {
            assert_eq!(is_good(&family, &[presented; 32], now), expect, "{presented} at {now}");
        }
    }
}
