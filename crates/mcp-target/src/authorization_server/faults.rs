//! What is to go wrong with one request.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::authorization_server::state::AuthorizationServer;
use crate::config::faults::Faults;

/// Those of the target, and those that stand among the extensions of the request.
impl FromRequestParts<Arc<AuthorizationServer>> for Faults {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        it: &Arc<AuthorizationServer>,
    ) -> Result<Self, Infallible> {
        let more = parts.extensions.get::<Self>().copied().unwrap_or_default();
        Ok(it.faults.and(more))
    }
}
