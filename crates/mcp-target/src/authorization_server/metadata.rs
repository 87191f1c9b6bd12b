//! What a client can find out: [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728),
//! [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414) and
//! [OpenID Connect Discovery](https://openid.net/specs/openid-connect-discovery-1_0.html).

use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::authorization_server::scopes::{RESOURCE_SCOPES, SCOPES};
use crate::authorization_server::state::AuthorizationServer;
use crate::clients::public_key::ALGORITHMS;
use crate::config::faults::{Fault, Faults};

const SECRETS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];

pub(super) async fn protected_resource(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
) -> Response {
    document(&it, faults, &it.prepared.resource, resource)
}

/// What is made once, unless something goes wrong with this request alone.
fn document(
    it: &AuthorizationServer,
    faults: Faults,
    prepared: &OnceLock<Bytes>,
    make: impl Fn(&AuthorizationServer, Faults) -> Value,
) -> Response {
    let make = || Bytes::from(make(it, faults).to_string());
    let document = if faults == it.faults { prepared.get_or_init(make).clone() } else { make() };
    ([(CONTENT_TYPE, "application/json")], document).into_response()
}

fn resource(it: &AuthorizationServer, faults: Faults) -> Value {
    let resource = if faults.has(Fault::WrongResource) {
        format!("{}/other", it.base)
    } else {
        it.resource.clone()
    };
    json!({
        "resource": resource,
        "resource_name": "NovaMart",
        "authorization_servers": [it.issuer(faults)],
        "bearer_methods_supported": ["header"],
        "scopes_supported": RESOURCE_SCOPES,
    })
}

pub(super) async fn authorization_server(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
) -> Response {
    if faults.has(Fault::OpenidOnly) {
        return StatusCode::NOT_FOUND.into_response();
    }
    document(&it, faults, &it.prepared.server, server)
}

pub(super) async fn openid(State(it): State<Arc<AuthorizationServer>>, faults: Faults) -> Response {
    document(&it, faults, &it.prepared.server, server)
}

/// The same document for OAuth and OpenID: the one has what the other lacks.
fn server(it: &AuthorizationServer, faults: Faults) -> Value {
    let (base, issuer) = (&it.base, it.issuer(faults));
    let at = |path: &str| format!("{base}{path}");
    let methods = ["none", SECRETS[0], SECRETS[1], SECRETS[2]];
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "registration_endpoint": at("/register"),
        "revocation_endpoint": at("/revoke"),
        "introspection_endpoint": at("/introspect"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": SECRETS,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": cfg!(feature = "outbound"),
        "protected_resources": [it.resource],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "name", "preferred_username",
            "email", "email_verified",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    let members = metadata.as_object_mut().expect("metadata is an object");
    if faults.has(Fault::WrongMetadataIssuer) {
        members.insert("issuer".to_owned(), at("/other").into());
    }
    if faults.has(Fault::NoPkce) {
        members.remove("code_challenge_methods_supported");
    }
    if faults.has(Fault::NoRegistration) {
        members.remove("registration_endpoint");
    }
    metadata
}

pub(super) async fn jwks(State(it): State<Arc<AuthorizationServer>>) -> Json<Value> {
    Json(it.access_tokens.keys.jwks())
}
