//! What a client signed to prove who it is, [RFC 7523](https://www.rfc-editor.org/rfc/rfc7523) §3.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use serde_json::Value;

use crate::clients::public_key::{ALGORITHMS, PublicKey};
use crate::signing::claims::Audience;

pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead an assertion may expire: its `jti` is remembered for as long.
pub(crate) const LONGEST: u64 = 300;

/// Two clocks may differ by this much, in seconds.
const SKEW: f64 = 60.0;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// Times are seconds, and may have a fraction: a NumericDate of RFC 7519 §2.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    jti: String,
}

/// Who an assertion says that it is from; nothing is checked yet.
pub(super) fn subject(assertion: &str) -> Option<String> {
    let claims = assertion.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&BASE64URL.decode(claims).ok()?).ok()?;
    claims["sub"].as_str().map(str::to_owned)
}

/// The `jti` of a good assertion of this client; whether it was seen before is not known here.
pub(super) fn verify(
    assertion: &str,
    client_id: &str,
    keys: &[PublicKey],
    audiences: &[&str],
    now: u64,
) -> Result<String, &'static str> {
    let broken = "the client assertion is not a JWT";
    let (signed, signature) = assertion.rsplit_once('.').ok_or(broken)?;
    let (header, claims) = signed.split_once('.').ok_or(broken)?;
    let decode = |it: &str| BASE64URL.decode(it).map_err(|_| broken);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| broken)?;
    let signature = decode(signature)?;
    if !ALGORITHMS.contains(&header.alg.as_str()) {
        return Err("the client assertion has to be signed with ES256, RS256 or EdDSA");
    }
    let is_meant = |it: &&PublicKey| {
        let is_named = header.kid.is_none() || it.kid.is_none() || header.kid == it.kid;
        is_named && header.alg == it.algorithm()
    };
    if !keys.iter().filter(is_meant).any(|it| it.has_signed(signed.as_bytes(), &signature)) {
        return Err("no key of the client has signed the client assertion");
    }
    let claims: Claims = serde_json::from_slice(&decode(claims)?)
        .map_err(|_| "the client assertion needs iss, sub, aud, exp and jti")?;
    if claims.iss != client_id || claims.sub != client_id {
        return Err("iss and sub of the client assertion have to be the client_id");
    }
    if !audiences.iter().any(|it| claims.aud.has(it)) {
        return Err("aud of the client assertion has to be the issuer");
    }
    let now = now as f64;
    if claims.exp <= now {
        return Err("the client assertion has expired");
    }
    if claims.exp > now + LONGEST as f64 {
        return Err("the client assertion expires too far ahead");
    }
    if [claims.nbf, claims.iat].into_iter().flatten().any(|it| it > now + SKEW) {
        return Err("the client assertion is not valid yet");
    }
    Ok(claims.jti)
}
