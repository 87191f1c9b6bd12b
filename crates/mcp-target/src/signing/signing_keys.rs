//! The keys of one target: the newest signs, those before are good for as long as a token of theirs can be.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::signing::claims::Claims;
use crate::signing::signing_key::{Header, SigningKey};

/// They live as long as the process.
#[derive(Debug)]
pub(crate) struct SigningKeys {
    rotation: Option<Duration>,
    /// How long a token is good.
    life: Duration,
    /// The newest first, each with when it began to sign.
    keys: RwLock<Vec<(Instant, Arc<SigningKey>)>>,
}

impl SigningKeys {
    pub(crate) fn new(rotation: Option<Duration>, life: Duration) -> Self {
        let first = (Instant::now(), Arc::new(SigningKey::generate()));
        Self { rotation, life, keys: RwLock::new(vec![first]) }
    }

    /// The key that signs now.
    pub(crate) fn current(&self) -> Arc<SigningKey> {
        self.current_at(Instant::now())
    }

    fn current_at(&self, now: Instant) -> Arc<SigningKey> {
        self.rotate(now);
        self.keys.read().expect("no one panics holding the lock")[0].1.clone()
    }

    /// The claims, if one of the keys signed them as an access token of `issuer` for `audience`, not expired at `now`.
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
        if (header.alg.as_str(), header.typ.as_str()) != ("ES256", "at+jwt") {
            return None;
        }
        let key = {
            let keys = self.keys.read().expect("no one panics holding the lock");
            keys.iter().find(|(_, it)| it.kid == header.kid)?.1.clone()
        };
        if !key.has_signed(signed, &BASE64URL.decode(signature).ok()?) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&BASE64URL.decode(claims).ok()?).ok()?;
        claims.are_good(issuer, audience, now).then_some(claims)
    }

    /// The public keys as a JWK set, [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517).
    pub(crate) fn jwks(&self) -> Value {
        self.jwks_at(Instant::now())
    }

    fn jwks_at(&self, now: Instant) -> Value {
        self.rotate(now);
        let keys = self.keys.read().expect("no one panics holding the lock");
        json!({"keys": keys.iter().map(|(_, it)| &it.jwk).collect::<Vec<_>>()})
    }

    /// Brings in a new key when it is time, and drops those whose tokens have all expired.
    fn rotate(&self, now: Instant) {
        let Some(rotation) = self.rotation else { return };
        let is_due = |keys: &[(Instant, Arc<SigningKey>)]| now >= keys[0].0 + rotation;
        if !is_due(&self.keys.read().expect("no one panics holding the lock")) {
            return;
        }
        let mut keys = self.keys.write().expect("no one panics holding the lock");
        if !is_due(&keys) {
            return;
        }
        keys.insert(0, (now, Arc::new(SigningKey::generate())));
        // A key stopped signing when the one after it began.
        let ended = keys.windows(2).position(|it| now >= it[0].0 + self.life);
        if let Some(at) = ended {
            keys.truncate(at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::claims::Audience;
    use crate::signing::signing_key::Typ;

    const LIFE: Duration = Duration::from_secs(3600);

    fn claims() -> Claims {
        Claims {
            iss: "http://127.0.0.1:1".into(),
            sub: "user-1".into(),
            aud: Audience::One("http://127.0.0.1:1/mcp".into()),
            client_id: "client".into(),
            scope: "mcp:read".into(),
            iat: 1000,
            exp: 4600,
            jti: "1".into(),
            grant_id: None,
            workspace_id: Some("ws-1".into()),
        }
    }

    const AUDIENCE: &str = "http://127.0.0.1:1/mcp";

    #[track_caller]
    fn check(token: &str, keys: &SigningKeys, now: u64, expect: bool) {
        let found = keys.verify(token, &claims().iss, AUDIENCE, now);
        assert_eq!(found.is_some(), expect, "{token}");
    }

    #[test]
    fn only_an_unchanged_token_of_these_keys_is_accepted_until_it_expires() {
        let keys = SigningKeys::new(None, LIFE);
        let key = keys.current();
        let token = key.sign(Typ::AccessToken, &claims());
        check(&token, &keys, 4599, true);
        check(&token, &keys, 4600, false);
        check(&token, &SigningKeys::new(None, LIFE), 1000, false);
        check("", &keys, 1000, false);
        check("a.b.c", &keys, 1000, false);
        check(&key.sign(Typ::IdToken, &claims()), &keys, 1000, false);

        let parts: Vec<_> = token.split('.').collect();
        let other =
            BASE64URL.encode(serde_json::to_vec(&Claims { exp: u64::MAX, ..claims() }).unwrap());
        check(&format!("{}.{other}.{}", parts[0], parts[2]), &keys, 1000, false);
        let none =
            BASE64URL.encode(json!({"alg": "none", "typ": "at+jwt", "kid": key.kid}).to_string());
        check(&format!("{none}.{}.", parts[1]), &keys, 1000, false);
    }

    #[test]
    fn a_token_for_another_issuer_or_audience_is_refused() {
        let keys = SigningKeys::new(None, LIFE);
        let token = keys.current().sign(Typ::AccessToken, &claims());
        assert!(keys.verify(&token, "http://127.0.0.1:2", AUDIENCE, 1000).is_none());
        assert!(keys.verify(&token, &claims().iss, "http://127.0.0.1:1/other", 1000).is_none());
    }

    #[test]
    fn a_rotated_key_stays_published_until_its_tokens_expire() {
        let rotation = Duration::from_secs(600);
        let keys = SigningKeys::new(Some(rotation), LIFE);
        let start = keys.keys.read().unwrap()[0].0;
        let first = keys.current_at(start);
        let token = first.sign(Typ::AccessToken, &claims());
        let second = keys.current_at(start + rotation);
        assert_ne!(first.kid, second.kid);
        check(&token, &keys, 1000, true);
        let published = |now| {
            let jwks = keys.jwks_at(now);
            let kids = jwks["keys"].as_array().unwrap().iter();
            kids.map(|it| it["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        // A token of the last moment before the rotation is good for a whole life after it.
        let last = start + rotation + LIFE - Duration::from_millis(1);
        assert!(published(last).contains(&first.kid));
        let after = start + 2 * rotation + LIFE;
        assert!(!published(after).contains(&first.kid));
        check(&token, &keys, 1000, false);
    }

    #[test]
    fn without_a_rotation_one_key_signs_for_ever() {
        let keys = SigningKeys::new(None, LIFE);
        let first = keys.current();
        assert_eq!(keys.current_at(Instant::now() + 1000 * LIFE).kid, first.kid);
    }
}
