use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

pub(crate) const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource/mcp";
pub(crate) const ROOT_RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";
pub(crate) const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";
pub(crate) const OPENID_METADATA: &str = "/.well-known/openid-configuration";

/// What an authorization server and its resource say. `{origin}` in any text stands for their address, and in a whole
/// answer the name of a parameter for what was sent.
///
/// The objects are laid over a conforming answer: a member replaces, `null` takes away.
pub(crate) struct Script {
    pub(crate) challenge: Option<&'static str>,
    pub(crate) resource: Value,
    pub(crate) metadata: Value,
    pub(crate) registration: Value,
    pub(crate) callback: Value,
    pub(crate) token: Value,
    pub(crate) refreshed: Value,
    /// As OpenID Connect has it: the metadata is under its name too, and `offline_access` means nothing without the consent
    /// page.
    pub(crate) openid: bool,
    /// Whether a token comes with an ID token of its request.
    pub(crate) echoes_nonce: bool,
    /// Whole answers by path.
    pub(crate) instead: Vec<(&'static str, Instead)>,
    /// Answers that are given once before the usual ones: path, status, headers, body.
    pub(crate) first: Vec<First>,
}

pub(crate) type First = (&'static str, u16, &'static [(&'static str, &'static str)], &'static str);

pub(crate) enum Instead {
    Answer(u16, &'static str, &'static str),
    Redirect(u16, &'static str),
    /// The connection stays open and silent.
    Silence,
    /// A hundred megabytes.
    Flood,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            challenge: Some(
                "Bearer realm=\"test\", resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp\"",
            ),
            resource: json!({}),
            metadata: json!({}),
            registration: json!({}),
            callback: json!({}),
            token: json!({}),
            refreshed: json!({ "refresh_token": "refresh-2" }),
            openid: false,
            echoes_nonce: false,
            instead: Vec::new(),
            first: Vec::new(),
        }
    }
}

/// A request as it arrived; `form` holds the pairs of the query or of the form.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) form: HashMap<String, String>,
    pub(crate) body: Bytes,
}

/// A scripted authorization server and the resource it protects. It checks what a strict server checks: PKCE, state,
/// redirect URI; and, as real ones do, it issues an opaque token to a client that does not name the resource.
pub(crate) struct Server {
    pub(crate) origin: String,
    script: Script,
    seen: Mutex<Vec<Seen>>,
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
    first: Mutex<Vec<First>>,
}

impl Server {
    pub(crate) async fn start(script: Script) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
        let first = Mutex::new(script.first.clone());
        let (seen, codes) = (Mutex::default(), Mutex::default());
        let it = Arc::new(Self { origin, script, seen, codes, first });
        let router = Router::new().fallback(handle).with_state(it.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        it
    }

    pub(crate) fn mcp(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    /// The requests to a path, in order.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.seen
            .lock()
            .expect("no test panics with it")
            .iter()
            .filter(|it| it.path == path)
            .cloned()
            .collect()
    }

    /// All requests in order, by method and path.
    pub(crate) fn requests(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("no test panics with it");
        seen.iter().map(|it| format!("{} {}", it.method, it.path)).collect()
    }

    pub(crate) fn say_once(&self, it: First) {
        self.first.lock().expect("no test panics with it").push(it);
    }

    fn once(&self, path: &str) -> Option<First> {
        let mut first = self.first.lock().expect("no test panics with it");
        let at = first.iter().position(|it| it.0 == path)?;
        Some(first.remove(at))
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{origin}", &self.origin)
    }

    fn patched(&self, mut conforming: Value, patch: &Value) -> Value {
        let patch: Value =
            serde_json::from_str(&self.fill(&patch.to_string())).expect("it was JSON");
        for (name, value) in patch.as_object().expect("patches are objects") {
            conforming[name] = value.clone();
        }
        conforming.as_object_mut().expect("answers are objects").retain(|_, it| !it.is_null());
        conforming
    }

    fn metadata(&self) -> Value {
        let origin = &self.origin;
        let conforming = json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "registration_endpoint": format!("{origin}/register"),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "revocation_endpoint": format!("{origin}/revoke"),
        });
        self.patched(conforming, &self.script.metadata)
    }

    fn authorize(&self, query: &HashMap<String, String>) -> Response {
        let code = BASE64URL.encode(rand::random::<[u8; 12]>());
        let conforming = json!({ "code": code, "state": query["state"], "iss": self.origin });
        self.codes.lock().expect("no test panics with it").insert(code, query.clone());
        let parameters = self.patched(conforming, &self.script.callback);
        let mut url = url::Url::parse(&query["redirect_uri"]).expect("a redirect URI");
        for (name, value) in parameters.as_object().expect("parameters are an object") {
            url.query_pairs_mut()
                .append_pair(name, value.as_str().expect("parameters are strings"));
        }
        (StatusCode::FOUND, [("location", url.to_string())]).into_response()
    }

    fn token(&self, form: &HashMap<String, String>) -> Response {
        let resource = form.get("resource");
        let (mut offline, mut nonce) = (true, None);
        if form["grant_type"] == "authorization_code" {
            let asked = self.codes.lock().expect("no test panics with it").remove(&form["code"]);
            nonce = asked.as_ref().and_then(|it| it.get("nonce").cloned());
            let consented =
                asked.as_ref().and_then(|it| it.get("prompt")) == Some(&"consent".into());
            offline = consented || !self.script.openid;
            let proven = asked.is_some_and(|it| {
                it["code_challenge"] == BASE64URL.encode(Sha256::digest(&form["code_verifier"]))
                    && it["redirect_uri"] == form["redirect_uri"]
                    && form.get("client_id").is_none_or(|named| it["client_id"] == *named)
                    && it.get("resource") == resource
            });
            if !proven {
                return json_answer(400, &json!({ "error": "invalid_grant" }));
            }
        }
        let claims =
            json!({ "iss": self.origin, "aud": resource, "scope": "mcp:read" }).to_string();
        let access_token = match resource {
            Some(_) => format!("e30.{}.c2ln", BASE64URL.encode(claims)),
            None => "opaque".to_owned(),
        };
        let mut conforming = json!({
            "access_token": access_token, "token_type": "Bearer", "expires_in": 3600,
            "scope": "mcp:read",
        });
        if let Some(it) = nonce.filter(|_| self.script.echoes_nonce) {
            let claims = BASE64URL.encode(json!({ "nonce": it }).to_string());
            conforming["id_token"] = json!(format!("e30.{claims}.c2ln"));
        }
        if offline {
            conforming["refresh_token"] = json!("refresh-1");
        }
        let patch = if form["grant_type"] == "refresh_token" {
            &self.script.refreshed
        } else {
            &self.script.token
        };
        let mut answer = self.patched(conforming, patch).to_string();
        for (name, value) in form {
            answer = answer.replace(&format!("{{echo:{name}}}"), value);
        }
        let answer: Value = serde_json::from_str(&answer).expect("it was JSON");
        json_answer(200, &answer)
    }
}

async fn handle(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("requests are small");
    let encoded = if head.method == Method::GET {
        head.uri.query().unwrap_or_default().as_bytes()
    } else {
        &body
    };
    let form: HashMap<String, String> = url::form_urlencoded::parse(encoded).into_owned().collect();
    let path = Uri::path(&head.uri).to_owned();
    server.seen.lock().expect("no test panics with it").push(Seen {
        method: head.method,
        path: path.clone(),
        headers: head.headers,
        form: form.clone(),
        body: body.clone(),
    });
    if let Some((_, status, headers, body)) = server.once(&path) {
        let headers = headers.iter().map(|(name, value)| (*name, server.fill(value)));
        let headers: Vec<(&str, String)> = headers.collect();
        // Not a text, which would have a media type of its own.
        let body = Body::from(server.fill(body));
        return (code(status), AppendHeaders(headers), body).into_response();
    }
    if let Some((_, instead)) = server.script.instead.iter().find(|(it, _)| *it == path) {
        return match instead {
            Instead::Answer(status, kind, body) => {
                let echo = |text: String, (name, value): (&String, &String)| {
                    text.replace(&format!("{{{name}}}"), value)
                };
                let body = form.iter().fold(server.fill(body), echo);
                (code(*status), [("content-type", *kind)], body).into_response()
            }
            Instead::Redirect(status, to) => {
                (code(*status), [("location", server.fill(to))]).into_response()
            }
            Instead::Silence => std::future::pending().await,
            Instead::Flood => Body::from(vec![b' '; 100 << 20]).into_response(),
        };
    }
    match path.as_str() {
        "/mcp" => match server.script.challenge {
            Some(it) => (code(401), [("www-authenticate", server.fill(it))]).into_response(),
            None => code(401).into_response(),
        },
        RESOURCE_METADATA => {
            let conforming =
                json!({ "resource": server.mcp(), "authorization_servers": [server.origin] });
            json_answer(200, &server.patched(conforming, &server.script.resource))
        }
        SERVER_METADATA => json_answer(200, &server.metadata()),
        OPENID_METADATA if server.script.openid => json_answer(200, &server.metadata()),
        "/register" => {
            let asked: Value = serde_json::from_slice(&body).expect("a registration is JSON");
            let conforming = server.patched(asked, &json!({ "client_id": "client-1" }));
            json_answer(201, &server.patched(conforming, &server.script.registration))
        }
        "/authorize" => server.authorize(&form),
        "/token" => server.token(&form),
        "/revoke" => code(200).into_response(),
        "/client" => code(204).into_response(),
        _ => code(404).into_response(),
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status of a test")
}

fn json_answer(status: u16, body: &Value) -> Response {
    (code(status), [("content-type", "application/json")], body.to_string()).into_response()
}
