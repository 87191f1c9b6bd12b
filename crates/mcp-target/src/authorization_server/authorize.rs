//! The authorization request and the redirect back, [RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1).

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use url::Url;

use super::parameters::Parameters;
use super::registration::Client;
use super::{AuthorizationServer, SCOPES, lock, login, pages, random_id};
use crate::faults::Fault;

/// The longest state that is kept for a client.
const MAX_STATE: usize = 2000;

/// An authorization request on its way through login and consent.
#[derive(Clone)]
pub(super) struct PendingRequest {
    pub(super) client_id: String,
    pub(super) client: Arc<Client>,
    pub(super) redirect_uri: String,
    state: Option<String>,
    pub(super) challenge: String,
    pub(super) scope: String,
    /// Who wants to sign in, where that is asked before the password.
    pub(super) email: Option<String>,
    /// The login session that saw the consent page; no other may decide.
    pub(super) session: Option<String>,
}

pub(super) async fn begin(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(parameters) = Parameters::parse(query.unwrap_or_default().as_bytes()) else {
        return invalid("A parameter of the authorization request is repeated.");
    };
    let client_id = parameters.get("client_id").unwrap_or_default();
    let Some(client) = lock(&it.clients).get(client_id).cloned() else {
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
        client,
        challenge: String::new(),
        scope: String::new(),
        email: None,
        session: None,
    };
    match validate(&it, &parameters) {
        Ok((challenge, scope)) => (request.challenge, request.scope) = (challenge, scope),
        Err((error, description)) => return redirect_error(&it, &request, error, description),
    }
    let id = random_id();
    lock(&it.requests).insert(id.clone(), request);
    if login::session(&it, &headers).is_some() {
        after_login(&it, &id)
    } else {
        see_other(&format!("/login?request={id}"))
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

/// Where a browser goes once someone is signed in.
pub(super) fn after_login(it: &AuthorizationServer, id: &str) -> Response {
    if it.faults.has(Fault::Deny)
        && let Some(request) = lock(&it.requests).remove(id)
    {
        return redirect_error(
            it,
            &request,
            "access_denied",
            "this user may not authorize applications",
        );
    }
    see_other(&format!("/consent?request={id}"))
}

pub(super) fn redirect_error(
    it: &AuthorizationServer,
    request: &PendingRequest,
    error: &str,
    description: &str,
) -> Response {
    redirect(it, request, &[("error", error), ("error_description", description)])
}

/// Back to the client, with `state` and, by [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207), `iss`.
pub(super) fn redirect(
    it: &AuthorizationServer,
    request: &PendingRequest,
    parameters: &[(&str, &str)],
) -> Response {
    let mut url = Url::parse(&request.redirect_uri).expect("a registered redirect URI is a URL");
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(parameters);
        if let Some(state) = &request.state {
            query.append_pair("state", state);
        }
        if it.faults.has(Fault::WrongIss) {
            query.append_pair("iss", &format!("{}/other", it.issuer));
        } else if !it.faults.has(Fault::NoIss) {
            query.append_pair("iss", &it.issuer);
        }
    }
    see_other(url.as_str())
}

pub(super) fn see_other(location: &str) -> Response {
    ([(CACHE_CONTROL, "no-store")], Redirect::to(location)).into_response()
}

fn invalid(text: &'static str) -> Response {
    pages::message(StatusCode::BAD_REQUEST, "Invalid request", text)
}
