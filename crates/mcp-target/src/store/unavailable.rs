use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The place where things are kept does not answer, or refuses; whether the last change was kept is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unavailable;

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        let body = json!({
            "error": "temporarily_unavailable",
            "error_description": "the session store cannot be used now",
        });
        let headers = [(RETRY_AFTER, "1"), (CACHE_CONTROL, "no-store")];
        (StatusCode::SERVICE_UNAVAILABLE, headers, Json(body)).into_response()
    }
}
