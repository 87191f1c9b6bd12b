//! One key pair, for ES256.

use std::fmt;

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

/// What a token is, by the `typ` of its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typ {
    AccessToken,
    IdToken,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) typ: String,
    pub(super) kid: String,
}

pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    access_token_header: String,
    id_token_header: String,
    pub(super) kid: String,
    pub(super) jwk: Value,
}

impl SigningKey {
    pub(crate) fn generate() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
            .expect("the system has random numbers");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random)
            .expect("the key was generated for this algorithm");
        // The uncompressed point: one byte 4, then both coordinates.
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64URL.encode(x), BASE64URL.encode(y));
        let kid = thumbprint(&x, &y);
        let header =
            |typ| BASE64URL.encode(json!({"alg": "ES256", "typ": typ, "kid": kid}).to_string());
        let (access_token_header, id_token_header) = (header("at+jwt"), header("JWT"));
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256", "use": "sig", "kid": kid,
        });
        Self { pair, random, access_token_header, id_token_header, kid, jwk }
    }

    pub(crate) fn sign(&self, typ: Typ, claims: &impl Serialize) -> String {
        let header = match typ {
            Typ::AccessToken => &self.access_token_header,
            Typ::IdToken => &self.id_token_header,
        };
        let claims = serde_json::to_vec(claims).expect("claims are plain strings and numbers");
        let mut token = String::with_capacity(header.len() + claims.len() * 4 / 3 + 96);
        token.push_str(header);
        token.push('.');
        BASE64URL.encode_string(claims, &mut token);
        let signature =
            self.pair.sign(&self.random, token.as_bytes()).expect("the system has random numbers");
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        token
    }

    /// Whether this key signed what stands before the signature.
    pub(super) fn has_signed(&self, signed: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref())
            .verify(signed.as_bytes(), signature)
            .is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638): members in this order, no white space.
fn thumbprint(x: &str, y: &str) -> String {
    BASE64URL.encode(Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)))
}
