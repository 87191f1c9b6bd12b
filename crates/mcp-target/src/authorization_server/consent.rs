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
use crate::authorization_server::state::{AuthorizationServer, Code, PendingRequest, random_id};
use crate::config::faults::Fault;
use crate::store::unavailable::Unavailable;

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
) -> Result<Response, Unavailable> {
    Ok(match turn(&it, &headers, query).await? {
        Turn::SignIn(id) => see_other(&format!("/login?request={id}")),
        Turn::Consent(question) => pages::consent(it.faults, &question),
        Turn::Refused(page) => page,
    })
}

/// What comes next for the request that a query names.
pub(super) async fn turn(
    it: &AuthorizationServer,
    headers: &HeaderMap,
    query: Option<String>,
) -> Result<Turn, Unavailable> {
    let Ok(parameters) = Parameters::parse(query.unwrap_or_default().as_bytes()) else {
        return Ok(Turn::Refused(expired()));
    };
    let id = parameters.get("request").unwrap_or_default();
    let Some((session, account)) = session(it, headers).await? else {
        let is_known = it.requests.get(id).await?.is_some();
        return Ok(if is_known { Turn::SignIn(id.to_owned()) } else { Turn::Refused(expired()) });
    };
    // The first session that sees the question is the one that answers it.
    let request = it.requests.change(id, |request| {
        let request = request.as_mut()?;
        request.session.get_or_insert_with(|| session.clone());
        Some(request.clone())
    });
    let Some(request) = request.await? else { return Ok(Turn::Refused(expired())) };
    if request.session.as_ref() != Some(&session) {
        return Ok(Turn::Refused(foreign()));
    }
    let name = request.client_name;
    Ok(Turn::Consent(Question {
        request: id.to_owned(),
        client: if name.is_empty() { "An application without a name".to_owned() } else { name },
        email: account.email.clone(),
        scope: request.scope,
        can_approve: !it.faults.has(Fault::NoForward),
    }))
}

pub(super) async fn decide(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Unavailable> {
    if !is_from_here(&it, &headers) {
        return Ok(foreign());
    }
    let Ok(form) = Parameters::parse(&body) else { return Ok(expired()) };
    let id = form.get("request").unwrap_or_default();
    let Some((session, account)) = session(&it, &headers).await? else { return Ok(expired()) };
    // Taken, so that it is decided once; `None` inside where another session saw the question.
    let request = it.requests.change(id, |request| {
        let seen_here = request.as_ref()?.session.as_ref() == Some(&session);
        Some(request.take_if(|_| seen_here))
    });
    let request = match request.await? {
        None => return Ok(expired()),
        Some(None) => return Ok(foreign()),
        Some(Some(request)) => request,
    };
    if form.get("decision") != Some("approve") {
        return Ok(redirect_error(&it, &request, "access_denied", "the user denied access"));
    }
    if it.faults.has(Fault::NoCallback) {
        return Ok(pages::message(StatusCode::OK, "Thank you", "Your decision was saved."));
    }
    let code = random_id();
    let callback = redirect(&it, &request, &[("code", &code)]);
    let PendingRequest { client_id, redirect_uri, challenge, scope, .. } = request;
    let granted = Code::new(client_id, redirect_uri, challenge, scope, account.key.clone());
    it.codes.insert(&code, granted).await?;
    Ok(callback)
}
