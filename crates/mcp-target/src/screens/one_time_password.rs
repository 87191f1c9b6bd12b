//! One-time passwords by the clock, [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238).

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use ring::hmac;

use crate::authorization_server::state::AuthorizationServer;
use crate::config::faults::Faults;
use crate::config::users::TotpSecret;
use crate::screens::login::{may_try_again, pending, signed_in};
use crate::screens::pages;
use crate::screens::redirect::see_other;
use crate::screens::session::{OwnForm, expired};
use crate::signing::claims;
use crate::store::unavailable::Unavailable;

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
    OwnForm(form): OwnForm,
) -> Result<Response, Unavailable> {
    let id = form.get("request").unwrap_or_default();
    let Some(request) = it.requests.get(id).await? else { return Ok(expired()) };
    let account = request.known.as_ref().and_then(|key| it.accounts.get(key));
    let Some(account) = account else {
        return Ok(see_other(&format!("/login?request={id}")));
    };
    let code = form.get("code").unwrap_or_default();
    let Some(secret) = &account.totp else { return Ok(expired()) };
    let now = claims::now();
    let is_good = match step(secret, code, now) {
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
        return signed_in(&it, faults, id, account).await;
    }
    tracing::info!(client_id = request.client_id, "one-time password refused");
    if may_try_again(&it, id).await? {
        Ok(pages::one_time_password(faults, id, true))
    } else {
        Ok(expired())
    }
}

/// The step whose password this is: that of `now`, or one beside it, for clocks that differ.
fn step(secret: &TotpSecret, code: &str, now: u64) -> Option<u64> {
    let code: String = code.chars().filter(|it| !it.is_whitespace()).collect();
    let current = now / secret.period;
    [current, current.saturating_sub(1), current + 1]
        .into_iter()
        .find(|it| code == one_time_password(secret, *it))
}

/// [RFC 4226 §5.3](https://www.rfc-editor.org/rfc/rfc4226#section-5.3).
fn one_time_password(secret: &TotpSecret, step: u64) -> String {
    let key = hmac::Key::new(secret.algorithm, secret.reveal());
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0xf);
    let word = [tag[offset], tag[offset + 1], tag[offset + 2], tag[offset + 3]];
    let number = (u32::from_be_bytes(word) & 0x7fff_ffff) % 10_u32.pow(secret.digits);
    format!("{number:0width$}", width = secret.digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secrets of RFC 6238, appendix B, in base32.
    const SHA1: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const SHA256: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA";
    const SHA512: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA";

    #[track_caller]
    fn check(text: &str, time: u64, code: &str) {
        let secret = TotpSecret::parse(text).unwrap();
        assert_eq!(step(&secret, code, time), Some(time / secret.period), "{text} at {time}");
    }

    #[test]
    fn passwords_are_those_of_the_rfc() {
        for (time, sha1, sha256, sha512) in [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ] {
            let all =
                [("SHA1", SHA1, sha1), ("SHA256", SHA256, sha256), ("SHA512", SHA512, sha512)];
            for (name, secret, code) in all {
                let query = format!("secret={secret}&digits=8&algorithm={name}");
                check(&format!("otpauth://totp/A:b@c.example?{query}"), time, code);
            }
            check(SHA1, time, &sha1[2..]);
        }
        check("gezd gnbv-gy3t qojq gezdgnbvgy3tqojq==", 59, "287082");
    }

    #[test]
    fn a_clock_may_be_one_step_off() {
        let key = &TotpSecret::parse(SHA1).unwrap();
        for (off, expect) in [(0, true), (30, true), (60, false)] {
            assert_eq!(step(key, "287082", 59 + off).is_some(), expect);
            assert_eq!(step(key, "353130", 20_000_000_000 - off).is_some(), expect);
        }
        assert_eq!(step(key, "287 082", 59), Some(1));
        assert_eq!(step(key, "", 59), None);
    }
}
