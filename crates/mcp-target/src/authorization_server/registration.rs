//! Dynamic client registration, [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591), for public clients.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use tool_edge::printable_within;
use url::Url;

use crate::access_token;
use crate::authorization_server::state::{
    AuthorizationServer, Client, SCOPES, is_http_on_loopback, random_id,
};
use crate::config::faults::Fault;

const GRANT_TYPES: [&str; 2] = ["authorization_code", "refresh_token"];

/// The longest name that a consent page shows.
const MAX_NAME: usize = 100;

/// The most and the longest redirect URIs that are kept for a client.
const MAX_REDIRECT_URIS: usize = 5;
const MAX_REDIRECT_URI: usize = 500;

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    scope: Option<String>,
}

pub(super) async fn register(State(it): State<Arc<AuthorizationServer>>, body: Bytes) -> Response {
    if it.faults.has(Fault::Registration403) {
        let error =
            json!({"error": "access_denied", "error_description": "registration is closed"});
        return (StatusCode::FORBIDDEN, Json(error)).into_response();
    }
    let Ok(metadata) = serde_json::from_slice::<Metadata>(&body) else {
        return refuse("invalid_client_metadata", "the body is not client metadata");
    };
    if metadata.redirect_uris.is_empty() || metadata.redirect_uris.len() > MAX_REDIRECT_URIS {
        return refuse("invalid_redirect_uri", "a client has between one and five redirect URIs");
    }
    let native = match metadata.application_type.as_deref() {
        None | Some("native") => true,
        Some("web") => false,
        Some(_) => return refuse("invalid_client_metadata", "application_type is native or web"),
    };
    if !metadata.redirect_uris.iter().all(|it| is_allowed(it, native)) {
        return refuse(
            "invalid_redirect_uri",
            "a redirect URI is https, or http on loopback for a native client, and not too long",
        );
    }
    let grant_types = metadata.grant_types.unwrap_or_else(|| vec!["authorization_code".into()]);
    if !grant_types.iter().all(|it| GRANT_TYPES.contains(&it.as_str())) {
        return refuse("invalid_client_metadata", "a grant type is not supported");
    }
    let response_types = metadata.response_types.unwrap_or_else(|| vec!["code".into()]);
    if response_types != ["code"] {
        return refuse("invalid_client_metadata", "the only response type is code");
    }
    let scope = metadata.scope.unwrap_or_else(|| SCOPES.join(" "));
    if !scope.split_whitespace().all(|it| SCOPES.contains(&it)) {
        return refuse("invalid_client_metadata", "a scope is not supported");
    }

    let name = metadata.client_name.unwrap_or_default();
    let name = printable_within(&name, MAX_NAME);
    let client_id = random_id();
    let information = json!({
        "client_id": client_id,
        "client_id_issued_at": access_token::now(),
        "client_name": name,
        "redirect_uris": metadata.redirect_uris,
        "grant_types": grant_types,
        "response_types": response_types,
        "token_endpoint_auth_method": "none",
        "application_type": if native { "native" } else { "web" },
        "scope": scope,
    });
    let client = Client { name, redirect_uris: metadata.redirect_uris, grant_types };
    if let Err(unavailable) = it.clients.insert(&client_id, client).await {
        return unavailable.into_response();
    }
    (StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(information)).into_response()
}

fn refuse(error: &str, description: &str) -> Response {
    tracing::info!(error, description, "registration refused");
    let body = json!({"error": error, "error_description": description});
    (StatusCode::BAD_REQUEST, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn is_allowed(uri: &str, native: bool) -> bool {
    if uri.len() > MAX_REDIRECT_URI {
        return false;
    }
    let Ok(uri) = Url::parse(uri) else { return false };
    let plain = uri.fragment().is_none() && uri.username().is_empty() && uri.password().is_none();
    plain && (uri.scheme() == "https" || native && is_http_on_loopback(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_https_or_loopback() {
        for (uri, native, expect) in [
            ("http://127.0.0.1:4711/callback", true, true),
            ("http://[::1]:4711/callback", true, true),
            ("http://localhost/callback", true, true),
            ("http://api.localhost/callback", true, true),
            ("https://app.example/callback", true, true),
            ("https://app.example/callback", false, true),
            ("http://127.0.0.1:4711/callback", false, false),
            ("http://app.example/callback", true, false),
            ("http://127.0.0.1.example/callback", true, false),
            ("http://user@127.0.0.1/callback", true, false),
            ("http://127.0.0.1/callback#fragment", true, false),
            ("javascript:alert(1)", true, false),
            ("com.example.app:/callback", true, false),
            ("callback", true, false),
        ] {
            assert_eq!(is_allowed(uri, native), expect, "{uri}");
        }
    }
}
