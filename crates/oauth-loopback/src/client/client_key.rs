//! The key that a client proves itself with, [RFC 7523 §2.2](https://www.rfc-editor.org/rfc/rfc7523#section-2.2).

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::error::{KeyRejected, Unspecified};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;

use crate::error::Error;

pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A private key of a client: EC P-256 (ES256), RSA (RS256) or Ed25519 (EdDSA).
#[derive(Clone)]
pub struct ClientKey(Arc<Key>);

enum Key {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(…)")
    }
}

impl ClientKey {
    /// Reads a PEM text (`PRIVATE KEY`, `EC PRIVATE KEY` or `RSA PRIVATE KEY`): an EC key with its public half, as OpenSSL
    /// writes it, or an RSA key of 2048 to 4096 bits.
    ///
    /// # Errors
    /// [`Error::ClientKey`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        let refused = |reason| Error::ClientKey { reason };
        let der = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| refused("no private key in PEM form, or an encrypted one"))?;
        let key = match &der {
            PrivateKeyDer::Sec1(it) => es256(&pkcs8_of_sec1(it.secret_sec1_der())),
            PrivateKeyDer::Pkcs1(it) => RsaKeyPair::from_der(it.secret_pkcs1_der()).map(Key::Rs256),
            it => es256(it.secret_der())
                .or_else(|_| RsaKeyPair::from_pkcs8(it.secret_der()).map(Key::Rs256))
                .or_else(|_| {
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(it.secret_der()).map(Key::EdDsa)
                }),
        };
        let key = key.map_err(|_| refused("neither EC P-256 nor RSA nor Ed25519"))?;
        Ok(Self(Arc::new(key)))
    }

    /// A token that says who the client is, once and for a minute.
    pub(crate) fn assertion(&self, client_id: &str, audience: &str) -> Result<String, Error> {
        const LIFETIME: u64 = 60;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + LIFETIME,
            "jti": BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
        });
        let header = json!({ "alg": self.algorithm(), "typ": "JWT" });
        let part = |it: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(it.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self
            .sign(signed.as_bytes())
            .map_err(|_| Error::ClientKey { reason: "not fit to sign with" })?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    fn algorithm(&self) -> &'static str {
        match *self.0 {
            Key::Es256(_) => "ES256",
            Key::Rs256(_) => "RS256",
            Key::EdDsa(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match &*self.0 {
            Key::Es256(it) => Ok(it.sign(&random, message)?.as_ref().to_vec()),
            Key::Rs256(it) => {
                let mut signature = vec![0; it.public().modulus_len()];
                it.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Key::EdDsa(it) => Ok(it.sign(message).as_ref().to_vec()),
        }
    }
}

fn es256(pkcs8: &[u8]) -> Result<Key, KeyRejected> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
        .map(Key::Es256)
}

/// A key of `EC PRIVATE KEY` ([RFC 5915](https://www.rfc-editor.org/rfc/rfc5915)) in the frame of `PRIVATE KEY`
/// ([RFC 5958](https://www.rfc-editor.org/rfc/rfc5958)), which says that it is one of P-256; another one's length differs.
fn pkcs8_of_sec1(key: &[u8]) -> Vec<u8> {
    /// Version 0, and the identifiers of `ecPublicKey` and `prime256v1`.
    const HEAD: &[u8] = &[
        0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
        0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    ];
    const OCTET_STRING: u8 = 0x04;
    const SEQUENCE: u8 = 0x30;
    let tagged = |tag: u8, content: &[u8]| {
        // A key of P-256 takes 121 octets; what is too long for this form is no such key, and refused as that.
        let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
        let length: &[u8] = if length < 0x80 { &[length] } else { &[0x81, length] };
        [&[tag], length, content].concat()
    };
    tagged(SEQUENCE, &[HEAD, &tagged(OCTET_STRING, key)].concat())
}

#[cfg(test)]
mod tests {
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
        UnparsedPublicKey,
    };

    use super::*;

    fn pem(der: &[u8]) -> Vec<u8> {
        let encoded = base64::prelude::BASE64_STANDARD.encode(der);
        format!("-----BEGIN PRIVATE KEY-----\n{encoded}\n-----END PRIVATE KEY-----\n").into_bytes()
    }

    /// The message and the signature of an assertion, whose header must name the algorithm.
    fn signed(pem: &[u8], algorithm: &str) -> (String, Vec<u8>) {
        let key = ClientKey::from_pem(pem).expect("a private key");
        let assertion = key.assertion("me", "https://a").expect("a signature");
        let (message, signature) = assertion.rsplit_once('.').expect("three parts");
        let header = message.split('.').next().expect("two parts");
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).expect("base64url");
        let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(header["alg"], algorithm);
        (message.to_owned(), BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url"))
    }

    /// Made for these tests with `openssl genrsa -traditional` and `openssl pkcs8 -topk8 -nocrypt`; the PKCS #8 frame
    /// ends with the PKCS #1 key.
    #[test]
    fn an_rsa_key_signs_rs256_in_either_form() {
        let pkcs8 = include_bytes!("../../tests/keys/rsa-pkcs8.pem");
        let pkcs1 = include_bytes!("../../tests/keys/rsa-pkcs1.pem");
        let der = PrivateKeyDer::from_pem_slice(pkcs8).expect("a key");
        let key = RsaKeyPair::from_pkcs8(der.secret_der()).expect("a key");
        for pem in [&pkcs8[..], pkcs1] {
            let (message, signature) = signed(pem, "RS256");
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
                .verify(message.as_bytes(), &signature)
                .expect("the key's own signature");
        }
    }

    #[test]
    fn a_p256_key_signs_es256_in_either_form() {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let pkcs8 = pkcs8.expect("a key");
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random)
                .expect("its encoding");
        // The frame of PKCS #8 for this curve is 29 octets before the key of SEC 1.
        let sec1 = &pkcs8.as_ref()[29..];
        let encoded = base64::prelude::BASE64_STANDARD.encode(sec1);
        let sec1 =
            format!("-----BEGIN EC PRIVATE KEY-----\n{encoded}\n-----END EC PRIVATE KEY-----\n");
        for pem in [pem(pkcs8.as_ref()), sec1.into_bytes()] {
            let (message, signature) = signed(&pem, "ES256");
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref())
                .verify(message.as_bytes(), &signature)
                .expect("the key's own signature");
        }
    }

    #[test]
    fn a_key_of_another_curve_is_refused() {
        let other = include_bytes!("../../tests/keys/p384-sec1.pem");
        let error = ClientKey::from_pem(other).expect_err("no P-256").to_string();
        assert!(error.contains("neither EC P-256"), "{error}");
    }

    #[test]
    fn an_ed25519_key_signs_eddsa() {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        let key = Ed25519KeyPair::from_pkcs8(der.as_ref()).expect("its encoding");
        let (message, signature) = signed(&pem(der.as_ref()), "EdDSA");
        UnparsedPublicKey::new(&ED25519, key.public_key().as_ref())
            .verify(message.as_bytes(), &signature)
            .expect("the key's own signature");
    }

    #[test]
    fn a_key_does_not_print_itself_and_no_two_assertions_are_the_same() {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        let key = ClientKey::from_pem(&pem(der.as_ref())).expect("a private key");
        assert_eq!(format!("{key:?}"), "ClientKey(…)");
        let assertion = || key.assertion("me", "https://a").expect("a signature");
        assert_ne!(assertion(), assertion());
    }
}
