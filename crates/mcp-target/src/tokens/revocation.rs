//! The end of a token, [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::authorization_server::state::AuthorizationServer;
use crate::clients::authentication::authenticate;
use crate::config::faults::Faults;
use crate::signing::access_tokens::Revoked;
use crate::store::unavailable::Unavailable;
use crate::tokens::grant::Family;
use crate::tokens::refused::{Refused, error, form, no_store, required};

pub(crate) async fn revoke(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match end(&it, &headers, &body).await {
        Ok(()) => no_store(StatusCode::OK.into_response()),
        Err(refused) => refused.answer(&headers, faults),
    }
}

/// A token that there is not is as good as revoked.
async fn end(it: &AuthorizationServer, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    let form = form(headers, body)?;
    let from = authenticate(it, headers, &form).await?;
    let token = required(&form, "token", "token is missing")?;
    let foreign = || error("unauthorized_client", "the token was issued to another client");
    if let Some((id, family)) = family_named_by(it, token).await? {
        if family.authorization.client_id != from.id {
            return Err(foreign());
        }
        // The family last: as long as it is there, this can be repeated.
        it.access_tokens.revoke(Revoked::Grant(&family.authorization.id)).await?;
        it.families.remove(id).await?;
    } else if let Some(claims) = it.access_tokens.verify(token).await? {
        if claims.client_id != from.id {
            return Err(foreign());
        }
        it.access_tokens.revoke(Revoked::Token(&claims.jti)).await?;
    }
    Ok(())
}

/// The family that a refresh token names. Whether its secret is right, or was before, is not looked at: only the hash of
/// the newest is kept, and an older one ends the family too.
pub(super) async fn family_named_by<'a>(
    it: &AuthorizationServer,
    token: &'a str,
) -> Result<Option<(&'a str, Arc<Family>)>, Unavailable> {
    let Some((id, secret)) = token.split_once('.') else { return Ok(None) };
    if secret.contains('.') {
        return Ok(None);
    }
    Ok(it.families.get(id).await?.map(|family| (id, family)))
}
