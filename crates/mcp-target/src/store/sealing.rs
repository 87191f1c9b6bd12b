//! Values as they stand in Redis: packed if they are long, encrypted with the key of a day, and bound to their place.
//!
//! A byte that says whether it is packed, the day as four, a nonce of 24, then the ciphertext of XChaCha20-Poly1305. What
//! stands before the nonce and the name of the value are authenticated with it, so that values cannot be swapped.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac;

/// Longer values are packed.
const PACKED_FROM: usize = 1024;
const PLAIN: u8 = 0;
const PACKED: u8 = 1;
const HEAD: usize = 5;
/// Head and nonce: no two values that were ever sealed begin with the same.
pub(crate) const STAMP: usize = HEAD + 24;

const DAY: u64 = 24 * 60 * 60;

/// The keys that come of one secret. They do not print themselves.
pub(crate) struct Keys {
    root: Prk,
    names: hmac::Key,
}

impl Keys {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let root = Salt::new(HKDF_SHA256, b"mcp-target").extract(secret);
        let names = hmac::Key::new(hmac::HMAC_SHA256, &derive(&root, &[b"names"]));
        Self { root, names }
    }

    /// What stands in Redis instead of a key, which may be a secret itself.
    pub(crate) fn name(&self, prefix: &str, table: &str, key: &str) -> String {
        let mut it = hmac::Context::with_key(&self.names);
        it.update(table.as_bytes());
        it.update(&[0]);
        it.update(key.as_bytes());
        format!("{prefix}{table}:{}", BASE64URL.encode(it.sign()))
    }

    pub(crate) fn seal(&self, name: &str, value: &[u8], day: u32) -> Vec<u8> {
        let packed =
            (value.len() > PACKED_FROM).then(|| zstd::bulk::compress(value, 1).ok()).flatten();
        let kind = if packed.is_some() { PACKED } else { PLAIN };
        let nonce: [u8; STAMP - HEAD] = rand::random();
        let mut sealed = vec![kind];
        sealed.extend(day.to_be_bytes());
        let authenticated = [&sealed, name.as_bytes()].concat();
        let payload = Payload { msg: packed.as_deref().unwrap_or(value), aad: &authenticated };
        let encrypted = self.of_day(day).encrypt(&XNonce::from(nonce), payload);
        sealed.extend(nonce);
        sealed.extend(encrypted.expect("a value is far shorter than the cipher's limit"));
        sealed
    }

    /// What was sealed under `name` on one of `days`; nothing if anything about it is not as it was.
    pub(crate) fn open(
        &self,
        name: &str,
        sealed: &[u8],
        days: RangeInclusive<u32>,
    ) -> Option<Vec<u8>> {
        let (head, rest) = sealed.split_first_chunk::<HEAD>()?;
        let (nonce, encrypted) = rest.split_first_chunk::<{ STAMP - HEAD }>()?;
        let [kind, day @ ..] = *head;
        let day = u32::from_be_bytes(day);
        if !days.contains(&day) {
            return None;
        }
        let authenticated = [head, name.as_bytes()].concat();
        let payload = Payload { msg: encrypted, aad: &authenticated };
        let value = self.of_day(day).decrypt(&XNonce::from(*nonce), payload).ok()?;
        match kind {
            PLAIN => Some(value),
            PACKED => zstd::stream::decode_all(value.as_slice()).ok(),
            _ => None,
        }
    }

    fn of_day(&self, day: u32) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&derive(&self.root, &[b"day", &day.to_be_bytes()]).into())
    }
}

/// The UTC day of `now`, by number.
pub(crate) fn day(now: SystemTime) -> u32 {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    u32::try_from(seconds / DAY).unwrap_or(u32::MAX)
}

/// The days whose keys are good for a table with values of this `life`: values may be as old as that, and another
/// instance's clock may be ahead of midnight.
pub(crate) fn readable(today: u32, life: Duration) -> RangeInclusive<u32> {
    let days = u32::try_from(life.as_secs().div_ceil(DAY)).unwrap_or(u32::MAX);
    today.saturating_sub(days)..=today.saturating_add(1)
}

fn derive(root: &Prk, info: &[&[u8]]) -> [u8; 32] {
    let mut key = [0; 32];
    root.expand(info, HKDF_SHA256)
        .and_then(|it| it.fill(&mut key))
        .expect("HKDF gives a key of its hash's length");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: u32 = 20_000;

    fn keys() -> Keys {
        Keys::new(b"a secret")
    }

    #[test]
    fn a_value_is_what_was_sealed_with_each_bit_flipped_it_is_nothing() {
        for length in [0, 1, 300, 3000] {
            let value: Vec<u8> = (0..length).map(|it| (it % 7) as u8).collect();
            let sealed = keys().seal("codes:a", &value, TODAY);
            assert_eq!(keys().open("codes:a", &sealed, 0..=u32::MAX), Some(value));
            for place in 0..sealed.len() {
                let mut flipped = sealed.clone();
                flipped[place] ^= 1;
                assert_eq!(keys().open("codes:a", &flipped, 0..=u32::MAX), None, "{place}");
                assert_eq!(keys().open("codes:a", &sealed[..place], 0..=u32::MAX), None, "{place}");
            }
        }
    }

    #[test]
    fn a_value_opens_under_its_own_name_with_its_own_secret_alone() {
        let sealed = keys().seal("codes:a", b"value", TODAY);
        for name in ["codes:b", "families:a", "codes:", "codes:aa"] {
            assert_eq!(keys().open(name, &sealed, 0..=u32::MAX), None, "{name}");
        }
        assert_eq!(Keys::new(b"another").open("codes:a", &sealed, 0..=u32::MAX), None);
    }

    #[test]
    fn the_key_changes_every_day_and_an_old_one_is_good_while_a_value_may_live() {
        let sealed = keys().seal("it", b"value", TODAY);
        for (life, later, expect) in [
            (60, 0, true),
            (60, 1, true),
            (60, 2, false),
            (2 * DAY, 2, true),
            (2 * DAY, 3, false),
            (30 * DAY, 30, true),
            (30 * DAY, 31, false),
        ] {
            let days = readable(TODAY + later, Duration::from_secs(life));
            assert_eq!(keys().open("it", &sealed, days).is_some(), expect, "{life} {later}");
        }
        // A clock that is behind the one that sealed it.
        assert!(keys().open("it", &sealed, readable(TODAY - 1, Duration::from_secs(60))).is_some());
        assert!(keys().open("it", &sealed, readable(TODAY - 2, Duration::from_secs(60))).is_none());
        assert_ne!(
            derive(&keys().root, &[b"day", &TODAY.to_be_bytes()]),
            derive(&keys().root, &[b"day", &(TODAY + 1).to_be_bytes()])
        );
        assert_eq!(day(UNIX_EPOCH + Duration::from_secs(DAY * 20_000 + DAY - 1)), TODAY);
    }

    #[test]
    fn a_value_over_1_kib_is_packed() {
        for (length, kind) in [(1024, PLAIN), (1025, PACKED)] {
            let sealed = keys().seal("it", &vec![b'a'; length], TODAY);
            assert_eq!(sealed[0], kind);
            assert_eq!(sealed.len() < length, kind == PACKED);
        }
    }

    #[test]
    fn no_two_values_have_the_same_stamp_and_no_name_tells_its_key() {
        let seal = || keys().seal("it", b"value", TODAY);
        assert_ne!(seal()[..STAMP], seal()[..STAMP]);
        let name = keys().name("prefix:", "logins", "ada@example.org");
        assert!(name.starts_with("prefix:logins:") && !name.contains("ada"), "{name}");
        assert_ne!(name, Keys::new(b"another").name("prefix:", "logins", "ada@example.org"));
        assert_ne!(keys().name("", "a", "b"), keys().name("", "ab", ""));
    }
}
