//! The pages that people see: plain forms, and no script unless something is to go wrong with them.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse, Response};

use crate::config::faults::{Fault, Faults};

/// No `form-action`: browsers apply it to the redirect that follows a form too, and that one leaves the origin.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}\
    label,input{display:block;width:100%;box-sizing:border-box}input{margin:0 0 1rem;padding:.5rem;font:inherit}\
    button{padding:.5rem 1rem;font:inherit;margin-right:.5rem}[role=alert]{color:#a00}";

const WRONG: &str = "Wrong e-mail or password.";
const WRONG_CODE: &str = "Wrong one-time password.";

/// What someone who is signed in is asked.
pub(super) struct Question {
    /// The identifier of the request.
    pub(super) request: String,
    pub(super) client: String,
    pub(super) email: String,
    pub(super) scope: String,
    pub(super) can_approve: bool,
}

/// What a page says, for an application that draws it itself.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

pub(super) fn login(faults: Faults, request: &str, email: &str, wrong: bool) -> Response {
    let (request, email, alert) = (escape(request), escape(email), alert(wrong.then_some(WRONG)));
    let form = format!(
        r#"{alert}<form method="post" action="/login">
<input type="hidden" name="request" value="{request}">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" value="{email}" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button>
</form>"#
    );
    sign_in(faults, wrong.then_some(WRONG), &form)
}

pub(super) fn identifier(faults: Faults, request: &str, email: &str) -> Response {
    let (request, email) = (escape(request), escape(email));
    let form = format!(
        r#"<form method="post" action="/login">
<input type="hidden" name="request" value="{request}">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" value="{email}" required autofocus>
<button type="submit">Next</button>
</form>"#
    );
    sign_in(faults, None, &form)
}

pub(super) fn password(faults: Faults, request: &str, email: &str, wrong: bool) -> Response {
    let (request, email, alert) = (escape(request), escape(email), alert(wrong.then_some(WRONG)));
    let form = format!(
        r#"{alert}<p>{email} <a href="/login?request={request}">Not you?</a></p>
<form method="post" action="/login/password">
<input type="hidden" name="request" value="{request}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Sign in</button>
</form>"#
    );
    sign_in(faults, wrong.then_some(WRONG), &form)
}

pub(super) fn one_time_password(faults: Faults, request: &str, wrong: bool) -> Response {
    let request = escape(request);
    let alert = alert(wrong.then_some(WRONG_CODE));
    let form = format!(
        r#"{alert}<form method="post" action="/login/code">
<input type="hidden" name="request" value="{request}">
<label for="code">One-time password</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9" required autofocus>
<button type="submit">Verify</button>
</form>"#
    );
    sign_in(faults, wrong.then_some(WRONG_CODE), &form)
}

fn alert(wrong: Option<&str>) -> String {
    wrong.map_or_else(String::new, |it| format!(r#"<p role="alert">{it}</p>"#))
}

fn sign_in(faults: Faults, wrong: Option<&'static str>, form: &str) -> Response {
    let title = "Sign in";
    let html = page(title, scripts(faults).as_deref(), form);
    match wrong {
        Some(it) => (StatusCode::UNAUTHORIZED, said(title, it), html).into_response(),
        None => html,
    }
}

pub(super) fn consent(faults: Faults, question: &Question) -> Response {
    let (request, client) = (escape(&question.request), escape(&question.client));
    let email = escape(&question.email);
    let scopes: String =
        question.scope.split(' ').map(|it| format!("<li>{}</li>", escape(it))).collect();
    let approve = if question.can_approve {
        r#"<button type="submit" name="decision" value="approve">Approve</button>"#
    } else {
        ""
    };
    let form = format!(
        r#"<p><strong>{client}</strong> asks for access to NovaMart as {email}:</p>
<ul>{scopes}</ul>
<form method="post" action="/consent">
<input type="hidden" name="request" value="{request}">
<button type="submit" name="decision" value="deny">Deny</button>
{approve}
</form>"#
    );
    page("Authorize application", scripts(faults).as_deref(), &form)
}

/// A page that leads nowhere; `text` is ours, never a client's.
pub(super) fn message(status: StatusCode, title: &'static str, text: &'static str) -> Response {
    let role = if status.is_success() { "status" } else { "alert" };
    let html = page(title, None, &format!(r#"<p role="{role}">{text}</p>"#));
    (status, said(title, text), html).into_response()
}

/// A page that is drawn by a script of ours.
pub(super) fn application(faults: Faults, script: &str) -> Response {
    let faults = scripts(faults).unwrap_or_default();
    let scripts = format!(r#"{faults}<script type="module" src="{script}"></script>"#);
    page("NovaMart", Some(&scripts), r#"<p role="status">Loading…</p>"#)
}

/// The script that plays the faults of a screen.
pub(crate) async fn faults_script() -> impl IntoResponse {
    script(include_str!("faults.js"))
}

pub(super) fn script(text: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text)
}

fn scripts(faults: Faults) -> Option<String> {
    let played: Vec<_> = [(Fault::Redraw, "redraw"), (Fault::DropFirstClick, "drop-first-click")]
        .into_iter()
        .filter_map(|(fault, name)| faults.has(fault).then_some(name))
        .collect();
    (!played.is_empty()).then(|| {
        format!(r#"<script src="/faults.js" data-faults="{}"></script>"#, played.join(" "))
    })
}

fn said(title: &'static str, text: &'static str) -> axum::Extension<Said> {
    axum::Extension(Said { title, text })
}

fn page(title: &str, scripts: Option<&str>, body: &str) -> Response {
    let policy = match scripts {
        Some(_) => format!("{POLICY}; script-src 'self'; connect-src 'self'"),
        None => POLICY.to_owned(),
    };
    let scripts = scripts.unwrap_or_default();
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title} · NovaMart</title><style>{STYLE}</style>{scripts}</head>
<body><main><h1>{title}</h1>
{body}
</main></body>
</html>
"#
    );
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, policy.as_str()),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Html(html)).into_response()
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
