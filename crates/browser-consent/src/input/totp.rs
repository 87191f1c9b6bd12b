//! Time-based one-time codes, [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238).

use std::time::{Duration, SystemTime};

use data_encoding::BASE32_NOPAD_NOCASE;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use url::Url;

/// The secret that an account's codes are made of, and how they are made.
#[derive(Clone)]
pub(crate) struct Totp {
    secret: Vec<u8>,
    algorithm: Algorithm,
    digits: u32,
    period: u64,
}

#[derive(Clone, Copy)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

impl Totp {
    /// Reads a secret in Base32, as pages show it, or the whole `otpauth` address behind their QR code.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut it = Self { secret: Vec::new(), algorithm: Algorithm::Sha1, digits: 6, period: 30 };
        if !text.starts_with("otpauth:") {
            it.secret = base32(text)?;
            return Some(it);
        }
        let url = Url::parse(text).ok().filter(|it| it.host_str() == Some("totp"))?;
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "secret" => it.secret = base32(&value)?,
                "digits" => it.digits = value.parse().ok().filter(|it| (6..=8).contains(it))?,
                "period" => it.period = value.parse().ok().filter(|it| (1..=300).contains(it))?,
                "algorithm" => {
                    it.algorithm = match value.to_ascii_uppercase().as_str() {
                        "SHA1" => Algorithm::Sha1,
                        "SHA256" => Algorithm::Sha256,
                        "SHA512" => Algorithm::Sha512,
                        _ => return None,
                    }
                }
                _ => {}
            }
        }
        (!it.secret.is_empty()).then_some(it)
    }

    /// The code of this moment.
    pub(crate) fn code(&self, now: SystemTime) -> String {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let message = (since.as_secs() / self.period).to_be_bytes();
        let tag = match self.algorithm {
            Algorithm::Sha1 => {
                let mut it = Hmac::<Sha1>::new_from_slice(&self.secret).expect(ANY_LENGTH);
                it.update(&message);
                it.finalize().into_bytes().to_vec()
            }
            Algorithm::Sha256 => {
                let mut it = Hmac::<Sha256>::new_from_slice(&self.secret).expect(ANY_LENGTH);
                it.update(&message);
                it.finalize().into_bytes().to_vec()
            }
            Algorithm::Sha512 => {
                let mut it = Hmac::<Sha512>::new_from_slice(&self.secret).expect(ANY_LENGTH);
                it.update(&message);
                it.finalize().into_bytes().to_vec()
            }
        };
        // RFC 4226 §5.3: the last four bits say which 31 bits are taken.
        let at = usize::from(tag[tag.len() - 1] & 0xf);
        let bits = u32::from_be_bytes([tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]]);
        let width = usize::try_from(self.digits).expect("a number of digits is small");
        format!("{:0width$}", bits % 10_u32.pow(self.digits))
    }
}

const ANY_LENGTH: &str = "HMAC takes a key of any length";

/// RFC 4648 §6, with or without padding, in any case, and with the spaces that pages put between groups.
fn base32(text: &str) -> Option<Vec<u8>> {
    let mut rules = BASE32_NOPAD_NOCASE.specification();
    rules.ignore.push_str(" -=");
    rules.check_trailing_bits = false;
    let encoding = rules.encoding().expect("the rules are those of Base32");
    encoding.decode(text.as_bytes()).ok().filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secrets of RFC 6238, appendix B, in Base32.
    const SHA1: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const SHA256: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA";
    const SHA512: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA";

    #[track_caller]
    fn check(secret: &str, second: u64, code: &str) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        assert_eq!(Totp::parse(secret).unwrap().code(now), code);
    }

    #[test]
    fn the_vectors_of_the_specification() {
        for (second, sha1, sha256, sha512) in [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ] {
            let all =
                [("SHA1", SHA1, sha1), ("SHA256", SHA256, sha256), ("SHA512", SHA512, sha512)];
            for (name, secret, code) in all {
                let address = format!(
                    "otpauth://totp/A:b@c.example?secret={secret}&digits=8&algorithm={name}"
                );
                check(&address, second, code);
            }
        }
        check("gezd gnbv-gy3t qojq gezdgnbvgy3tqojq==", 59, "287082");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in
            ["", "not base32!", "otpauth://hotp/x?secret=GEZDGNBV", "otpauth://totp/x", "18"]
        {
            assert!(Totp::parse(text).is_none(), "{text}");
        }
    }
}
