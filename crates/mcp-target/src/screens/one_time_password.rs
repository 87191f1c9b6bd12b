//! One-time passwords by the clock, [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238): SHA-1, six digits, 30 seconds.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use ring::hmac;

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::faults::Faults;
use crate::screens::login::{may_try_again, pending, signed_in};
use crate::screens::pages;
use crate::screens::redirect::see_other;
use crate::screens::session::{expired, foreign, is_from_here};
use crate::signing::claims;
use crate::store::unavailable::Unavailable;

/// How long one password is that of the moment, in seconds.
const STEP: u64 = 30;

pub(crate) async fn page(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    RawQuery(query): RawQuery,
) -> Result<Response, Unavailable> {
    let Some((id, request)) = pending(&it, query).await? else { return Ok(expired()) };
    Ok(match request.known {
        Some(_) => pages::one_time_password(faults, &id, false),
        None => see_other(&format!("/login?request={id}")),
    })
}

pub(crate) async fn check(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Unavailable> {
    if !is_from_here(&it, &headers) {
        return Ok(foreign());
    }
    let Ok(form) = Parameters::parse(&body) else { return Ok(expired()) };
    let id = form.get("request").unwrap_or_default();
    let Some(request) = it.requests.get(id).await? else { return Ok(expired()) };
    let Some(account) = request.known.as_ref().and_then(|it_known| it.accounts.get(it_known))
    else {
        return Ok(see_other(&format!("/login?request={id}")));
    };
    let code = form.get("code").unwrap_or_default();
    let key = account.totp_key.as_deref().unwrap_or_default();
    let now = claims::now();
    let is_good = match step(key, code, now) {
        None => false,
        // Each is kept by itself, from its own use on: one that is changed would keep the time of the first.
        Some(step) => {
            let key = format!("{} {step}", account.key);
            let first = it.steps.change(&key, |used| {
                let is_first = used.is_none();
                used.get_or_insert(now);
                is_first
            });
            first.await?
        }
    };
    if is_good {
        signed_in(&it, faults, id, account).await
    } else if may_try_again(&it, id).await? {
        Ok(pages::one_time_password(faults, id, true))
    } else {
        Ok(expired())
    }
}

/// The step whose password this is: that of `now`, or one beside it, for clocks that differ.
fn step(key: &[u8], code: &str, now: u64) -> Option<u64> {
    let code: String = code.chars().filter(|it| !it.is_whitespace()).collect();
    let current = now / STEP;
    [current, current.saturating_sub(1), current + 1]
        .into_iter()
        .find(|it| code == one_time_password(key, *it))
}

/// [RFC 4226 §5.3](https://www.rfc-editor.org/rfc/rfc4226#section-5.3).
fn one_time_password(key: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0xf);
    let word = [tag[offset], tag[offset + 1], tag[offset + 2], tag[offset + 3]];
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appendix B of RFC 6238, of which the last six digits are ours.
    #[test]
    fn passwords_are_those_of_the_rfc() {
        let key = b"12345678901234567890";
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(one_time_password(key, time / STEP), code);
            assert_eq!(step(key, code, time), Some(time / STEP));
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off() {
        let key = b"12345678901234567890";
        for (off, expect) in [(0, true), (30, true), (60, false)] {
            assert_eq!(step(key, "287082", 59 + off).is_some(), expect);
            assert_eq!(step(key, "353130", 20_000_000_000 - off).is_some(), expect);
        }
        assert_eq!(step(key, "287 082", 59), Some(1));
        assert_eq!(step(key, "", 59), None);
    }
}
