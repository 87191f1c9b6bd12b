//! The authorization request, [RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1), with `nonce`, `prompt` and
//! `max_age` of [OpenID Connect Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::authorization_server::parameters::{Parameters, is_form};
use crate::authorization_server::scopes::{OFFLINE_ACCESS, RESOURCE_SCOPES, SCOPES, includes};
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::clients::lookup::find;
use crate::config::faults::{Fault, Faults};
use crate::screens::pages;
use crate::screens::redirect::{after_login, callback, is_remembered, redirect_error, see_other};
use crate::screens::request::{Login, PendingRequest};
use crate::screens::session::session;
use crate::signing::claims;
use crate::store::unavailable::Unavailable;

/// The longest state, and the longest nonce, that is kept for a client.
const MAX_STATE: usize = 2000;

pub(crate) async fn begin(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Unavailable> {
    authorize(&it, faults, &headers, query.unwrap_or_default().as_bytes()).await
}

/// The same request as a form.
pub(crate) async fn begin_by_form(
    State(it): State<Arc<AuthorizationServer>>,
    faults: Faults,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Unavailable> {
    if !is_form(&headers) {
        return invalid("The authorization request is not a form.");
    }
    authorize(&it, faults, &headers, &body).await
}

async fn authorize(
    it: &AuthorizationServer,
    faults: Faults,
    headers: &HeaderMap,
    parameters: &[u8],
) -> Result<Response, Unavailable> {
    if faults.has(Fault::ErrorPage) {
        return Ok(see_other("/error?error=server_error"));
    }
    let Ok(parameters) = Parameters::parse(parameters) else {
        return invalid("A parameter of the authorization request is repeated.");
    };
    let client_id = parameters.get("client_id").unwrap_or_default();
    let Some(client) = find(it, client_id).await? else {
        return invalid("The application is not registered here. It has to register again.");
    };
    let exact_port = faults.has(Fault::ExactPort);
    let Some(redirect_uri) =
        parameters.get("redirect_uri").filter(|uri| client.has_redirect_uri(uri, exact_port))
    else {
        return invalid("The redirect URI is not one that the application registered.");
    };
    if ["state", "nonce"].iter().any(|it| parameters.get(it).is_some_and(|it| it.len() > MAX_STATE))
    {
        return invalid("The state or the nonce is longer than 2000 characters.");
    }
    let mut request = PendingRequest {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: parameters.get("state").map(str::to_owned),
        nonce: parameters.get("nonce").map(str::to_owned),
        client_name: client.name.clone(),
        challenge: String::new(),
        scope: String::new(),
        needs_login: false,
        needs_consent: false,
        wrong: 0,
        email: None,
        known: None,
        session: None,
    };
    let login = session(it, headers).await?.map(|(_, login, _)| login);
    let asked = validate(it, faults, &client.scope, &parameters).and_then(|(challenge, scope)| {
        (request.challenge, request.scope) = (challenge, scope);
        asked(&parameters, login.as_deref())
    });
    let asked = match asked {
        Ok(asked) => asked,
        Err((error, text)) => return Ok(redirect_error(it, faults, &request, error, text)),
    };
    (request.needs_login, request.needs_consent) = (asked.login, asked.consent);
    let login = login.filter(|_| !asked.login);
    if asked.nothing {
        return without_a_page(it, faults, &request, login.as_deref()).await;
    }
    let id = random_id();
    it.requests.insert(&id, request).await?;
    match login {
        Some(login) => after_login(it, faults, &id, &login).await,
        None => Ok(see_other(&format!("/login?request={id}"))),
    }
}

/// What a request that may not show a page comes to.
async fn without_a_page(
    it: &AuthorizationServer,
    faults: Faults,
    request: &PendingRequest,
    login: Option<&Login>,
) -> Result<Response, Unavailable> {
    let refuse = |error, text| Ok(redirect_error(it, faults, request, error, text));
    let Some(login) = login else { return refuse("login_required", "nobody is signed in") };
    if faults.has(Fault::Deny) {
        return refuse("access_denied", "this user may not authorize applications");
    }
    if !is_remembered(it, request, login).await? {
        return refuse("consent_required", "the user has not consented to this before");
    }
    callback(it, faults, request, login).await
}

/// The code challenge and the scope of a request that may go on.
fn validate(
    it: &AuthorizationServer,
    faults: Faults,
    registered: &str,
    parameters: &Parameters,
) -> Result<(String, String), (&'static str, &'static str)> {
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "the only response type is code")),
        None => return Err(("invalid_request", "response_type is missing")),
    }
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "code_challenge_method has to be S256"));
    }
    let Some(challenge) = parameters.get("code_challenge").filter(|it| it.len() == 43) else {
        return Err(("invalid_request", "code_challenge has to be 43 characters of base64url"));
    };
    if !parameters.are_for(&it.resource) {
        return Err(("invalid_target", "resource has to be the MCP endpoint"));
    }
    let mut scope = parameters.get("scope").unwrap_or(RESOURCE_SCOPES[0]).to_owned();
    if faults.has(Fault::UnknownScopeDropped) {
        let known: Vec<&str> = scope.split(' ').filter(|it| SCOPES.contains(it)).collect();
        scope = known.join(" ");
    }
    let mut prompt = parameters.get("prompt").unwrap_or_default().split_ascii_whitespace();
    if faults.has(Fault::OfflineNeedsConsent) && !prompt.any(|it| it == "consent") {
        let rest: Vec<&str> = scope.split(' ').filter(|it| *it != OFFLINE_ACCESS).collect();
        scope = rest.join(" ");
        if scope.is_empty() {
            scope = RESOURCE_SCOPES[0].to_owned();
        }
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        scope.split(' ').partition(|it| SCOPES.contains(it));
    if !unknown.is_empty() && !faults.has(Fault::UnknownScopeGranted) {
        return Err(("invalid_scope", "a scope is not supported"));
    }
    if !known.iter().all(|it| includes(registered, it)) {
        return Err(("invalid_scope", "the client did not register this scope"));
    }
    Ok((challenge.to_owned(), scope))
}

/// Which pages a client wants to be shown, or not to be.
struct Asked {
    nothing: bool,
    login: bool,
    consent: bool,
}

fn asked(
    parameters: &Parameters,
    login: Option<&Login>,
) -> Result<Asked, (&'static str, &'static str)> {
    let mut asked = Asked { nothing: false, login: false, consent: false };
    let prompt = parameters.get("prompt").unwrap_or_default();
    for word in prompt.split_ascii_whitespace() {
        match word {
            "none" => asked.nothing = true,
            // Who signs in anew chooses the account too.
            "login" | "select_account" => asked.login = true,
            "consent" => asked.consent = true,
            _ => return Err(("invalid_request", "prompt is not supported")),
        }
    }
    if asked.nothing && prompt.split_ascii_whitespace().count() > 1 {
        return Err(("invalid_request", "prompt none stands alone"));
    }
    if let Some(max_age) = parameters.get("max_age") {
        let max_age: u64 =
            max_age.parse().map_err(|_| ("invalid_request", "max_age has to be seconds"))?;
        let age = login.map_or(0, |it| claims::now().saturating_sub(it.at));
        asked.login |= login.is_some() && (age > max_age || max_age == 0);
    }
    Ok(asked)
}

/// Where [`Fault::ErrorPage`] leads.
pub(crate) async fn error() -> Response {
    let text = "Something went wrong on our side. Go back to the application and try again.";
    pages::message(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", text)
}

fn invalid(text: &'static str) -> Result<Response, Unavailable> {
    Ok(pages::message(StatusCode::BAD_REQUEST, "Invalid request", text))
}
