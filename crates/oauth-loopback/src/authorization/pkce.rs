//! Proof key for code exchange, [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use tool_edge::secret;

secret! {
    /// The secret that proves at the token endpoint who asked for the code.
    ///
    /// Not `Clone`: one verifier belongs to one authorization request.
    pub(crate) struct CodeVerifier;
}

impl CodeVerifier {
    /// 32 random bytes, which are 43 characters.
    pub(crate) fn random() -> Self {
        Self::new(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// The S256 code challenge, RFC 7636 §4.2.
    pub(crate) fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.reveal()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_appendix_b() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_is_43_unreserved_characters_and_never_the_same() {
        let (one, other) = (CodeVerifier::random(), CodeVerifier::random());
        assert_eq!(one.reveal().len(), 43);
        assert!(one.reveal().chars().all(|it| it.is_ascii_alphanumeric() || "-._~".contains(it)));
        assert_ne!(one.reveal(), other.reveal());
    }
}
