//! The screens as one application: a page that stays, and what its script asks for.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::authorization_server::state::AuthorizationServer;
use crate::config::faults::Faults;
use crate::screens::consent::{self, Turn};
use crate::screens::pages::{self, Said};
use crate::store::unavailable::Unavailable;

pub(crate) async fn page(faults: Faults) -> Response {
    pages::application(faults, "/app.js")
}

pub(crate) async fn script() -> impl IntoResponse {
    pages::script(include_str!("app.js"))
}

/// Which screen to draw for a request, and what stands on it.
pub(crate) async fn screen(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Unavailable> {
    let screen = match consent::turn(&it, faults, &headers, query).await? {
        Turn::Consent(it) => json!({
            "screen": "consent", "client": it.client, "email": it.email,
            "scopes": it.scope.split(' ').collect::<Vec<_>>(), "can_approve": it.can_approve,
        }),
        Turn::OneTimePassword(_) => json!({ "screen": "one-time-password" }),
        Turn::SignIn(_) => json!({ "screen": "sign-in" }),
        Turn::Refused(page) => return Ok(page),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(screen)).into_response())
}

/// Says in JSON what a form would be answered with: where to go on, or what a page says.
pub(crate) async fn in_json(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let (status, body) = if let Some(location) = answer.headers().get(LOCATION) {
        let location = location.to_str().expect("our redirects are URLs");
        (StatusCode::OK, json!({ "next": location }))
    } else if let Some(said) = answer.extensions().get::<Said>() {
        (answer.status(), json!({ "title": said.title, "text": said.text }))
    } else {
        return answer;
    };
    let cookie = answer.headers_mut().remove(SET_COOKIE).map(|it| [(SET_COOKIE, it)]);
    (status, cookie, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
