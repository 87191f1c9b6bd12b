//! Where a browser is sent, and what stands in the address.

use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Redirect, Response};
use url::Url;

use crate::authorization_server::state::{AuthorizationServer, PendingRequest};
use crate::config::faults::Fault;
use crate::store::unavailable::Unavailable;

/// Where a browser goes once someone is signed in.
pub(super) async fn after_login(
    it: &AuthorizationServer,
    id: &str,
) -> Result<Response, Unavailable> {
    if it.faults.has(Fault::Deny)
        && let Some(request) = it.requests.remove(id).await?
    {
        let denied = "this user may not authorize applications";
        return Ok(redirect_error(it, &request, "access_denied", denied));
    }
    Ok(see_other(&format!("/consent?request={id}")))
}

pub(super) fn redirect_error(
    it: &AuthorizationServer,
    request: &PendingRequest,
    error: &str,
    description: &str,
) -> Response {
    tracing::info!(client_id = request.client_id, error, description, "authorization refused");
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
