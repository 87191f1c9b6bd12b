//! Bearer tokens at the MCP endpoint, [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::access_token::{self, Claims, SigningKey};
use crate::config::faults::{Fault, Faults};

/// The scope without which no tool may be called.
pub(crate) const REQUIRED_SCOPE: &str = "mcp:read";

/// Verified tokens that are remembered; a load test uses far fewer at a time.
const REMEMBERED: usize = 10_000;

/// Verifies tokens, each one's signature only once.
#[derive(Debug)]
pub(crate) struct Bearers {
    key: Arc<SigningKey>,
    issuer: String,
    resource: String,
    verified: Mutex<HashMap<[u8; 32], Arc<Claims>>>,
}

impl Bearers {
    pub(crate) fn new(key: Arc<SigningKey>, issuer: &str, resource: &str) -> Self {
        Self {
            key,
            issuer: issuer.to_owned(),
            resource: resource.to_owned(),
            verified: Mutex::default(),
        }
    }

    fn verify(&self, token: &str) -> Option<Arc<Claims>> {
        let now = access_token::now();
        let hash: [u8; 32] = Sha256::digest(token).into();
        let known =
            self.verified.lock().expect("no one panics holding the lock").get(&hash).cloned();
        if let Some(claims) = known {
            return (now < claims.exp).then_some(claims);
        }
        let claims = Arc::new(self.key.verify(token, &self.issuer, &self.resource, now)?);
        let mut verified = self.verified.lock().expect("no one panics holding the lock");
        if verified.len() >= REMEMBERED {
            verified.retain(|_, it| now < it.exp);
        }
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(hash, claims.clone());
        Some(claims)
    }

    fn refuse(&self, status: StatusCode, error: Option<&str>, body: &str) -> Response {
        tracing::info!(error = body, "bearer refused");
        let mut challenge = format!(
            r#"Bearer resource_metadata="{}/.well-known/oauth-protected-resource/mcp", scope="{REQUIRED_SCOPE}""#,
            self.issuer
        );
        if let Some(error) = error {
            challenge.push_str(&format!(r#", error="{error}""#));
        }
        let challenge = HeaderValue::from_str(&challenge).expect("an issuer is a plain URL");
        (status, [(WWW_AUTHENTICATE, challenge)], Json(json!({"error": body}))).into_response()
    }
}

/// Lets a request pass with the claims of its token among its extensions, or challenges it.
pub(crate) async fn require(
    State(it): State<Arc<Bearers>>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|it| it.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let Some(token) = token else {
        return it.refuse(StatusCode::UNAUTHORIZED, None, "missing_bearer");
    };
    let Some(claims) = it.verify(token) else {
        if request.extensions().get::<Faults>().is_some_and(|it| it.has(Fault::AnyToken)) {
            return next.run(request).await;
        }
        return it.refuse(StatusCode::UNAUTHORIZED, Some("invalid_token"), "invalid_bearer");
    };
    if !claims.scope.split(' ').any(|it| it == REQUIRED_SCOPE) {
        return it.refuse(StatusCode::FORBIDDEN, Some("insufficient_scope"), "insufficient_scope");
    }
    request.extensions_mut().insert(claims);
    next.run(request).await
}
