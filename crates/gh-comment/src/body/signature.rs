use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::error::Error;
use crate::github::issue::Issue;

/// Less than this could be guessed.
const MIN_KEY: usize = 16;

/// A secret that tells our comments from those that somebody edited; it does not print itself.
///
/// Whoever may write in a repository may edit a bot's comment, and other workflows write as the same bot.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Takes any secret of at least 16 bytes, such as the output of `openssl rand -hex 32`.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, Error> {
        let secret = secret.as_ref();
        if secret.len() < MIN_KEY {
            return Err(Error::ShortKey { bytes: secret.len(), least: MIN_KEY });
        }
        Ok(Self(Hmac::new_from_slice(secret).expect("HMAC takes a key of any length")))
    }

    pub(crate) fn sign(&self, issue: &Issue, text: &str) -> Signature {
        Signature(self.over(issue, text).finalize().into_bytes().into())
    }

    pub(crate) fn verify(&self, issue: &Issue, text: &str, signature: &Signature) -> bool {
        self.over(issue, text).verify_slice(&signature.0).is_ok()
    }

    /// A block that is copied to another issue is not signed there; GitHub ignores the case of names.
    fn over(&self, issue: &Issue, text: &str) -> Hmac<Sha256> {
        let place = issue.to_string().to_ascii_lowercase();
        self.0.clone().chain_update(place).chain_update([b'\n']).chain_update(text)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

/// HMAC-SHA256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)), 64 lower-case hexadecimal digits in text.
#[derive(Debug, Clone)]
pub(crate) struct Signature([u8; 32]);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for Signature {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(drop)?;
        Ok(Self(bytes.try_into().map_err(drop)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_other_programs_compute() {
        // printf 'acme/api#12\nm:v1 1' | openssl dgst -sha256 -hmac 0123456789abcdef
        let key = SigningKey::new("0123456789abcdef").unwrap();
        let issue: Issue = "Acme/API#12".parse().unwrap();
        let expect = "98934667b79fb4d8cbc78c1ccede7940a1f3e51a42d97df4f411604bbf41e693";
        assert_eq!(key.sign(&issue, "m:v1 1").to_string(), expect);
        assert!(key.verify(&issue, "m:v1 1", &expect.parse().unwrap()));
        assert!(!key.verify(&issue, "m:v1 2", &expect.parse().unwrap()));
        let other: Issue = "acme/api#13".parse().unwrap();
        assert!(!key.verify(&other, "m:v1 1", &expect.parse().unwrap()));
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused_and_none_is_shown() {
        let error = SigningKey::new("hunter2").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let key = SigningKey::new("0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(redacted)");
    }
}
