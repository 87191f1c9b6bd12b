//! Signing in, and the cookie that remembers it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::{COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::authorize;
use super::parameters::Parameters;
use super::{AuthorizationServer, lock, pages, random_id};
use crate::users::Account;

const COOKIE_NAME: &str = "session";

pub(super) async fn page(
    State(it): State<Arc<AuthorizationServer>>,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    match parameters.as_ref().ok().and_then(|it| it.get("request")) {
        Some(request) if lock(&it.requests).get(request).is_some() => {
            pages::login(request, "", false)
        }
        _ => expired(),
    }
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
    let Some(request) = form.get("request").filter(|id| lock(&it.requests).get(id).is_some())
    else {
        return expired();
    };
    let email = form.get("email").unwrap_or_default();
    let Some(account) = it.accounts.sign_in(email, form.get("password").unwrap_or_default()) else {
        return pages::login(request, email, true);
    };
    // A new session each time, so that none can be planted before the login.
    let session = random_id();
    lock(&it.logins).insert(session.clone(), account);
    let cookie = format!("{COOKIE_NAME}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600");
    ([(SET_COOKIE, cookie)], authorize::after_login(&it, request)).into_response()
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
