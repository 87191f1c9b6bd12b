//! What a token means, [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662), for clients that authenticate.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::authorization_server::state::AuthorizationServer;
use crate::clients::authentication::authenticate;
use crate::clients::client::Method;
use crate::config::faults::Faults;
use crate::signing::claims;
use crate::tokens::refresh::is_good;
use crate::tokens::refused::{Refused, error, form, no_store, required};
use crate::tokens::revocation::family_named_by;

pub(crate) async fn introspect(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match explain(&it, faults, &headers, &body).await {
        Ok(meaning) => no_store(Json(meaning).into_response()),
        Err(refused) => refused.answer(&headers, faults),
    }
}

async fn explain(
    it: &AuthorizationServer,
    faults: Faults,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, Refused> {
    let form = form(headers, body)?;
    let from = authenticate(it, headers, &form).await?;
    if from.client.method == Method::None {
        return Err(error("invalid_client", "only a client that authenticates is told"));
    }
    let token = required(&form, "token", "token is missing")?;
    if let Some((_, family)) = family_named_by(it, token).await? {
        let secret = token.split_once('.').map(|(_, it)| it).unwrap_or_default();
        let is_good = is_good(&family, &Sha256::digest(secret).into(), claims::now());
        let authorization = &family.authorization;
        // A refresh token is nobody's business but its client's.
        if !is_good || authorization.client_id != from.id {
            return Ok(json!({"active": false}));
        }
        return Ok(json!({
            "active": true,
            "iss": it.issuer(faults),
            "client_id": authorization.client_id,
            "scope": authorization.scope,
            "sub": it.accounts.get(&authorization.user).map(|it| &it.subject),
        }));
    }
    let Some(claims) = it.access_tokens.verify(token).await? else {
        return Ok(json!({"active": false}));
    };
    let mut meaning = serde_json::to_value(&*claims).expect("claims are strings and numbers");
    meaning["active"] = true.into();
    meaning["token_type"] = "Bearer".into();
    Ok(meaning)
}
