//! The key that a client proves itself with, [RFC 7523 §2.2](https://www.rfc-editor.org/rfc/rfc7523#section-2.2).

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
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
    /// Reads a PEM text (`PRIVATE KEY`, `EC PRIVATE KEY` or `RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// [`Error::ClientKey`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        let refused = |reason| Error::ClientKey { reason };
        let der = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| refused("no private key in PEM form, or an encrypted one"))?;
        let bytes = der.secret_der();
        let key = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes)
            .map(Key::Es256)
            .or_else(|_| RsaKeyPair::from_pkcs8(bytes).map(Key::Rs256))
            .or_else(|_| RsaKeyPair::from_der(bytes).map(Key::Rs256))
            .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes).map(Key::EdDsa))
            .map_err(|_| refused("neither EC P-256 nor RSA nor Ed25519"))?;
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

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
        let random = SystemRandom::new();
        match &*self.0 {
            Key::Es256(it) => Ok(it.sign(&random, message)?.as_ref().to_vec()),
            Key::Rs256(it) => {
                let mut signature = vec![0; it.public_modulus_len()];
                it.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Key::EdDsa(it) => Ok(it.sign(message).as_ref().to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ED25519, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
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

    #[test]
    fn an_rsa_key_signs_rs256() {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der: Pkcs8V1Der<'_> = key.as_der().expect("its encoding");
        let (message, signature) = signed(&pem(der.as_ref()), "RS256");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
            .verify(message.as_bytes(), &signature)
            .expect("the key's own signature");
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
