use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use mcp_target::{Config, Fault, User};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use crate::person::Person;

pub(crate) const EMAIL: &str = "loadtest@novamart.example";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:4711/callback";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A target of its own for one test.
pub(crate) struct Target {
    pub(crate) issuer: String,
    pub(crate) resource: String,
    pub(crate) http: reqwest::Client,
    end: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
}

impl Target {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn faulty(fault: Fault) -> Self {
        Self::with(|it| it.faults = fault.into()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let user = |email, workspace| User::new(email, PASSWORD, workspace);
        let mut config =
            Config::new(vec![user(EMAIL, "ws-1"), user("second@novamart.example", "ws-2")]);
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let served = tokio::spawn(mcp_target::serve(listener, config, async {
            let _ = ended.await;
        }));
        Self {
            issuer: mcp_target::issuer(address),
            resource: mcp_target::resource(address),
            http: http(),
            end,
            served,
        }
    }

    /// One that is served elsewhere.
    pub(crate) fn elsewhere(issuer: &str) -> Self {
        let served = tokio::spawn(async { Ok(()) });
        let (issuer, resource) = (issuer.to_owned(), format!("{issuer}/mcp"));
        Self { issuer, resource, http: http(), end: oneshot::channel().0, served }
    }

    /// Tells the server to end, and waits until it has.
    pub(crate) async fn stop(self) -> io::Result<()> {
        let _ = self.end.send(());
        self.served.await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.http.get(format!("{}{path}", self.issuer)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let response =
            self.http.post(format!("{}{path}", self.issuer)).json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Registers a client that may refresh, and returns its id.
    pub(crate) async fn register(&self) -> String {
        let metadata = json!({
            "client_name": "A <b>test</b>",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "application_type": "native",
        });
        let (status, client) = self.post("/register", &metadata).await;
        assert_eq!(status, 201);
        client["client_id"].as_str().unwrap().to_owned()
    }

    /// A good authorization request, with `changes`: an empty value removes the parameter.
    pub(crate) fn authorize_url(&self, client_id: &str, changes: &[(&str, &str)]) -> Url {
        let challenge = BASE64URL.encode(Sha256::digest(VERIFIER));
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", REDIRECT_URI),
            ("state", "some state"),
            ("scope", "mcp:read offline_access"),
            ("resource", self.resource.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        change(&mut parameters, changes);
        Url::parse_with_params(&format!("{}/authorize", self.issuer), parameters).unwrap()
    }

    /// Signs in, approves, and returns the code.
    pub(crate) async fn code(&self, client_id: &str, changes: &[(&str, &str)]) -> String {
        let callback = Person::new(self).approve(&self.authorize_url(client_id, changes)).await;
        parameter(&callback, "code").expect("the callback has a code")
    }

    /// A good token request for `code`, with `changes`.
    pub(crate) async fn exchange(
        &self,
        client_id: &str,
        code: &str,
        changes: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT_URI),
            ("resource", self.resource.as_str()),
        ];
        change(&mut form, changes);
        self.token(&form).await
    }

    pub(crate) async fn refresh(
        &self,
        client_id: &str,
        token: &str,
        changes: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("client_id", client_id),
            ("refresh_token", token),
            ("resource", self.resource.as_str()),
        ];
        change(&mut form, changes);
        self.token(&form).await
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let response =
            self.http.post(format!("{}/token", self.issuer)).form(form).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// What the MCP endpoint says to a bearer that begins a session.
    pub(crate) async fn knock(&self, bearer: &str) -> u16 {
        let hello = crate::session::Session::initialize_body();
        let answer = crate::session::Session::post(self, Some(bearer), None, &hello).await;
        answer.status().as_u16()
    }

    /// What an endpoint answers to a form: 0 bytes are `null`.
    pub(crate) async fn form(
        &self,
        path: &str,
        basic: Option<(&str, &str)>,
        form: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut request = self.http.post(format!("{}{path}", self.issuer)).form(form);
        if let Some((id, secret)) = basic {
            request = request.basic_auth(id, Some(secret));
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The whole flow: an access token.
    pub(crate) async fn bearer(&self, scope: &str) -> String {
        let client_id = self.register().await;
        let code = self.code(&client_id, &[("scope", scope)]).await;
        let (status, token) = self.exchange(&client_id, &code, &[]).await;
        assert_eq!(status, 200, "{token}");
        token["access_token"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn http() -> reqwest::Client {
    // It fails where another test was faster, and only matters where reqwest was built with TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(it, _)| it == name).map(|(_, value)| value.into_owned())
}

fn change<'a>(parameters: &mut Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) {
    for (name, value) in changes {
        parameters.retain(|(it, _)| it != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
}
