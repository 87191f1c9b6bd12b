//! What the MCP endpoint says of a bearer, or before it has looked at one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::config::faults::{Fault, Faults};
use crate::misbehavior::switched::Asked;

/// As many requests are answered before those who verify tokens are gone.
const BEFORE_AUTH_IS_UNAVAILABLE: u64 = 9;

#[derive(Debug)]
pub(crate) struct Door {
    /// What a token would have to be good for, and where that is to be learned.
    insufficient_scope: HeaderValue,
    requests: AtomicU64,
}

impl Door {
    pub(crate) fn new(issuer: &str) -> Self {
        let challenge = format!(
            r#"Bearer error="insufficient_scope", scope="mcp:read mcp:write", resource_metadata="{issuer}/.well-known/oauth-protected-resource/mcp""#
        );
        let insufficient_scope =
            HeaderValue::from_str(&challenge).expect("an issuer is a plain URL");
        Self { insufficient_scope, requests: AtomicU64::new(0) }
    }

    fn refusal(&self, faults: Faults, is_auth_gone: bool, has_token: bool) -> Option<Response> {
        if faults.has(Fault::RegionUnavailable) {
            return Some(error(StatusCode::SERVICE_UNAVAILABLE, "region_unavailable"));
        }
        if faults.has(Fault::Misdirected) {
            let body = json!({
                "error": "misdirected_request",
                "correctApiUrl": "https://eu.novamart.example/mcp",
                "expectedRegion": "eu",
                "actualRegion": "us",
            });
            return Some((StatusCode::MISDIRECTED_REQUEST, Json(body)).into_response());
        }
        if is_auth_gone {
            return Some(error(StatusCode::SERVICE_UNAVAILABLE, "auth_unavailable"));
        }
        if !has_token {
            return None;
        }
        let refused = [
            (Fault::MissingWorkspaceClaim, StatusCode::UNAUTHORIZED, "missing_workspace_claim"),
            (Fault::MissingSubject, StatusCode::UNAUTHORIZED, "missing_subject"),
            (Fault::MissingClientId, StatusCode::UNAUTHORIZED, "missing_client_id"),
            (Fault::CrossWorkspaceDenied, StatusCode::FORBIDDEN, "cross_workspace_denied"),
            (Fault::PasswordChangeRequired, StatusCode::FORBIDDEN, "password_change_required"),
            (Fault::InsufficientScope, StatusCode::FORBIDDEN, "insufficient_scope"),
        ];
        let (fault, status, words) = refused.into_iter().find(|(it, ..)| faults.has(*it))?;
        let mut response = error(status, words);
        if fault == Fault::InsufficientScope {
            response.headers_mut().insert(WWW_AUTHENTICATE, self.insufficient_scope.clone());
        }
        Some(response)
    }
}

fn error(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error}))).into_response()
}

pub(crate) async fn misbehave(
    State(it): State<Arc<Door>>,
    faults: Faults,
    asked: Asked,
    request: Request,
    next: Next,
) -> Response {
    let count = it.requests.fetch_add(1, Ordering::Relaxed);
    let is_auth_gone = asked.has(Fault::AuthUnavailable)
        || faults.has(Fault::AuthUnavailable) && count >= BEFORE_AUTH_IS_UNAVAILABLE;
    let has_token = request.headers().contains_key(AUTHORIZATION);
    if let Some(refusal) = it.refusal(faults, is_auth_gone, has_token) {
        return refusal;
    }
    let mut response = next.run(request).await;
    if faults.has(Fault::NoChallenge) && response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().remove(WWW_AUTHENTICATE);
    }
    if faults.has(Fault::RootMetadataOnly)
        && let Some(challenge) = response.headers_mut().get_mut(WWW_AUTHENTICATE)
    {
        *challenge = without_metadata(challenge);
    }
    response
}

/// A challenge of one scheme without its `resource_metadata`.
fn without_metadata(challenge: &HeaderValue) -> HeaderValue {
    let text = String::from_utf8_lossy(challenge.as_bytes());
    let (scheme, parameters) = text.split_once(' ').unwrap_or((&text, ""));
    let rest: Vec<_> = parameters
        .split(", ")
        .filter(|it| !it.is_empty() && !it.starts_with("resource_metadata="))
        .collect();
    let text = format!("{scheme} {}", rest.join(", "));
    HeaderValue::from_str(text.trim_end()).expect("it is a part of a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_loses_the_address_of_the_metadata_and_nothing_else() {
        for (challenge, expect) in [
            (r#"Bearer resource_metadata="http://x", scope="a b""#, r#"Bearer scope="a b""#),
            (r#"Bearer error="x", resource_metadata="http://x""#, r#"Bearer error="x""#),
            (r#"Bearer resource_metadata="http://x""#, "Bearer"),
            ("Bearer", "Bearer"),
        ] {
            assert_eq!(without_metadata(&HeaderValue::from_static(challenge)), expect);
        }
    }
}
