//! The public half of what a client signs with, [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517).

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};

/// What [`PublicKey`] knows, by its names in RFC 7518 §3.1 and RFC 8037 §3.1.
pub(crate) const ALGORITHMS: [&str; 3] = ["ES256", "RS256", "EdDSA"];

/// The modulus of an RSA key, in bytes: RS256 wants 2048 bits, and nobody's key for it has more than 8192.
const MODULUS: RangeInclusive<usize> = 256..=1024;

/// No public exponent in use is longer, in bytes.
const LONGEST_EXPONENT: usize = 5;

/// A key with one algorithm, which the kind of the key decides and not whoever signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicKey {
    #[serde(flatten)]
    material: Material,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kid: Option<String>,
}

/// [RFC 7518 §6](https://www.rfc-editor.org/rfc/rfc7518#section-6) and
/// [RFC 8037 §2](https://www.rfc-editor.org/rfc/rfc8037#section-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "OKP")]
    Okp { crv: String, x: String },
}

impl PublicKey {
    pub(crate) fn algorithm(&self) -> &'static str {
        match self.material {
            Material::Ec { .. } => "ES256",
            Material::Rsa { .. } => "RS256",
            Material::Okp { .. } => "EdDSA",
        }
    }

    /// Whether its curve is known, and each of its numbers as long as it has to be.
    pub(crate) fn is_usable(&self) -> bool {
        let length = |it: &str| BASE64URL.decode(it).map_or(0, |it| it.len());
        // RFC 7518 §6.3: without zeros before it.
        let number = |it: &str| BASE64URL.decode(it).ok().filter(|it| it.first() > Some(&0));
        let number = |it: &str| number(it).map_or(0, |it| it.len());
        let is_whole = match &self.material {
            Material::Ec { crv, x, y } => {
                crv == "P-256" && [x, y].iter().all(|it| length(it) == 32)
            }
            Material::Rsa { n, e } => {
                MODULUS.contains(&number(n)) && (1..=LONGEST_EXPONENT).contains(&number(e))
            }
            Material::Okp { crv, x } => crv == "Ed25519" && length(x) == 32,
        };
        is_whole && self.alg.as_ref().is_none_or(|it| it == self.algorithm())
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify(message, signature).is_some()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        let decode = |it: &str| BASE64URL.decode(it).ok();
        let verified = match &self.material {
            Material::Ec { x, y, .. } => {
                let point = [vec![4], decode(x)?, decode(y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Material::Rsa { n, e } => RsaPublicKeyComponents { n: decode(n)?, e: decode(e)? }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            Material::Okp { x, .. } => {
                UnparsedPublicKey::new(&ED25519, decode(x)?).verify(message, signature)
            }
        };
        verified.ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_key_is_usable_with_a_known_curve_a_right_length_and_its_own_algorithm() {
        let of = |bytes: usize| BASE64URL.encode(vec![1; bytes]);
        let with = |key: &Value, alg: &str| {
            let mut key = key.clone();
            key["alg"] = alg.into();
            key
        };
        let ec = json!({"kty": "EC", "crv": "P-256", "x": of(32), "y": of(32)});
        let rsa = json!({"kty": "RSA", "n": of(256), "e": "AQAB"});
        let ed = json!({"kty": "OKP", "crv": "Ed25519", "x": of(32)});
        for (key, expect) in [
            (ec.clone(), true),
            (rsa.clone(), true),
            (ed.clone(), true),
            (with(&ec, "ES256"), true),
            (with(&rsa, "RS256"), true),
            (with(&ed, "EdDSA"), true),
            (with(&rsa, "PS256"), false),
            (with(&ec, "RS256"), false),
            (json!({"kty": "EC", "crv": "P-384", "x": of(48), "y": of(48)}), false),
            (json!({"kty": "EC", "crv": "P-256", "x": of(31), "y": of(32)}), false),
            (json!({"kty": "EC", "crv": "P-256", "x": of(32)}), false),
            (json!({"kty": "RSA", "n": of(128), "e": "AQAB"}), false),
            (json!({"kty": "RSA", "n": of(256), "e": ""}), false),
            (json!({"kty": "RSA", "n": of(256), "e": of(6)}), false),
            (json!({"kty": "RSA", "n": of(256), "e": "AAEAAQ"}), false),
            (json!({"kty": "OKP", "crv": "X25519", "x": of(32)}), false),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "!"}), false),
            (json!({"kty": "oct", "k": of(32)}), false),
            (json!({}), false),
        ] {
            let is_usable =
                serde_json::from_value(key.clone()).is_ok_and(|it: PublicKey| it.is_usable());
            assert_eq!(is_usable, expect, "{key}");
        }
    }

    #[test]
    fn a_key_is_told_as_it_was_given() {
        for key in [
            json!({"kty": "RSA", "n": "n", "e": "e", "kid": "1"}),
            json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "alg": "ES256"}),
        ] {
            let read: PublicKey = serde_json::from_value(key.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), key);
        }
    }
}
