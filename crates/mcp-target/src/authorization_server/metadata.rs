//! What a client can find out: [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728) and
//! [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::authorization_server::state::{AuthorizationServer, SCOPES};
use crate::config::faults::Fault;

pub(super) async fn protected_resource(State(it): State<Arc<AuthorizationServer>>) -> Json<Value> {
    let resource = if it.faults.has(Fault::WrongResource) {
        format!("{}/other", it.issuer)
    } else {
        it.resource.clone()
    };
    Json(json!({
        "resource": resource,
        "resource_name": "NovaMart",
        "authorization_servers": [it.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": SCOPES,
    }))
}

pub(super) async fn authorization_server(
    State(it): State<Arc<AuthorizationServer>>,
) -> Json<Value> {
    let issuer = &it.issuer;
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    if it.faults.has(Fault::WrongMetadataIssuer) {
        metadata["issuer"] = format!("{issuer}/other").into();
    }
    if it.faults.has(Fault::NoPkce) {
        metadata
            .as_object_mut()
            .expect("metadata is an object")
            .remove("code_challenge_methods_supported");
    }
    Json(metadata)
}

pub(super) async fn jwks(State(it): State<Arc<AuthorizationServer>>) -> Json<Value> {
    Json(it.key.jwks())
}
