//! The token endpoint, [RFC 6749 §5](https://www.rfc-editor.org/rfc/rfc6749#section-5), with
//! [PKCE](https://www.rfc-editor.org/rfc/rfc7636) and [resource indicators](https://www.rfc-editor.org/rfc/rfc8707).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::state::AuthorizationServer;
use crate::clients::authentication::authenticate;
use crate::config::faults::{Fault, Faults};
use crate::observability::requests::Issued;
use crate::tokens::client_credentials::client_credentials;
use crate::tokens::exchange::exchange;
use crate::tokens::issue::TokenResponse;
use crate::tokens::refresh::refresh;
use crate::tokens::refused::{Refused, error, form, no_store, required};

pub(crate) async fn token(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if faults.has(Fault::Token500) || faults.has(Fault::Resource500) && lacks_resource(&body) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response();
    }
    match grant(&it, faults, &headers, &body).await {
        Ok((grant_type, response)) => {
            let mut answer = Json(response).into_response();
            if !faults.has(Fault::CacheableToken) {
                answer = no_store(answer);
            }
            answer.extensions_mut().insert(Issued(grant_type));
            answer
        }
        Err(refused) => refused.answer(&headers, faults),
    }
}

fn lacks_resource(body: &[u8]) -> bool {
    Parameters::parse(body).is_ok_and(|it| it.get("resource").is_none())
}

async fn grant(
    it: &AuthorizationServer,
    faults: Faults,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(&'static str, TokenResponse), Refused> {
    let form = form(headers, body)?;
    let grant_type = required(&form, "grant_type", "grant_type is missing")?;
    let from = authenticate(it, headers, &form).await?;
    if !matches!(grant_type, "authorization_code" | "refresh_token" | "client_credentials") {
        let description = "there are authorization_code, refresh_token and client_credentials";
        return Err(error("unsupported_grant_type", description));
    }
    if !from.client.may(grant_type) {
        return Err(error("unauthorized_client", "the client did not register this grant type"));
    }
    let may_lack_resource =
        faults.has(Fault::OpaqueWithoutResource) && form.get("resource").is_none();
    if !may_lack_resource && !form.are_for(&it.resource) {
        return Err(error("invalid_target", "resource has to be the MCP endpoint"));
    }
    let (grant_type, response) = match grant_type {
        "authorization_code" => ("authorization_code", exchange(it, faults, &form, &from).await?),
        "refresh_token" => ("refresh_token", refresh(it, faults, &form, &from).await?),
        _ => ("client_credentials", client_credentials(it, faults, &form, &from).await?),
    };
    tracing::info!(client_id = from.id, grant_type, "token issued");
    Ok((grant_type, response))
}
