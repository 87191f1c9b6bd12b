//! Who is signed in, by the cookie of a browser, and the pages for those who are not.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{COOKIE, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::state::AuthorizationServer;
use crate::config::users::Account;
use crate::screens::pages;
use crate::screens::request::Login;
use crate::store::unavailable::Unavailable;

pub(super) const COOKIE_NAME: &str = "session";

/// The session of this browser, and who signed in to it and when.
pub(crate) async fn session(
    it: &AuthorizationServer,
    headers: &HeaderMap,
) -> Result<Option<(String, Arc<Login>, Arc<Account>)>, Unavailable> {
    let cookies = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='));
    for id in cookies {
        if let Some(login) = it.logins.get(id).await?
            && let Some(account) = it.accounts.get(&login.user)
        {
            return Ok(Some((id.to_owned(), login, account.clone())));
        }
    }
    Ok(None)
}

/// A form that was sent from one of our own pages; a browser always says so in `Origin`.
pub(crate) struct OwnForm(pub(super) Parameters);

impl FromRequest<Arc<AuthorizationServer>> for OwnForm {
    type Rejection = Response;

    async fn from_request(
        request: Request,
        it: &Arc<AuthorizationServer>,
    ) -> Result<Self, Response> {
        let origin = request.headers().get(ORIGIN);
        if origin.is_some_and(|origin| origin.as_bytes() != it.base.as_bytes()) {
            return Err(foreign());
        }
        let body = Bytes::from_request(request, it).await.map_err(IntoResponse::into_response)?;
        Parameters::parse(&body).map(Self).map_err(|_| expired())
    }
}

pub(super) fn expired() -> Response {
    pages::message(
        StatusCode::BAD_REQUEST,
        "Request expired",
        "This sign-in is unknown, finished, too old, or had too many wrong passwords. Start again from the application.",
    )
}

pub(super) fn foreign() -> Response {
    pages::message(
        StatusCode::FORBIDDEN,
        "Request refused",
        "This form was not sent from this site.",
    )
}
