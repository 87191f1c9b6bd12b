//! Signing in, and the cookie that remembers it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};

use crate::authorization_server::pages;
use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::redirect::{after_login, see_other};
use crate::authorization_server::session::{COOKIE_NAME, expired, foreign, is_from_here};
use crate::authorization_server::state::{AuthorizationServer, PendingRequest, lock, random_id};
use crate::config::screens::Screens;

/// The longest e-mail address that is kept until the password comes.
const MAX_EMAIL: usize = 320;

pub(super) async fn page(
    State(it): State<Arc<AuthorizationServer>>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((id, request)) = pending(&it, query) else { return expired() };
    match it.screens {
        Screens::MultiStep => pages::identifier(it.faults, &id, &request.email.unwrap_or_default()),
        _ => pages::login(it.faults, &id, "", false),
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
        Some(email) => pages::password(it.faults, &id, &email, false),
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
        tracing::info!(client_id = request.client_id, "sign-in refused");
        return if is_known {
            pages::password(it.faults, id, email, true)
        } else {
            pages::login(it.faults, id, email, true)
        };
    };
    tracing::info!(subject = account.subject, client_id = request.client_id, "signed in");
    // A new session each time, so that none can be planted before the login.
    let session = random_id();
    lock(&it.logins).insert(session.clone(), account);
    let cookie = format!("{COOKIE_NAME}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600");
    ([(SET_COOKIE, cookie)], after_login(&it, id)).into_response()
}
