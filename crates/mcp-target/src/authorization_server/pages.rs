//! The pages that people see: plain forms, no script.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse as _, Response};

/// No `form-action`: browsers apply it to the redirect that follows a form too, and that one leaves the origin.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}\
    label,input{display:block;width:100%;box-sizing:border-box}input{margin:0 0 1rem;padding:.5rem;font:inherit}\
    button{padding:.5rem 1rem;font:inherit;margin-right:.5rem}[role=alert]{color:#a00}";

pub(super) fn login(request: &str, email: &str, wrong: bool) -> Response {
    let alert = if wrong { r#"<p role="alert">Wrong e-mail or password.</p>"# } else { "" };
    let status = if wrong { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let (request, email) = (escape(request), escape(email));
    page(
        status,
        "Sign in",
        &format!(
            r#"{alert}<form method="post" action="/login">
<input type="hidden" name="request" value="{request}">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" value="{email}" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button>
</form>"#
        ),
    )
}

pub(super) fn consent(
    request: &str,
    client: &str,
    email: &str,
    scope: &str,
    can_approve: bool,
) -> Response {
    let client = if client.is_empty() { "An application without a name" } else { client };
    let (request, client, email) = (escape(request), escape(client), escape(email));
    let scopes: String = scope.split(' ').map(|it| format!("<li>{}</li>", escape(it))).collect();
    let approve = if can_approve {
        r#"<button type="submit" name="decision" value="approve">Approve</button>"#
    } else {
        ""
    };
    page(
        StatusCode::OK,
        "Authorize application",
        &format!(
            r#"<p><strong>{client}</strong> asks for access to NovaMart as {email}:</p>
<ul>{scopes}</ul>
<form method="post" action="/consent">
<input type="hidden" name="request" value="{request}">
<button type="submit" name="decision" value="deny">Deny</button>
{approve}
</form>"#
        ),
    )
}

/// A page that leads nowhere; `text` is ours, never a client's.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let role = if status.is_success() { "status" } else { "alert" };
    page(status, title, &format!(r#"<p role="{role}">{text}</p>"#))
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title} · NovaMart</title><style>{STYLE}</style></head>
<body><main><h1>{title}</h1>
{body}
</main></body>
</html>
"#
    );
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(html)).into_response()
}

fn escape(text: &str) -> String {
    let mut it = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => it.push_str("&amp;"),
            '<' => it.push_str("&lt;"),
            '>' => it.push_str("&gt;"),
            '"' => it.push_str("&quot;"),
            '\'' => it.push_str("&#39;"),
            _ => it.push(char),
        }
    }
    it
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_is_text() {
        assert_eq!(escape(r#"<a href='x'>"&"#), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }
}
