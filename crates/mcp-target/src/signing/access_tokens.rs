//! Access tokens, signed or kept for reference, until they expire or are revoked.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use sha2::{Digest as _, Sha256};

use crate::config::target::TokenKind;
use crate::signing::claims::{self, Claims};
use crate::signing::signing_key::Typ;
use crate::signing::signing_keys::SigningKeys;
use crate::store::place::Store;
use crate::store::table::Table;
use crate::store::unavailable::Unavailable;

/// Verified tokens that are remembered; a load test uses far fewer at a time.
const REMEMBERED: usize = 10_000;

/// References that are kept in memory: 500 refreshes a second for six minutes. One more makes the oldest worthless.
const REFERENCES: usize = 200_000;

/// How long a verified token is good without another look where another process may revoke it, in seconds.
const SHARED_TRUST: u64 = 5 * 60;

/// What ends tokens before their time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Revoked<'a> {
    /// One token, by its `jti`.
    Token(&'a str),
    /// All tokens that came of one grant.
    Grant(&'a str),
    /// All tokens of a client.
    Client(&'a str),
}

/// Gives out access tokens, and knows the good ones again: the signature of each is looked at once.
pub(crate) struct AccessTokens {
    pub(crate) keys: SigningKeys,
    kind: TokenKind,
    issuer: String,
    resource: String,
    /// What references stand for, by the hash of the token.
    references: Table<Claims>,
    /// What was revoked; for as long as a token can be good.
    revoked: Table<u64>,
    verified: Mutex<Verified>,
    /// How long a verified token is good without another look, in seconds.
    trust: u64,
}

#[derive(Default)]
struct Verified {
    /// With the time until which they need no other look.
    claims: HashMap<[u8; 32], (Arc<Claims>, u64)>,
    /// How often something was revoked: what was looked up before is not remembered after it.
    revocations: u64,
}

impl AccessTokens {
    pub(crate) fn new(
        keys: SigningKeys,
        kind: TokenKind,
        life: Duration,
        issuer: &str,
        resource: &str,
        store: &Store,
    ) -> Self {
        Self {
            keys,
            kind,
            issuer: issuer.to_owned(),
            resource: resource.to_owned(),
            references: store.table("references", life, REFERENCES),
            revoked: store.lasting_table("revoked", life, 500_000),
            verified: Mutex::default(),
            trust: if store.is_shared() { SHARED_TRUST } else { u64::MAX },
        }
    }

    /// A token with these claims.
    pub(crate) async fn issue(&self, claims: Claims) -> Result<String, Unavailable> {
        match self.kind {
            TokenKind::Jwt => Ok(self.keys.current().sign(Typ::AccessToken, &claims)),
            TokenKind::Opaque => {
                let token = BASE64URL.encode(rand::random::<[u8; 32]>());
                self.references.insert(&key(&Sha256::digest(&token).into()), claims).await?;
                Ok(token)
            }
        }
    }

    /// The claims of a token that is good now.
    pub(crate) async fn verify(&self, token: &str) -> Result<Option<Arc<Claims>>, Unavailable> {
        self.verify_at(token, claims::now()).await
    }

    async fn verify_at(&self, token: &str, now: u64) -> Result<Option<Arc<Claims>>, Unavailable> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let revocations = {
            let verified = self.lock();
            if let Some((claims, until)) = verified.claims.get(&hash)
                && now < *until
            {
                return Ok(Some(claims.clone()));
            }
            verified.revocations
        };
        let claims = if token.contains('.') {
            self.keys.verify(token, &self.issuer, &self.resource, now).map(Arc::new)
        } else {
            let is_good = |it: &Arc<Claims>| it.are_good(&self.issuer, &self.resource, now);
            self.references.get(&key(&hash)).await?.filter(is_good)
        };
        let Some(claims) = claims else { return Ok(None) };
        if self.is_revoked(&claims).await? {
            return Ok(None);
        }
        let mut verified = self.lock();
        if verified.revocations == revocations {
            if verified.claims.len() >= REMEMBERED {
                verified.claims.retain(|_, (_, until)| now < *until);
            }
            if verified.claims.len() >= REMEMBERED {
                verified.claims.clear();
            }
            let until = claims.exp.min(now.saturating_add(self.trust));
            verified.claims.insert(hash, (claims.clone(), until));
        }
        Ok(Some(claims))
    }

    /// Ends tokens, also those that were verified before.
    pub(crate) async fn revoke(&self, what: Revoked<'_>) -> Result<(), Unavailable> {
        let now = claims::now();
        self.revoked.insert(&what.key(), now).await?;
        let mut verified = self.lock();
        verified.revocations += 1;
        verified.claims.retain(|_, (it, _)| !what.ends(it));
        Ok(())
    }

    async fn is_revoked(&self, claims: &Claims) -> Result<bool, Unavailable> {
        let grant = claims.grant_id.as_deref().map(Revoked::Grant);
        let all = [Revoked::Token(&claims.jti), Revoked::Client(&claims.client_id)];
        for what in all.into_iter().chain(grant) {
            if self.revoked.get(&what.key()).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn lock(&self) -> MutexGuard<'_, Verified> {
        self.verified.lock().expect("no one panics holding the lock")
    }
}

impl Revoked<'_> {
    fn key(self) -> String {
        match self {
            Self::Token(it) => format!("token {it}"),
            Self::Grant(it) => format!("grant {it}"),
            Self::Client(it) => format!("client {it}"),
        }
    }

    fn ends(self, claims: &Claims) -> bool {
        match self {
            Self::Token(it) => claims.jti == it,
            Self::Grant(it) => claims.grant_id.as_deref() == Some(it),
            Self::Client(it) => claims.client_id == it,
        }
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens").field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn key(hash: &[u8; 32]) -> String {
    BASE64URL.encode(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::claims::Audience;

    const ISSUER: &str = "http://127.0.0.1:1";
    const RESOURCE: &str = "http://127.0.0.1:1/mcp";
    const HOUR: Duration = Duration::from_secs(3600);

    fn tokens(kind: TokenKind) -> AccessTokens {
        AccessTokens::new(
            SigningKeys::new(None, HOUR),
            kind,
            HOUR,
            ISSUER,
            RESOURCE,
            &Store::Memory,
        )
    }

    fn claims(iss: &str, aud: &str, now: u64) -> Claims {
        Claims {
            iss: iss.to_owned(),
            sub: "user-1".to_owned(),
            aud: Audience::One(aud.to_owned()),
            client_id: "a client".to_owned(),
            scope: "mcp:read".to_owned(),
            iat: now,
            exp: now + 3600,
            jti: "1".to_owned(),
            grant_id: None,
            workspace_id: None,
        }
    }

    #[tokio::test]
    async fn a_token_is_good_at_its_issuer_and_its_audience_alone() {
        let now = claims::now();
        for kind in [TokenKind::Jwt, TokenKind::Opaque] {
            for (iss, aud, expect) in [
                (ISSUER, RESOURCE, true),
                ("http://127.0.0.1:1/", RESOURCE, true),
                ("http://127.0.0.1:2", RESOURCE, false),
                (ISSUER, "http://127.0.0.1:2/mcp", false),
            ] {
                let it = tokens(kind);
                let token = it.issue(claims(iss, aud, now)).await.unwrap();
                let is_good = it.verify_at(&token, now).await.unwrap().is_some();
                assert_eq!(is_good, expect, "{kind:?} {iss} {aud}");
            }
        }
    }

    #[tokio::test]
    async fn a_revocation_by_another_process_counts_after_5_minutes() {
        let it = AccessTokens { trust: SHARED_TRUST, ..tokens(TokenKind::Jwt) };
        let now = claims::now();
        let token = it.issue(claims(ISSUER, RESOURCE, now)).await.unwrap();
        let is_good = async |at| it.verify_at(&token, at).await.unwrap().is_some();
        assert!(is_good(now).await);
        // Not by `revoke`, which also forgets what was verified here.
        it.revoked.insert(&Revoked::Token("1").key(), now).await.unwrap();
        assert!(is_good(now + SHARED_TRUST - 1).await);
        assert!(!is_good(now + SHARED_TRUST).await);
    }
}
