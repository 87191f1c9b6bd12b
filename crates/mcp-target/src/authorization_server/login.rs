//! Signing in, and the cookie that remembers it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::{COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::authorize::{self, PendingRequest, see_other};
use super::parameters::Parameters;
use super::{AuthorizationServer, lock, pages, random_id};
use crate::screens::Screens;
use crate::users::Account;

const COOKIE_NAME: &str = "session";
/// The longest e-mail address that is kept until the password comes.
const MAX_EMAIL: usize = 320;

pub(super) async fn page(
    State(it): State<Arc<AuthorizationServer>>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((id, request)) = pending(&it, query) else { return expired() };
    match it.screens {
        Screens::MultiStep => {
            pages::identifier(&it.faults, &id, &request.email.unwrap_or_default())
        }
        _ => pages::login(&it.faults, &id, "", false),
    }
}

/// Takes note of who wants to sign in; whether there is such a user is not told.
pub(super) async fn identify(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_from_here(&it, &headers) {
        return foreign();
    }
    let Ok(form) = Parameters::parse(&body) else { return expired() };
    let id = form.get("request").unwrap_or_default();
    let mut requests = lock(&it.requests);
    let Some(request) = requests.get_mut(id) else { return expired() };
    match form.get("email").filter(|it| it.len() <= MAX_EMAIL) {
        Some(email) => {
            request.email = Some(email.to_owned());
            see_other(&format!("/login/password?request={id}"))
        }
        None => see_other(&format!("/login?request={id}")),
    }
}

pub(super) async fn password_page(
    State(it): State<Arc<AuthorizationServer>>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((id, request)) = pending(&it, query) else { return expired() };
    match request.email {
        Some(email) => pages::password(&it.faults, &id, &email, false),
        None => see_other(&format!("/login?request={id}")),
    }
}

fn pending(it: &AuthorizationServer, query: Option<String>) -> Option<(String, PendingRequest)> {
    let parameters = Parameters::parse(query?.as_bytes()).ok()?;
    let id = parameters.get("request")?;
    let request = lock(&it.requests).get(id).cloned()?;
    Some((id.to_owned(), request))
}

pub(super) async fn sign_in(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_from_here(&it, &headers) {
        return foreign();
    }
    let Ok(form) = Parameters::parse(&body) else { return expired() };
    let id = form.get("request").unwrap_or_default();
    let Some(request) = lock(&it.requests).get(id).cloned() else { return expired() };
    let is_known = it.screens == Screens::MultiStep;
    let email = if is_known { request.email.as_deref() } else { form.get("email") };
    let email = email.unwrap_or_default();
    let Some(account) = it.accounts.sign_in(email, form.get("password").unwrap_or_default()) else {
        return if is_known {
            pages::password(&it.faults, id, email, true)
        } else {
            pages::login(&it.faults, id, email, true)
        };
    };
    // A new session each time, so that none can be planted before the login.
    let session = random_id();
    lock(&it.logins).insert(session.clone(), account);
    let cookie = format!("{COOKIE_NAME}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600");
    ([(SET_COOKIE, cookie)], authorize::after_login(&it, id)).into_response()
}

/// The session of this browser and who signed in to it.
pub(super) fn session(
    it: &AuthorizationServer,
    headers: &HeaderMap,
) -> Option<(String, Arc<Account>)> {
    headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
        .find_map(|id| Some((id.to_owned(), lock(&it.logins).get(id)?.clone())))
}

/// Whether a form was sent from one of our own pages; a browser always says so in `Origin`.
pub(super) fn is_from_here(it: &AuthorizationServer, headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_none_or(|origin| origin.as_bytes() == it.issuer.as_bytes())
}

pub(super) fn expired() -> Response {
    pages::message(
        StatusCode::BAD_REQUEST,
        "Request expired",
        "This sign-in is unknown, finished or too old. Start again from the application.",
    )
}

pub(super) fn foreign() -> Response {
    pages::message(
        StatusCode::FORBIDDEN,
        "Request refused",
        "This form was not sent from this site.",
    )
}
