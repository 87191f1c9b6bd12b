//! Access tokens as [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068) JWTs, signed with ES256.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) iat: u64,
    pub(crate) exp: u64,
    pub(crate) jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) workspace_id: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// The key pair of one target; it lives as long as the process.
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    header: String,
    kid: String,
}

impl SigningKey {
    pub(crate) fn generate() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
            .expect("the system has random numbers");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random)
            .expect("the key was generated for this algorithm");
        let (x, y) = coordinates(&pair);
        let kid = thumbprint(&x, &y);
        let header =
            BASE64URL.encode(json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}).to_string());
        Self { pair, random, header, kid }
    }

    pub(crate) fn sign(&self, claims: &Claims) -> String {
        let claims = serde_json::to_vec(claims).expect("claims are plain strings and numbers");
        let mut token = format!("{}.{}", self.header, BASE64URL.encode(claims));
        let signature =
            self.pair.sign(&self.random, token.as_bytes()).expect("the system has random numbers");
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        token
    }

    /// The claims, if this key signed them for `issuer` and `audience` and they have not expired at `now`.
    pub(crate) fn verify(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
        now: u64,
    ) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&BASE64URL.decode(header).ok()?).ok()?;
        if (header.alg.as_str(), header.typ.as_str()) != ("ES256", "at+jwt")
            || header.kid != self.kid
        {
            return None;
        }
        let signature = BASE64URL.decode(signature).ok()?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .ok()?;
        let claims: Claims = serde_json::from_slice(&BASE64URL.decode(claims).ok()?).ok()?;
        (claims.iss == issuer && claims.aud == audience && now < claims.exp).then_some(claims)
    }

    /// The public key as a JWK set, [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517).
    pub(crate) fn jwks(&self) -> Value {
        let (x, y) = coordinates(&self.pair);
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256", "use": "sig", "kid": self.kid,
        }]})
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs()
}

fn coordinates(pair: &EcdsaKeyPair) -> (String, String) {
    // The uncompressed point: one byte 4, then both coordinates.
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    (BASE64URL.encode(x), BASE64URL.encode(y))
}

/// [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638): members in this order, no white space.
fn thumbprint(x: &str, y: &str) -> String {
    BASE64URL.encode(Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            iss: "http://127.0.0.1:1".into(),
            sub: "user-1".into(),
            aud: "http://127.0.0.1:1/mcp".into(),
            client_id: "client".into(),
            scope: "mcp:read".into(),
            iat: 1000,
            exp: 4600,
            jti: "1".into(),
            workspace_id: Some("ws-1".into()),
        }
    }

    #[track_caller]
    fn check(token: &str, key: &SigningKey, now: u64, expect: bool) {
        let claims = claims();
        assert_eq!(key.verify(token, &claims.iss, &claims.aud, now).is_some(), expect, "{token}");
    }

    #[test]
    fn only_an_unchanged_token_of_this_key_is_accepted_until_it_expires() {
        let key = SigningKey::generate();
        let token = key.sign(&claims());
        check(&token, &key, 4599, true);
        check(&token, &key, 4600, false);
        check(&token, &SigningKey::generate(), 1000, false);
        check("", &key, 1000, false);
        check("a.b.c", &key, 1000, false);

        let parts: Vec<_> = token.split('.').collect();
        let other =
            BASE64URL.encode(serde_json::to_vec(&Claims { exp: u64::MAX, ..claims() }).unwrap());
        check(&format!("{}.{other}.{}", parts[0], parts[2]), &key, 1000, false);
        let none =
            BASE64URL.encode(json!({"alg": "none", "typ": "at+jwt", "kid": key.kid}).to_string());
        check(&format!("{none}.{}.", parts[1]), &key, 1000, false);
    }

    #[test]
    fn a_token_for_another_issuer_or_audience_is_refused() {
        let key = SigningKey::generate();
        let token = key.sign(&claims());
        assert!(key.verify(&token, "http://127.0.0.1:2", &claims().aud, 1000).is_none());
        assert!(key.verify(&token, &claims().iss, "http://127.0.0.1:1/other", 1000).is_none());
    }
}
