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
    Authorization, AuthorizationServer, Client, Code, Family, SCOPES, random_id,
};
use crate::config::faults::Fault;
use crate::observability::requests::Issued;
use crate::store::unavailable::Unavailable;

/// The `client_id` in tokens that a test asks for without a client.
const DIRECT_CLIENT: &str = "mcp-target";

const TOKEN_LIFE: u64 = 3600;
const SHORT_TOKEN_LIFE: u64 = 5;

/// Why there is no token.
#[derive(Debug)]
enum Refused {
    /// By an error of RFC 6749 §5.2 or RFC 8707 §2, with its description.
    Error(&'static str, &'static str),
    Unavailable(Unavailable),
}

impl From<Unavailable> for Refused {
    fn from(it: Unavailable) -> Self {
        Self::Unavailable(it)
    }
}

pub(super) async fn token(
    State(it): State<Arc<AuthorizationServer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if it.faults.has(Fault::Token500) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response();
    }
    match grant(&it, &headers, &body).await {
        Ok((grant_type, response)) => {
            let mut response = no_store((StatusCode::OK, Json(response)).into_response());
            response.extensions_mut().insert(Issued(grant_type));
            response
        }
        Err(Refused::Unavailable(it)) => no_store(it.into_response()),
        Err(Refused::Error(error, description)) => {
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

async fn grant(
    it: &AuthorizationServer,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(&'static str, serde_json::Value), Refused> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()?.split(';').next());
    if !media_type
        .is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    {
        return Err(error("invalid_request", "the body has to be a form"));
    }
    let form =
        Parameters::parse(body).map_err(|_| error("invalid_request", "a parameter is repeated"))?;
    if headers.contains_key(AUTHORIZATION) {
        return Err(error("invalid_client", "clients here are public, they do not authenticate"));
    }
    let grant_type = required(&form, "grant_type", "grant_type is missing")?;
    let client_id = required(&form, "client_id", "client_id is missing")?;
    let client = it.clients.get(client_id).await?;
    let client =
        client.ok_or(error("invalid_client", "no client is registered with this client_id"))?;
    if !matches!(grant_type, "authorization_code" | "refresh_token") {
        return Err(error(
            "unsupported_grant_type",
            "there are authorization_code and refresh_token",
        ));
    }
    if !client.grant_types.iter().any(|it| it == grant_type) {
        return Err(error("unauthorized_client", "the client did not register this grant type"));
    }
    if !form.are_for(&it.resource) {
        return Err(error("invalid_target", "resource has to be the MCP endpoint"));
    }
    let (grant_type, response) = if grant_type == "authorization_code" {
        ("authorization_code", exchange(it, &form, client_id, &client).await?)
    } else {
        ("refresh_token", refresh(it, &form, client_id).await?)
    };
    tracing::info!(client_id, grant_type, "token issued");
    Ok((grant_type, response))
}

/// What the token endpoint answers [`DIRECT_CLIENT`] once a user let it read; `None` if there is no such user.
pub(crate) fn issue_for(it: &AuthorizationServer, email: &str) -> Option<serde_json::Value> {
    let user = email.trim().to_lowercase();
    let scope = SCOPES[0].to_owned();
    let client_id = DIRECT_CLIENT.to_owned();
    tracing::info!(client_id, "token issued without a sign-in");
    let authorization = Authorization { client_id, scope, user };
    response(it, &authorization, &authorization.scope, None).ok()
}

async fn exchange(
    it: &AuthorizationServer,
    form: &Parameters,
    client_id: &str,
    client: &Client,
) -> Result<serde_json::Value, Refused> {
    let value = required(form, "code", "code is missing")?;
    let verifier = required(form, "code_verifier", "code_verifier is missing")?;
    let redirect_uri = required(form, "redirect_uri", "redirect_uri is missing")?;

    let unknown = || error("invalid_grant", "the code is unknown or has expired");
    let code = it.codes.get(value).await?.ok_or_else(unknown)?;
    let authorization = &code.authorization;
    let offline = authorization.scope.split(' ').any(|it| it == "offline_access");
    let may_refresh = offline && client.grant_types.iter().any(|it| it == "refresh_token");
    let refresh_token = may_refresh.then(|| (random_id(), random_id()));
    // The refresh token is there before the code says so, so that whoever comes second finds what to revoke.
    if let Some((family, secret)) = &refresh_token {
        let newest = Sha256::digest(secret).into();
        let authorization = authorization.clone();
        it.families.insert(family, Family { authorization, newest }).await?;
    }
    let family = refresh_token.as_ref().map(|(family, _)| family);
    let used = it.codes.change(value, |code| match code {
        None => Err((unknown(), None)),
        // Whoever comes second may be the rightful one, so what the first was given ends too; it stays named here for
        // the case that the store does not answer to that.
        Some(code) if code.used => {
            Err((error("invalid_grant", "the code was used before"), code.family.clone()))
        }
        Some(code) => {
            code.used = true;
            check(code, client_id, redirect_uri, verifier).map_err(|it| (it, None))?;
            code.family = family.cloned();
            Ok(())
        }
    });
    if let Err((refused, first)) = used.await? {
        for family in first.iter().chain(family) {
            it.families.remove(family).await?;
        }
        return Err(refused);
    }
    let refresh_token = refresh_token.map(|(family, secret)| format!("{family}.{secret}"));
    response(it, authorization, &authorization.scope, refresh_token)
}

/// Whether a code was given to this client, for this redirect URI, and the verifier is that of its challenge.
fn check(code: &Code, client_id: &str, redirect_uri: &str, verifier: &str) -> Result<(), Refused> {
    if code.authorization.client_id != client_id {
        return Err(error("invalid_grant", "the code was issued to another client"));
    }
    if code.redirect_uri != redirect_uri {
        let other = "redirect_uri is not the one of the authorization request";
        return Err(error("invalid_grant", other));
    }
    let challenge = BASE64URL.encode(Sha256::digest(verifier));
    if !bool::from(challenge.as_bytes().ct_eq(code.challenge.as_bytes())) {
        return Err(error("invalid_grant", "code_verifier does not match the code challenge"));
    }
    Ok(())
}

async fn refresh(
    it: &AuthorizationServer,
    form: &Parameters,
    client_id: &str,
) -> Result<serde_json::Value, Refused> {
    let unknown = || error("invalid_grant", "the refresh token is unknown or has been revoked");
    let token = required(form, "refresh_token", "refresh_token is missing")?;
    let (id, secret) = token.split_once('.').ok_or_else(unknown)?;
    let presented: [u8; 32] = Sha256::digest(secret).into();
    let secret = random_id();
    let newest: [u8; 32] = Sha256::digest(&secret).into();

    let rotated = it.families.change(id, |kept| {
        let family = kept.as_mut().ok_or_else(unknown)?;
        if family.authorization.client_id != client_id {
            return Err(error("invalid_grant", "the refresh token was issued to another client"));
        }
        if !bool::from(presented.ct_eq(&family.newest)) {
            *kept = None;
            let used = "the refresh token was used before; its successors are revoked";
            return Err(error("invalid_grant", used));
        }
        let granted = &family.authorization.scope;
        let scope = form.get("scope").unwrap_or(granted).to_owned();
        if !scope.split(' ').all(|it| granted.split(' ').any(|granted| granted == it)) {
            return Err(error("invalid_scope", "the scope is wider than what was granted"));
        }
        family.newest = newest;
        Ok((family.authorization.clone(), scope))
    });
    let (authorization, scope) = rotated.await??;
    response(it, &authorization, &scope, Some(format!("{id}.{secret}")))
}

fn response(
    it: &AuthorizationServer,
    authorization: &Authorization,
    scope: &str,
    refresh_token: Option<String>,
) -> Result<serde_json::Value, Refused> {
    let unknown = error("invalid_grant", "the user is unknown");
    let account = it.accounts.get(&authorization.user).ok_or(unknown)?;
    let life = if it.faults.has(Fault::ShortToken) { SHORT_TOKEN_LIFE } else { TOKEN_LIFE };
    let access_token = if it.faults.has(Fault::OpaqueToken) {
        random_id()
    } else {
        let now = access_token::now();
        let workspace = account.workspace.clone();
        it.key.sign(&Claims {
            iss: it.issuer.clone(),
            sub: account.subject.clone(),
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
    Ok(response)
}

fn error(error: &'static str, description: &'static str) -> Refused {
    Refused::Error(error, description)
}

fn required<'a>(
    form: &'a Parameters,
    name: &str,
    missing: &'static str,
) -> Result<&'a str, Refused> {
    form.get(name).ok_or(error("invalid_request", missing))
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
