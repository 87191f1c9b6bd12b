//! The authorization request, [RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1).

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::authorization_server::pages;
use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::redirect::{after_login, redirect_error, see_other};
use crate::authorization_server::session::session;
use crate::authorization_server::state::{AuthorizationServer, PendingRequest, SCOPES, random_id};
use crate::store::unavailable::Unavailable;

/// The longest state that is kept for a client.
const MAX_STATE: usize = 2000;

pub(super) async fn begin(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Unavailable> {
    let Ok(parameters) = Parameters::parse(query.unwrap_or_default().as_bytes()) else {
        return invalid("A parameter of the authorization request is repeated.");
    };
    let client_id = parameters.get("client_id").unwrap_or_default();
    let Some(client) = it.clients.get(client_id).await? else {
        return invalid("The application is not registered here. It has to register again.");
    };
    let Some(redirect_uri) =
        parameters.get("redirect_uri").filter(|uri| client.has_redirect_uri(uri))
    else {
        return invalid("The redirect URI is not one that the application registered.");
    };
    if parameters.get("state").is_some_and(|it| it.len() > MAX_STATE) {
        return invalid("The state is longer than 2000 characters.");
    }
    let mut request = PendingRequest {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: parameters.get("state").map(str::to_owned),
        client_name: client.name.clone(),
        challenge: String::new(),
        scope: String::new(),
        email: None,
        session: None,
    };
    match validate(&it, &parameters) {
        Ok((challenge, scope)) => (request.challenge, request.scope) = (challenge, scope),
        Err((error, description)) => return Ok(redirect_error(&it, &request, error, description)),
    }
    let id = random_id();
    it.requests.insert(&id, request).await?;
    if session(&it, &headers).await?.is_some() {
        after_login(&it, &id).await
    } else {
        Ok(see_other(&format!("/login?request={id}")))
    }
}

/// The code challenge and the scope of a request that may go on.
fn validate(
    it: &AuthorizationServer,
    parameters: &Parameters,
) -> Result<(String, String), (&'static str, &'static str)> {
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "the only response type is code")),
        None => return Err(("invalid_request", "response_type is missing")),
    }
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "code_challenge_method has to be S256"));
    }
    let Some(challenge) = parameters.get("code_challenge").filter(|it| it.len() == 43) else {
        return Err(("invalid_request", "code_challenge has to be 43 characters of base64url"));
    };
    if !parameters.are_for(&it.resource) {
        return Err(("invalid_target", "resource has to be the MCP endpoint"));
    }
    let scope = parameters.get("scope").unwrap_or(SCOPES[0]);
    if !scope.split(' ').all(|it| SCOPES.contains(&it)) {
        return Err(("invalid_scope", "a scope is not supported"));
    }
    Ok((challenge.to_owned(), scope.to_owned()))
}

fn invalid(text: &'static str) -> Result<Response, Unavailable> {
    Ok(pages::message(StatusCode::BAD_REQUEST, "Invalid request", text))
}
