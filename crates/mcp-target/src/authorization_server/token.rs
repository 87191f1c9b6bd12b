//! The token endpoint, [RFC 6749 §5](https://www.rfc-editor.org/rfc/rfc6749#section-5), for public clients with
//! [PKCE](https://www.rfc-editor.org/rfc/rfc7636) and [resource indicators](https://www.rfc-editor.org/rfc/rfc8707).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::access_token::{self, Claims};
use crate::authorization_server::parameters::Parameters;
use crate::authorization_server::state::{
    Authorization, AuthorizationServer, Client, Family, SCOPES, lock, random_id,
};
use crate::config::faults::Fault;
use crate::observability::requests::Issued;

/// The `client_id` in tokens that a test asks for without a client.
const DIRECT_CLIENT: &str = "mcp-target";

const TOKEN_LIFE: u64 = 3600;
const SHORT_TOKEN_LIFE: u64 = 5;

/// An error of RFC 6749 §5.2 or RFC 8707 §2.
#[derive(Debug)]
struct Refusal(&'static str, &'static str);

pub(super) async fn token(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if it.faults.has(Fault::Token500) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response();
    }
    match grant(&it, &headers, &body) {
        Ok((grant_type, response)) => {
            let mut response = no_store((StatusCode::OK, Json(response)).into_response());
            response.extensions_mut().insert(Issued(grant_type));
            response
        }
        Err(Refusal(error, description)) => {
            tracing::info!(error, description, "token refused");
            let status = if error == "invalid_client" {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::BAD_REQUEST
            };
            let body = Json(json!({"error": error, "error_description": description}));
            let mut response = no_store((status, body).into_response());
            if status == StatusCode::UNAUTHORIZED && headers.contains_key(AUTHORIZATION) {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
            }
            response
        }
    }
}

fn grant(
    it: &AuthorizationServer,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(&'static str, serde_json::Value), Refusal> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()?.split(';').next());
    if !media_type
        .is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    {
        return Err(Refusal("invalid_request", "the body has to be a form"));
    }
    let form = Parameters::parse(body)
        .map_err(|_| Refusal("invalid_request", "a parameter is repeated"))?;
    if headers.contains_key(AUTHORIZATION) {
        return Err(Refusal("invalid_client", "clients here are public, they do not authenticate"));
    }
    let grant_type = required(&form, "grant_type", "grant_type is missing")?;
    let client_id = required(&form, "client_id", "client_id is missing")?;
    let client = lock(&it.clients).get(client_id).cloned();
    let client =
        client.ok_or(Refusal("invalid_client", "no client is registered with this client_id"))?;
    if !matches!(grant_type, "authorization_code" | "refresh_token") {
        return Err(Refusal(
            "unsupported_grant_type",
            "there are authorization_code and refresh_token",
        ));
    }
    if !client.grant_types.iter().any(|it| it == grant_type) {
        return Err(Refusal("unauthorized_client", "the client did not register this grant type"));
    }
    if !form.are_for(&it.resource) {
        return Err(Refusal("invalid_target", "resource has to be the MCP endpoint"));
    }
    let (grant_type, response) = if grant_type == "authorization_code" {
        ("authorization_code", exchange(it, &form, client_id, &client)?)
    } else {
        ("refresh_token", refresh(it, &form, client_id)?)
    };
    tracing::info!(client_id, grant_type, "token issued");
    Ok((grant_type, response))
}

/// What the token endpoint answers [`DIRECT_CLIENT`] once a user let it read; `None` if there is no such user.
pub(crate) fn issue_for(it: &AuthorizationServer, email: &str) -> Option<serde_json::Value> {
    let account = it.accounts.find(email)?;
    let scope = SCOPES[0].to_owned();
    let client_id = DIRECT_CLIENT.to_owned();
    tracing::info!(client_id, "token issued without a sign-in");
    let authorization = Authorization { client_id, scope, account };
    Some(response(it, &authorization, &authorization.scope, None))
}

fn exchange(
    it: &AuthorizationServer,
    form: &Parameters,
    client_id: &str,
    client: &Client,
) -> Result<serde_json::Value, Refusal> {
    let value = required(form, "code", "code is missing")?;
    let verifier = required(form, "code_verifier", "code_verifier is missing")?;
    let redirect_uri = required(form, "redirect_uri", "redirect_uri is missing")?;

    let mut codes = lock(&it.codes);
    let code = codes
        .get_mut(value)
        .ok_or(Refusal("invalid_grant", "the code is unknown or has expired"))?;
    if code.used {
        // Whoever comes second may be the rightful one, so what the first was given ends too.
        if let Some(family) = code.family.take() {
            lock(&it.families).remove(&family);
        }
        return Err(Refusal("invalid_grant", "the code was used before"));
    }
    code.used = true;
    if code.authorization.client_id != client_id {
        return Err(Refusal("invalid_grant", "the code was issued to another client"));
    }
    if code.redirect_uri != redirect_uri {
        return Err(Refusal(
            "invalid_grant",
            "redirect_uri is not the one of the authorization request",
        ));
    }
    let challenge = BASE64URL.encode(Sha256::digest(verifier));
    if !bool::from(challenge.as_bytes().ct_eq(code.challenge.as_bytes())) {
        return Err(Refusal("invalid_grant", "code_verifier does not match the code challenge"));
    }
    let authorization = code.authorization.clone();
    let offline = authorization.scope.split(' ').any(|it| it == "offline_access");
    let refresh_token = (offline && client.grant_types.iter().any(|it| it == "refresh_token"))
        .then(|| {
            let (family, secret) = (random_id(), random_id());
            code.family = Some(family.clone());
            let newest = Sha256::digest(&secret).into();
            let token = format!("{family}.{secret}");
            lock(&it.families)
                .insert(family, Family { authorization: authorization.clone(), newest });
            token
        });
    drop(codes);
    let scope = authorization.scope.clone();
    Ok(response(it, &authorization, &scope, refresh_token))
}

fn refresh(
    it: &AuthorizationServer,
    form: &Parameters,
    client_id: &str,
) -> Result<serde_json::Value, Refusal> {
    let unknown = Refusal("invalid_grant", "the refresh token is unknown or has been revoked");
    let token = required(form, "refresh_token", "refresh_token is missing")?;
    let Some((id, secret)) = token.split_once('.') else { return Err(unknown) };

    let mut families = lock(&it.families);
    let Some(family) = families.get_mut(id) else { return Err(unknown) };
    if family.authorization.client_id != client_id {
        return Err(Refusal("invalid_grant", "the refresh token was issued to another client"));
    }
    if !bool::from(Sha256::digest(secret).ct_eq(&family.newest)) {
        families.remove(id);
        return Err(Refusal(
            "invalid_grant",
            "the refresh token was used before; its successors are revoked",
        ));
    }
    let granted = &family.authorization.scope;
    let scope = form.get("scope").unwrap_or(granted).to_owned();
    if !scope.split(' ').all(|it| granted.split(' ').any(|granted| granted == it)) {
        return Err(Refusal("invalid_scope", "the scope is wider than what was granted"));
    }
    let secret = random_id();
    family.newest = Sha256::digest(&secret).into();
    let authorization = family.authorization.clone();
    let refresh_token = format!("{id}.{secret}");
    drop(families);
    Ok(response(it, &authorization, &scope, Some(refresh_token)))
}

fn response(
    it: &AuthorizationServer,
    authorization: &Authorization,
    scope: &str,
    refresh_token: Option<String>,
) -> serde_json::Value {
    let life = if it.faults.has(Fault::ShortToken) { SHORT_TOKEN_LIFE } else { TOKEN_LIFE };
    let access_token = if it.faults.has(Fault::OpaqueToken) {
        random_id()
    } else {
        let now = access_token::now();
        let workspace = authorization.account.workspace.clone();
        it.key.sign(&Claims {
            iss: it.issuer.clone(),
            sub: authorization.account.subject.clone(),
            aud: it.resource.clone(),
            client_id: authorization.client_id.clone(),
            scope: scope.to_owned(),
            iat: now,
            exp: now + life,
            jti: random_id(),
            workspace_id: (!it.faults.has(Fault::NoWorkspace)).then_some(workspace),
        })
    };
    let mut response = json!({"access_token": access_token, "token_type": "Bearer", "expires_in": life, "scope": scope});
    if let Some(refresh_token) = refresh_token {
        response["refresh_token"] = refresh_token.into();
    }
    response
}

fn required<'a>(
    form: &'a Parameters,
    name: &str,
    missing: &'static str,
) -> Result<&'a str, Refusal> {
    form.get(name).ok_or(Refusal("invalid_request", missing))
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
