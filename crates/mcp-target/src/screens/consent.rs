//! The question to the user, and the code that a yes is worth.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::faults::{Fault, Faults};
use crate::screens::pages::{self, Question};
use crate::screens::redirect::{callback, redirect_error, remember, see_other};
use crate::screens::session::{OwnForm, expired, foreign, session};
use crate::store::unavailable::Unavailable;

/// What comes next for a request.
pub(super) enum Turn {
    /// Somebody has to sign in for the request of this identifier.
    SignIn(String),
    /// Somebody whose password was right has to show a one-time password too.
    OneTimePassword(String),
    Consent(Question),
    Refused(Response),
}

pub(crate) async fn page(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Unavailable> {
    Ok(match turn(&it, faults, &headers, query).await? {
        Turn::SignIn(id) => see_other(&format!("/login?request={id}")),
        Turn::OneTimePassword(id) => see_other(&format!("/login/code?request={id}")),
        Turn::Consent(question) => pages::consent(faults, &question),
        Turn::Refused(page) => page,
    })
}

/// What comes next for the request that a query names.
pub(super) async fn turn(
    it: &AuthorizationServer,
    faults: Faults,
    headers: &HeaderMap,
    query: Option<String>,
) -> Result<Turn, Unavailable> {
    let Ok(parameters) = Parameters::parse(query.unwrap_or_default().as_bytes()) else {
        return Ok(Turn::Refused(expired()));
    };
    let id = parameters.get("request").unwrap_or_default();
    let Some(request) = it.requests.get(id).await? else { return Ok(Turn::Refused(expired())) };
    if request.known.is_some() {
        return Ok(Turn::OneTimePassword(id.to_owned()));
    }
    let session = session(it, headers).await?.filter(|_| !request.needs_login);
    let Some((session, _, account)) = session else { return Ok(Turn::SignIn(id.to_owned())) };
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
        can_approve: !faults.has(Fault::NoForward),
    }))
}

pub(crate) async fn decide(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    OwnForm(form): OwnForm,
) -> Result<Response, Unavailable> {
    let id = form.get("request").unwrap_or_default();
    let Some((session, login, _)) = session(&it, &headers).await? else {
        return Ok(expired());
    };
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
        return Ok(redirect_error(
            &it,
            faults,
            &request,
            "access_denied",
            "the user denied access",
        ));
    }
    if faults.has(Fault::NoCallback) {
        return Ok(pages::message(StatusCode::OK, "Thank you", "Your decision was saved."));
    }
    remember(&it, &request, &login).await?;
    callback(&it, faults, &request, &login).await
}
