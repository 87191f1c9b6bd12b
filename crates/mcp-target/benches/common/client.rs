//! What is asked, and the sign-in before it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

pub(crate) type Failed = Box<dyn std::error::Error>;

pub(crate) const EMAIL: &str = "bench@novamart.example";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";

const REDIRECT_URI: &str = "http://127.0.0.1:4711/callback";
/// What a load test asks for: tokens that last, and nothing of OpenID Connect.
const SCOPE: &str = "mcp:read offline_access";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const ACCEPT: &str = "application/json, text/event-stream";

/// What a server is asked.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// What it answers.
#[derive(Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// Somebody who signed in, and with which client.
pub(crate) struct User {
    pub(crate) client_id: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

pub(crate) struct Client {
    http: reqwest::Client,
    origin: String,
}

impl Client {
    pub(crate) fn new(origin: &str) -> Self {
        // It fails where it is set already, and only matters where reqwest was built with TLS.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build();
        Self { http: http.expect("a client can be built"), origin: origin.to_owned() }
    }

    async fn register(&self) -> Result<String, Failed> {
        let metadata = json!({
            "client_name": "bench", "redirect_uris": [REDIRECT_URI], "application_type": "native",
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let response = self.http.post(format!("{}/register", self.origin)).json(&metadata);
        let client: Value = response.send().await?.json().await?;
        Ok(client["client_id"].as_str().ok_or("the registration has a client_id")?.to_owned())
    }

    fn authorize_url(&self, client_id: &str, scope: &str) -> Result<Url, Failed> {
        let challenge = BASE64URL.encode(Sha256::digest(VERIFIER));
        let resource = format!("{}/mcp", self.origin);
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", REDIRECT_URI),
            ("state", "some-state"),
            ("scope", scope),
            ("resource", &resource),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        Ok(Url::parse_with_params(&format!("{}/authorize", self.origin), parameters)?)
    }

    /// The path of an authorization request of this user's client.
    pub(crate) fn authorize(&self, user: &User) -> String {
        let url = self.authorize_url(&user.client_id, SCOPE).expect("an issuer is a URL");
        url[url::Position::BeforePath..].to_owned()
    }

    /// The whole flow, as the user of this number.
    pub(crate) async fn sign_in(&self, number: usize) -> Result<User, Failed> {
        let client_id = self.register().await?;
        self.sign_in_with(&client_id, number, &format!("openid {SCOPE}")).await
    }

    async fn sign_in_with(
        &self,
        client_id: &str,
        number: usize,
        scope: &str,
    ) -> Result<User, Failed> {
        let begun = self.http.get(self.authorize_url(client_id, scope)?).send().await?;
        let login = begun.headers()[LOCATION].to_str()?.to_owned();
        let request = login.split_once("request=").ok_or("a sign-in has a request")?.1.to_owned();
        let email = match number {
            0 => EMAIL.to_owned(),
            _ => EMAIL.replace('@', &format!("+{}@", number + 1)),
        };
        let form = [("request", request.as_str()), ("email", &email), ("password", PASSWORD)];
        let signed_in = self.http.post(format!("{}/login", self.origin)).form(&form).send().await?;
        let cookie = signed_in.headers().get(SET_COOKIE).ok_or("a sign-in sets a cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default().to_owned();
        let consent = format!("{}/consent", self.origin);
        let page = self.http.get(format!("{consent}?request={request}")).header(COOKIE, &cookie);
        page.send().await?;
        let form = [("request", request.as_str()), ("decision", "approve")];
        let callback = self.http.post(&consent).header(COOKIE, &cookie).form(&form).send().await?;
        let callback = Url::parse(callback.headers()[LOCATION].to_str()?)?;
        let code = callback.query_pairs().find(|(name, _)| name == "code");
        let code = code.ok_or("the callback has a code")?.1.into_owned();
        let resource = format!("{}/mcp", self.origin);
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT_URI),
            ("resource", &resource),
        ];
        let response = self.http.post(format!("{}/token", self.origin)).form(&form).send().await?;
        let token: Value = response.json().await?;
        let text = |name: &str| token[name].as_str().unwrap_or_default().to_owned();
        let (access_token, refresh_token) = (text("access_token"), text("refresh_token"));
        if access_token.is_empty() || refresh_token.is_empty() {
            return Err(format!("no tokens: {token}").into());
        }
        Ok(User { client_id: client_id.to_owned(), access_token, refresh_token })
    }

    /// A form that lacks the refresh token at its end, and refresh tokens for it.
    pub(crate) async fn refresh_tokens(
        &self,
        count: usize,
    ) -> Result<(String, Vec<String>), Failed> {
        let client_id = self.register().await?;
        let mut tokens = Vec::new();
        for number in 0..count {
            tokens.push(self.sign_in_with(&client_id, number % 64, SCOPE).await?.refresh_token);
        }
        let resource = format!("{}/mcp", self.origin);
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "refresh_token"),
                ("client_id", &client_id),
                ("resource", &resource),
            ])
            .finish();
        Ok((format!("{form}&refresh_token="), tokens))
    }

    /// What a refresh is answered.
    pub(crate) async fn refresh_answer(&self) -> Result<Answer, Failed> {
        let client_id = self.register().await?;
        let user = self.sign_in_with(&client_id, 0, SCOPE).await?;
        let resource = format!("{}/mcp", self.origin);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", user.client_id.as_str()),
            ("refresh_token", &user.refresh_token),
            ("resource", &resource),
        ];
        let response = self.http.post(format!("{}/token", self.origin)).form(&form).send().await?;
        let body = response.error_for_status()?.text().await?;
        Ok(Answer { content_type: "application/json".to_owned(), body })
    }

    /// Opens an MCP session of revision 2025-11-25 and returns its id.
    pub(crate) async fn open_session(&self, bearer: &str) -> Result<String, Failed> {
        let body = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"},
        }});
        let post = |body: &Value| {
            let request = self.http.post(format!("{}/mcp", self.origin)).bearer_auth(bearer);
            request.header("Accept", ACCEPT).json(body)
        };
        let response = post(&body).send().await?;
        let id = response.headers().get("mcp-session-id").ok_or("a session has an id")?;
        let id = id.to_str()?.to_owned();
        response.text().await?;
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let request = post(&initialized).header("Mcp-Session-Id", &id);
        request.header("MCP-Protocol-Version", "2025-11-25").send().await?.error_for_status()?;
        Ok(id)
    }

    /// What the target answers, as the bare handler is to answer it.
    pub(crate) async fn answer(&self, asked: &Asked) -> Result<Answer, Failed> {
        let method = asked.method.parse()?;
        let mut request = self.http.request(method, format!("{}{}", self.origin, asked.path));
        for (name, value) in &asked.headers {
            request = request.header(name, value);
        }
        let response = request.body(asked.body.replace(ID, "1")).send().await?;
        if response.status().as_u16() >= 400 {
            return Err(format!("{} is answered {}", asked.path, response.status()).into());
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.map_or(Ok("text/plain"), |it| it.to_str())?.to_owned();
        Ok(Answer { content_type, body: response.text().await? })
    }
}

pub(crate) fn get(path: &str, bearer: Option<&str>) -> Asked {
    let authorization = bearer.map(|it| ("Authorization".to_owned(), format!("Bearer {it}")));
    Asked {
        path: path.to_owned(),
        method: "GET".to_owned(),
        headers: authorization.into_iter().collect(),
        body: String::new(),
    }
}

fn post(bearer: &str, headers: &[(&str, &str)], body: &Value) -> Asked {
    let bearer = format!("Bearer {bearer}");
    let common = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Accept", ACCEPT),
    ];
    let headers: BTreeMap<String, String> = common
        .iter()
        .chain(headers)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Asked { path: "/mcp".to_owned(), method: "POST".to_owned(), headers, body: body.to_string() }
}

/// A call of `echo` in the stateless revision.
pub(crate) fn echo(bearer: &str) -> Asked {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "echo", "arguments": {"text": "hello"},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        },
    }});
    let headers = [
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "echo"),
    ];
    post(bearer, &headers, &body)
}

/// Where the id of each request of a session stands.
pub(crate) const ID: &str = "\"ID\"";

/// A call of `echo` in a session.
pub(crate) fn echo_in(bearer: &str, session: &str) -> Asked {
    in_session(
        bearer,
        session,
        "tools/call",
        &json!({"name": "echo", "arguments": {"text": "hello"}}),
    )
}

pub(crate) fn ping_in(bearer: &str, session: &str) -> Asked {
    in_session(bearer, session, "ping", &json!({}))
}

fn in_session(bearer: &str, session: &str, method: &str, params: &Value) -> Asked {
    let body = json!({"jsonrpc": "2.0", "id": "ID", "method": method, "params": params});
    let headers = [("Mcp-Session-Id", session), ("MCP-Protocol-Version", "2025-11-25")];
    post(bearer, &headers, &body)
}
