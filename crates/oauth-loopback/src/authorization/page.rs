//! What a browser is shown at the end.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};

macro_rules! html {
    ($title:literal, $text:literal) => {
        concat!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>",
            $title,
            "</title><style>body{font:1.1rem system-ui;margin:4rem auto;max-width:30rem}</style><h1>",
            $title,
            "</h1><p>",
            $text,
            "</p></html>"
        )
    };
}

pub(crate) const SIGNED_IN: &str = html!("Signed in", "You can close this window.");
pub(crate) const NOT_SIGNED_IN: &str =
    html!("Not signed in", "The reason is where the sign-in was started.");
pub(crate) const NOT_THE_ANSWER: &str =
    html!("Nothing here", "This is not the answer that is waited for.");

/// A constant page: nothing of the request stands in it.
pub(crate) fn page(status: StatusCode, html: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, html).into_response()
}
