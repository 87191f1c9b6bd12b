//! Dynamic client registration, [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::authorization_server::scopes::SCOPES;
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::clients::client::Method;
use crate::clients::metadata::{Metadata, Refusal, information};
use crate::config::faults::{Fault, Faults};

pub(crate) async fn register(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    body: Bytes,
) -> Response {
    if let Some(closed) = closed(faults) {
        return closed;
    }
    let mut client = match Metadata::parse(&body).and_then(|it| it.client(faults)) {
        Ok(client) => client,
        Err(refusal) => return refuse(refusal),
    };
    if faults.has(Fault::ImposedSecret) {
        client.method = Method::Post;
    }
    if faults.has(Fault::WidenedScope) {
        client.scope = SCOPES.join(" ");
    }
    client.secret = client.method.is_secret().then(random_id);
    let (id, token) = (random_id(), random_id());
    client.registration_access_token = Some(Sha256::digest(&token).into());
    let information = information(&id, &client, &it.base, &token);
    if let Err(unavailable) = it.clients.insert(&id, client).await {
        return unavailable.into_response();
    }
    let status =
        if faults.has(Fault::Registration200) { StatusCode::OK } else { StatusCode::CREATED };
    (status, [(CACHE_CONTROL, "no-store")], Json(information)).into_response()
}

/// What is answered where nobody may register.
fn closed(faults: Faults) -> Option<Response> {
    let error =
        |error, description| Json(json!({"error": error, "error_description": description}));
    if faults.has(Fault::NoRegistration) {
        return Some(StatusCode::NOT_FOUND.into_response());
    }
    if faults.has(Fault::Registration403) {
        let body = error("access_denied", "registration is closed");
        return Some((StatusCode::FORBIDDEN, body).into_response());
    }
    faults.has(Fault::Registration429).then(|| {
        let body = error("too_many_requests", "too many registrations; try again later");
        (StatusCode::TOO_MANY_REQUESTS, [("x-retry-after", "10")], body).into_response()
    })
}

pub(super) fn refuse(Refusal(error, description): Refusal) -> Response {
    tracing::info!(error, description, "registration refused");
    let body = json!({"error": error, "error_description": description});
    (StatusCode::BAD_REQUEST, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
