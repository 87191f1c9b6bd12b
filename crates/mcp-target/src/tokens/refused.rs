//! Why a client does not get what it asked for, [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2).

use axum::Json;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::authorization_server::parameters::{Parameters, is_form};
use crate::config::faults::{Fault, Faults};
use crate::store::unavailable::Unavailable;

#[derive(Debug)]
pub(crate) enum Refused {
    /// By an error of RFC 6749 §5.2 or RFC 8707 §2, with its description.
    Error(&'static str, &'static str),
    Unavailable(Unavailable),
}

impl From<Unavailable> for Refused {
    fn from(it: Unavailable) -> Self {
        Self::Unavailable(it)
    }
}

impl Refused {
    /// As a client with these headers is told.
    pub(super) fn answer(self, headers: &HeaderMap, faults: Faults) -> Response {
        let (error, description) = match self {
            Self::Unavailable(it) => return it.into_response(),
            Self::Error(error, description) => (error, description),
        };
        tracing::info!(error, description, "token refused");
        let is_401 =
            error == "invalid_client" || error == "invalid_grant" && faults.has(Fault::Grant401);
        let status = if is_401 { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        let body = Json(json!({"error": error, "error_description": description}));
        let mut response = no_store((status, body).into_response());
        if error == "invalid_client" && headers.contains_key(AUTHORIZATION) {
            let challenge = HeaderValue::from_static(r#"Basic realm="NovaMart""#);
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

pub(crate) fn error(error: &'static str, description: &'static str) -> Refused {
    Refused::Error(error, description)
}

/// The form that a client sent.
pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, Refused> {
    if !is_form(headers) {
        return Err(error("invalid_request", "the body has to be a form"));
    }
    Parameters::parse(body).map_err(|_| error("invalid_request", "a parameter is repeated"))
}

pub(super) fn required<'a>(
    form: &'a Parameters,
    name: &str,
    missing: &'static str,
) -> Result<&'a str, Refused> {
    form.get(name).ok_or(error("invalid_request", missing))
}

pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
