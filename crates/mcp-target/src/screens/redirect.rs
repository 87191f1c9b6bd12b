//! Where a browser is sent, and what stands in the address.

use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Redirect, Response};
use url::Url;

use crate::authorization_server::scopes::{includes, is_within};
use crate::authorization_server::state::{AuthorizationServer, random_id};
use crate::config::faults::{Fault, Faults};
use crate::screens::request::{Login, PendingRequest};
use crate::store::unavailable::Unavailable;
use crate::tokens::grant::{Authorization, Code};

/// Where a browser goes once someone is signed in.
pub(super) async fn after_login(
    it: &AuthorizationServer,
    faults: Faults,
    id: &str,
    login: &Login,
) -> Result<Response, Unavailable> {
    if faults.has(Fault::Deny)
        && let Some(request) = it.requests.remove(id).await?
    {
        let denied = "this user may not authorize applications";
        return Ok(redirect_error(it, faults, &request, "access_denied", denied));
    }
    if it.remember_consent
        && let Some(request) = it.requests.get(id).await?
        && is_remembered(it, &request, login).await?
        && let Some(request) = it.requests.remove(id).await?
    {
        return callback(it, faults, &request, login).await;
    }
    Ok(see_other(&format!("/consent?request={id}")))
}

/// Whether this user has consented to all of this for this client, and need not be asked again.
pub(super) async fn is_remembered(
    it: &AuthorizationServer,
    request: &PendingRequest,
    login: &Login,
) -> Result<bool, Unavailable> {
    if !it.remember_consent || request.needs_consent {
        return Ok(false);
    }
    let consented = it.consents.get(&consent_key(&login.user, &request.client_id)).await?;
    Ok(consented.is_some_and(|consented| is_within(&request.scope, &consented)))
}

/// Remembers what was consented to, beside what was before.
pub(super) async fn remember(
    it: &AuthorizationServer,
    request: &PendingRequest,
    login: &Login,
) -> Result<(), Unavailable> {
    if !it.remember_consent {
        return Ok(());
    }
    let key = consent_key(&login.user, &request.client_id);
    let kept = it.consents.change(&key, |consented| {
        let consented = consented.get_or_insert_default();
        for word in request.scope.split(' ') {
            if !includes(consented, word) {
                consented.push_str(if consented.is_empty() { "" } else { " " });
                consented.push_str(word);
            }
        }
    });
    kept.await
}

fn consent_key(user: &str, client_id: &str) -> String {
    format!("{user} {client_id}")
}

/// Back to the client with a code for what was granted.
pub(super) async fn callback(
    it: &AuthorizationServer,
    faults: Faults,
    request: &PendingRequest,
    login: &Login,
) -> Result<Response, Unavailable> {
    let code = random_id();
    let other = faults.has(Fault::RepeatedCode).then(random_id);
    let mut parameters = vec![("code", code.as_str())];
    parameters.extend(other.as_deref().map(|it| ("code", it)));
    let callback = redirect(it, faults, request, &parameters);
    let authorization = Authorization {
        id: random_id(),
        client_id: request.client_id.clone(),
        scope: request.scope.clone(),
        user: login.user.clone(),
        signed_in: login.at,
        nonce: request.nonce.clone(),
    };
    let granted = Code {
        authorization,
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        used: false,
        family: None,
    };
    it.codes.insert(&code, granted).await?;
    Ok(callback)
}

pub(super) fn redirect_error(
    it: &AuthorizationServer,
    faults: Faults,
    request: &PendingRequest,
    error: &str,
    description: &str,
) -> Response {
    tracing::info!(client_id = request.client_id, error, description, "authorization refused");
    redirect(it, faults, request, &[("error", error), ("error_description", description)])
}

/// Back to the client, with `state` and, by [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207), `iss`.
fn redirect(
    it: &AuthorizationServer,
    faults: Faults,
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
        if faults.has(Fault::WrongIss) {
            query.append_pair("iss", &format!("{}/other", it.base));
        } else if !faults.has(Fault::NoIss) {
            query.append_pair("iss", it.issuer(faults));
        }
    }
    see_other(url.as_str())
}

pub(super) fn see_other(location: &str) -> Response {
    ([(CACHE_CONTROL, "no-store")], Redirect::to(location)).into_response()
}
