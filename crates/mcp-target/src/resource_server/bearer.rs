//! Bearer tokens at the MCP endpoint, [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::authorization_server::parameters::bearer;
use crate::config::faults::{Fault, Faults};
use crate::signing::access_tokens::AccessTokens;

/// The scope without which no tool may be called.
pub(crate) const REQUIRED_SCOPE: &str = "mcp:read";

/// Knows good tokens, and how to challenge for one.
#[derive(Debug)]
pub(crate) struct Bearers {
    tokens: Arc<AccessTokens>,
    issuer: String,
}

impl Bearers {
    pub(crate) fn new(tokens: Arc<AccessTokens>, issuer: &str) -> Self {
        Self { tokens, issuer: issuer.to_owned() }
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
    let Some(token) = bearer(request.headers()) else {
        return it.refuse(StatusCode::UNAUTHORIZED, None, "missing_bearer");
    };
    let faults = request.extensions().get::<Faults>();
    let any_token = faults.is_some_and(|it| it.has(Fault::AnyToken));
    let claims = match it.tokens.verify(token).await {
        Ok(Some(claims)) => claims,
        Ok(None) if any_token => return next.run(request).await,
        Ok(None) => {
            return it.refuse(StatusCode::UNAUTHORIZED, Some("invalid_token"), "invalid_bearer");
        }
        Err(unavailable) => return unavailable.into_response(),
    };
    if !any_token && !claims.has_scope(REQUIRED_SCOPE) {
        return it.refuse(StatusCode::FORBIDDEN, Some("insufficient_scope"), "insufficient_scope");
    }
    request.extensions_mut().insert(claims);
    next.run(request).await
}
