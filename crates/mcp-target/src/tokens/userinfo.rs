//! Who granted a token, [OpenID Connect Core §5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::authorization_server::parameters::bearer;
use crate::authorization_server::scopes::OPENID;
use crate::authorization_server::state::AuthorizationServer;
use crate::store::unavailable::Unavailable;
use crate::tokens::issue::{Profile, profile};
use crate::tokens::refused::no_store;

#[derive(Serialize)]
struct Userinfo<'a> {
    sub: &'a str,
    #[serde(flatten)]
    profile: Profile<'a>,
}

pub(crate) async fn userinfo(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
) -> Result<Response, Unavailable> {
    let Some(token) = bearer(&headers) else {
        return Ok(challenge(StatusCode::UNAUTHORIZED, "Bearer"));
    };
    let invalid = r#"Bearer error="invalid_token""#;
    let Some(claims) = it.access_tokens.verify(token).await? else {
        return Ok(challenge(StatusCode::UNAUTHORIZED, invalid));
    };
    if !claims.has_scope(OPENID) {
        let insufficient = r#"Bearer error="insufficient_scope", scope="openid""#;
        return Ok(challenge(StatusCode::FORBIDDEN, insufficient));
    }
    let Some(account) = it.accounts.with_subject(&claims.sub) else {
        return Ok(challenge(StatusCode::UNAUTHORIZED, invalid));
    };
    let profile = profile(account, &claims.scope);
    Ok(no_store(Json(Userinfo { sub: &account.subject, profile }).into_response()))
}

fn challenge(status: StatusCode, challenge: &'static str) -> Response {
    no_store((status, [(WWW_AUTHENTICATE, challenge)]).into_response())
}
