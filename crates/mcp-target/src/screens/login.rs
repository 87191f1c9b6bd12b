//! Signing in, and the cookie that remembers it.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::config::faults::Faults;
use crate::config::screens::Screens;
use crate::config::users::Account;
use crate::screens::pages;
use crate::screens::redirect::{after_login, see_other};
use crate::screens::request::{Login, PendingRequest};
use crate::screens::session::{COOKIE_NAME, OwnForm, expired};
use crate::signing::claims;
use crate::store::unavailable::Unavailable;

/// With so many wrong passwords and one-time passwords a request ends.
const MAX_WRONG: u8 = 5;

/// The longest e-mail address that is kept until the password comes.
const MAX_EMAIL: usize = 320;

pub(crate) async fn page(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    RawQuery(query): RawQuery,
) -> Result<Response, Unavailable> {
    let Some((id, request)) = pending(&it, query).await? else { return Ok(expired()) };
    let email = request.email.as_deref().unwrap_or_default();
    Ok(match it.screens {
        Screens::MultiStep => pages::identifier(faults, &id, email),
        _ => pages::login(faults, &id, "", false),
    })
}

/// Takes note of who wants to sign in; whether there is such a user is not told.
pub(crate) async fn identify(
    State(it): State<Arc<AuthorizationServer>>,
    OwnForm(form): OwnForm,
) -> Result<Response, Unavailable> {
    let id = form.get("request").unwrap_or_default();
    let email = form.get("email").filter(|it| it.len() <= MAX_EMAIL);
    let is_known = it.requests.change(id, |request| {
        let Some(request) = request else { return false };
        if let Some(email) = email {
            request.email = Some(email.to_owned());
        }
        true
    });
    if !is_known.await? {
        return Ok(expired());
    }
    let next = if email.is_some() { "/login/password" } else { "/login" };
    Ok(see_other(&format!("{next}?request={id}")))
}

pub(crate) async fn password_page(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    RawQuery(query): RawQuery,
) -> Result<Response, Unavailable> {
    let Some((id, request)) = pending(&it, query).await? else { return Ok(expired()) };
    Ok(match &request.email {
        Some(email) => pages::password(faults, &id, email, false),
        None => see_other(&format!("/login?request={id}")),
    })
}

pub(super) async fn pending(
    it: &AuthorizationServer,
    query: Option<String>,
) -> Result<Option<(String, Arc<PendingRequest>)>, Unavailable> {
    let parameters = query.and_then(|it| Parameters::parse(it.as_bytes()).ok());
    let Some(id) = parameters.as_ref().and_then(|it| it.get("request")) else { return Ok(None) };
    Ok(it.requests.get(id).await?.map(|request| (id.to_owned(), request)))
}

pub(crate) async fn sign_in(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    OwnForm(form): OwnForm,
) -> Result<Response, Unavailable> {
    let id = form.get("request").unwrap_or_default();
    let Some(request) = it.requests.get(id).await? else { return Ok(expired()) };
    let is_known = it.screens == Screens::MultiStep;
    let email = if is_known { request.email.as_deref() } else { form.get("email") };
    let email = email.unwrap_or_default();
    let Some(account) = it.accounts.sign_in(email, form.get("password").unwrap_or_default()) else {
        tracing::info!(client_id = request.client_id, "sign-in refused");
        if !may_try_again(&it, id).await? {
            return Ok(expired());
        }
        return Ok(if is_known {
            pages::password(faults, id, email, true)
        } else {
            pages::login(faults, id, email, true)
        });
    };
    tracing::info!(subject = account.subject, client_id = request.client_id, "password accepted");
    if account.totp.is_none() {
        return signed_in(&it, faults, id, &account).await;
    }
    let known = it.requests.change(id, |request| {
        request.as_mut().map(|request| request.known = Some(account.key.clone())).is_some()
    });
    Ok(if known.await? { see_other(&format!("/login/code?request={id}")) } else { expired() })
}

/// Counts a wrong try. After the last one the request is dropped, and whoever guesses has to begin anew.
pub(super) async fn may_try_again(it: &AuthorizationServer, id: &str) -> Result<bool, Unavailable> {
    let counted = it.requests.change(id, |kept| {
        let Some(request) = kept else { return false };
        request.wrong += 1;
        let is_left = request.wrong < MAX_WRONG;
        if !is_left {
            *kept = None;
        }
        is_left
    });
    counted.await
}

/// Remembers who signed in, and goes on with the request.
pub(super) async fn signed_in(
    it: &AuthorizationServer,
    faults: Faults,
    id: &str,
    account: &Account,
) -> Result<Response, Unavailable> {
    tracing::info!(subject = account.subject, "signed in");
    // A new session each time, so that none can be planted before the login.
    let session = random_id();
    let login = Login { user: account.key.clone(), at: claims::now() };
    it.logins.insert(&session, login.clone()).await?;
    let done = it.requests.change(id, |request| {
        if let Some(request) = request {
            (request.needs_login, request.known) = (false, None);
        }
    });
    done.await?;
    let cookie = format!("{COOKIE_NAME}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600");
    Ok(([(SET_COOKIE, cookie)], after_login(it, faults, id, &login).await?).into_response())
}
