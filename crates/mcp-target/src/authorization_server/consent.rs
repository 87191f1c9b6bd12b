//! The question to the user, and the code that a yes is worth.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::authorization_server::pages::{self, Question};
use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::redirect::{redirect, redirect_error, see_other};
use crate::authorization_server::session::{expired, foreign, is_from_here, session};
use crate::authorization_server::state::{
    AuthorizationServer, Code, PendingRequest, lock, random_id,
};
use crate::config::faults::Fault;

/// What comes next for a request.
pub(super) enum Turn {
    /// Somebody has to sign in for the request of this identifier.
    SignIn(String),
    Consent(Question),
    Refused(Response),
}

pub(super) async fn page(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    match turn(&it, &headers, query) {
        Turn::SignIn(id) => see_other(&format!("/login?request={id}")),
        Turn::Consent(question) => pages::consent(it.faults, &question),
        Turn::Refused(page) => page,
    }
}

/// What comes next for the request that a query names.
pub(super) fn turn(it: &AuthorizationServer, headers: &HeaderMap, query: Option<String>) -> Turn {
    let Ok(parameters) = Parameters::parse(query.unwrap_or_default().as_bytes()) else {
        return Turn::Refused(expired());
    };
    let id = parameters.get("request").unwrap_or_default();
    let session = session(it, headers);
    let mut requests = lock(&it.requests);
    let Some(request) = requests.get_mut(id) else { return Turn::Refused(expired()) };
    let Some((session, account)) = session else { return Turn::SignIn(id.to_owned()) };
    if request.session.get_or_insert_with(|| session.clone()) != &session {
        return Turn::Refused(foreign());
    }
    let name = &request.client.name;
    Turn::Consent(Question {
        request: id.to_owned(),
        client: if name.is_empty() { "An application without a name" } else { name }.to_owned(),
        email: account.email.clone(),
        scope: request.scope.clone(),
        can_approve: !it.faults.has(Fault::NoForward),
    })
}

pub(super) async fn decide(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_from_here(&it, &headers) {
        return foreign();
    }
    let Ok(form) = Parameters::parse(&body) else { return expired() };
    let id = form.get("request").unwrap_or_default();
    let Some((session, account)) = session(&it, &headers) else { return expired() };
    let request = {
        let mut requests = lock(&it.requests);
        match requests.get(id) {
            None => return expired(),
            Some(request) if request.session.as_ref() != Some(&session) => return foreign(),
            Some(_) => requests.remove(id).expect("it was there a line above"),
        }
    };
    if form.get("decision") != Some("approve") {
        return redirect_error(&it, &request, "access_denied", "the user denied access");
    }
    if it.faults.has(Fault::NoCallback) {
        return pages::message(StatusCode::OK, "Thank you", "Your decision was saved.");
    }
    let code = random_id();
    let callback = redirect(&it, &request, &[("code", &code)]);
    let PendingRequest { client_id, redirect_uri, challenge, scope, .. } = request;
    lock(&it.codes).insert(code, Code::new(client_id, redirect_uri, challenge, scope, account));
    callback
}
