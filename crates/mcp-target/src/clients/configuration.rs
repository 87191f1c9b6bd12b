//! The registration of a client, read, changed and deleted by it, [RFC 7592](https://www.rfc-editor.org/rfc/rfc7592).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::authorization_server::parameters::bearer;
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::clients::client::Client;
use crate::clients::metadata::{Metadata, Refusal, information};
use crate::clients::registration::refuse;
use crate::config::faults::Faults;
use crate::signing::access_tokens::Revoked;
use crate::store::unavailable::Unavailable;

pub(crate) async fn read(
    State(it): State<Arc<AuthorizationServer>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Unavailable> {
    Ok(match admitted(&it, &id, &headers).await? {
        Some((client, token)) => told(&it, &id, &client, token),
        None => unknown(),
    })
}

pub(crate) async fn update(
    State(it): State<Arc<AuthorizationServer>>,
    Path(id): Path<String>,
    faults: Faults,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Unavailable> {
    let Some((before, token)) = admitted(&it, &id, &headers).await? else { return Ok(unknown()) };
    let changed = Metadata::parse(&body).and_then(|metadata| {
        let same_secret =
            metadata.client_secret.is_none() || metadata.client_secret == before.secret;
        if metadata.client_id.as_ref() != Some(&id) || !same_secret {
            let description = "client_id and client_secret have to be those of the client";
            return Err(Refusal("invalid_client_metadata", description));
        }
        metadata.client(faults)
    });
    let mut client = match changed {
        Ok(client) => client,
        Err(refusal) => return Ok(refuse(refusal)),
    };
    client.issued_at = before.issued_at;
    client.registration_access_token = before.registration_access_token;
    if client.method.is_secret() {
        client.secret = before.secret.clone().or_else(|| Some(random_id()));
    }
    let is_there =
        it.clients.change(&id, |kept| kept.as_mut().map(|kept| kept.clone_from(&client)).is_some());
    Ok(if is_there.await? { told(&it, &id, &client, token) } else { unknown() })
}

/// Ends a client and all that it was given; its refresh tokens are of no use without it.
pub(crate) async fn delete(
    State(it): State<Arc<AuthorizationServer>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Unavailable> {
    if admitted(&it, &id, &headers).await?.is_none() {
        return Ok(unknown());
    }
    // The client last: as long as it is there, this can be repeated.
    it.access_tokens.revoke(Revoked::Client(&id)).await?;
    it.clients.remove(&id).await?;
    Ok((StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response())
}

/// The client, and the token that it showed, if that opens its registration.
async fn admitted<'a>(
    it: &AuthorizationServer,
    id: &str,
    headers: &'a HeaderMap,
) -> Result<Option<(Arc<Client>, &'a str)>, Unavailable> {
    let Some(token) = bearer(headers) else { return Ok(None) };
    let Some(client) = it.clients.get(id).await? else { return Ok(None) };
    let shown: [u8; 32] = Sha256::digest(token).into();
    let expected = client.registration_access_token.unwrap_or_default();
    Ok(bool::from(shown.ct_eq(&expected)).then_some((client, token)))
}

fn told(it: &AuthorizationServer, id: &str, client: &Client, token: &str) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(information(id, client, &it.base, token))).into_response()
}

/// The same for a client that is not there and for a token that is not its own.
fn unknown() -> Response {
    let challenge = r#"Bearer error="invalid_token""#;
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge), (CACHE_CONTROL, "no-store")])
        .into_response()
}
