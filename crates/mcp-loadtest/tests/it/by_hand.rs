//! A sign-in without a browser, for tests of what comes after it.

use axum::http::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use oauth_loopback::http_client;
use serde_json::{Value, json};
use url::Url;

use crate::servers::{EMAIL, PASSWORD};

const CALLBACK: &str = "http://127.0.0.1:4711/callback";

// Those of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A token of the reference target at `resource`, for which the forms of its plain screens are sent.
pub(crate) async fn token(resource: &str) -> String {
    let http = http_client().no_proxy().build().unwrap();
    let issuer = resource.strip_suffix("/mcp").unwrap();
    let metadata = json!({"redirect_uris": [CALLBACK], "application_type": "native"});
    let registered = http.post(format!("{issuer}/register")).json(&metadata).send().await.unwrap();
    let client: Value = registered.json().await.unwrap();
    let client_id = client["client_id"].as_str().unwrap();

    let parameters = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "mcp:read"),
        ("resource", resource),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let url = Url::parse_with_params(&format!("{issuer}/authorize"), parameters).unwrap();
    let mut browser = Browser { http: &http, issuer, cookie: None };
    let login = browser.show(http.get(url)).await;
    let login = [("request", hidden(&login)), ("email", EMAIL), ("password", PASSWORD)];
    let consent = browser.send("/login", &login).await;
    let consent = [("request", hidden(&consent)), ("decision", "approve")];
    let callback = Url::parse(&browser.send("/consent", &consent).await).unwrap();
    let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1;

    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
        ("resource", resource),
    ];
    let answered = http.post(format!("{issuer}/token")).form(&form).send().await.unwrap();
    let token: Value = answered.json().await.unwrap();
    token["access_token"].as_str().unwrap().to_owned()
}

struct Browser<'a> {
    http: &'a reqwest::Client,
    issuer: &'a str,
    cookie: Option<String>,
}

impl Browser<'_> {
    async fn send(&mut self, path: &str, form: &[(&str, &str)]) -> String {
        let request = self.http.post(format!("{}{path}", self.issuer)).form(form);
        self.show(request.header(ORIGIN, self.issuer)).await
    }

    /// The page that a request ends at, or the address beyond the issuer.
    async fn show(&mut self, mut request: reqwest::RequestBuilder) -> String {
        loop {
            if let Some(cookie) = &self.cookie {
                request = request.header(COOKIE, cookie);
            }
            let response = request.send().await.unwrap();
            if let Some(cookie) = response.headers().get(SET_COOKIE) {
                let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
                self.cookie = Some(cookie.to_owned());
            }
            let Some(location) = response.headers().get(LOCATION) else {
                return response.text().await.unwrap();
            };
            let url = response.url().join(location.to_str().unwrap()).unwrap();
            if !url.as_str().starts_with(self.issuer) {
                return url.into();
            }
            request = self.http.get(url);
        }
    }
}

/// The field of a form that names the authorization request.
fn hidden(page: &str) -> &str {
    page.split_once(r#"name="request" value=""#).unwrap().1.split_once('"').unwrap().0
}
