//! Sign-in and consent pages from `tests/pages`, and the listener behind their redirect URI.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use url::Url;

pub(crate) const EMAIL: &str = "loadtest@novamart.example";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const CLIENT: &str = "No Thanks Reader";
const CODE: &str = "single-use-code-7d1f";
const CALLBACK: &str = "/callback";

/// A running site; what it was sent is in `posted`, and `wrong` counts the ways that must not be taken.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) origin: String,
    callback: Arc<Mutex<String>>,
    pub(crate) posted: Arc<Mutex<Vec<String>>>,
    /// The one-time codes that were sent; one that is here already is refused.
    pub(crate) codes: Arc<Mutex<Vec<String>>>,
    /// Where `/robots.txt` leads.
    robots: Arc<Mutex<Option<String>>>,
    arrived: Arc<Notify>,
    opened: Arc<Notify>,
    recorded: Arc<Notify>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = |it: &TcpListener| format!("http://{}", it.local_addr().unwrap());
        let site = Self {
            origin: origin(&listener),
            callback: Arc::new(Mutex::new(format!("{}{CALLBACK}", origin(&callback)))),
            posted: Arc::default(),
            codes: Arc::default(),
            robots: Arc::default(),
            arrived: Arc::default(),
            opened: Arc::default(),
            recorded: Arc::default(),
        };
        let pages = Router::new()
            .route("/slow", get(|| tokio::time::sleep(Duration::from_millis(400))))
            .route("/opened", get(opened))
            .route("/login", post(login))
            .route("/session", post(session))
            .route("/code", post(code))
            .route("/start", get(start))
            .route("/code-refused-always", get(refuse_code).post(refuse_code))
            .route("/decide", post(decide))
            .route("/decide-json", post(decide_json))
            .route("/decide-slowly", post(decide_slowly))
            .route("/never", get(std::future::pending::<()>).post(std::future::pending::<()>))
            .route("/failure", get(failure))
            .route("/echo", post(echo))
            .route("/strict-consent", get(strict_consent))
            .route("/denied", get(denied))
            .route("/given", get(given))
            .route("/hop", get(hop))
            .route("/robots.txt", get(robots))
            .route("/{page}", get(page).post(page))
            .with_state(site.clone());
        let arrived = Router::new().route(CALLBACK, get(arrive)).with_state(site.clone());
        tokio::spawn(async { axum::serve(listener, pages).await });
        tokio::spawn(async { axum::serve(callback, arrived).await });
        site
    }

    /// The authorization request that begins at a page.
    pub(crate) fn url(&self, page: &str) -> Url {
        let mut url = Url::parse(&self.origin).unwrap().join(page).unwrap();
        url.query_pairs_mut()
            .append_pair("redirect_uri", &self.callback.lock().unwrap())
            .append_pair("scope", "mcp:read offline_access")
            .append_pair("state", "state-3f9a0b1c");
        url
    }

    /// Resolves when the listener holds the code.
    pub(crate) async fn code_arrived(&self) {
        self.arrived.notified().await;
    }

    /// Resolves when a page has said that it runs.
    pub(crate) async fn opened(&self) {
        self.opened.notified().await;
    }

    /// What was posted, once there is anything.
    pub(crate) async fn once_posted(&self) -> Vec<String> {
        let recorded = tokio::time::timeout(Duration::from_secs(30), self.recorded.notified());
        recorded.await.expect("something is posted");
        self.posted()
    }

    pub(crate) fn posted(&self) -> Vec<String> {
        self.posted.lock().unwrap().clone()
    }

    /// Moves the redirect URI to a port on which nothing listens.
    pub(crate) async fn close_callback(&self) {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        *self.callback.lock().unwrap() = format!("http://{free}{CALLBACK}");
    }

    /// As behind a proxy that sends whoever is not signed in to its own page.
    pub(crate) fn lead_robots_to(&self, origin: &str) {
        *self.robots.lock().unwrap() = Some(format!("{origin}/plain-consent.html"));
    }

    fn record(&self, path: &str, body: &str) {
        self.posted.lock().unwrap().push(format!("{path} {body}").trim_end().to_owned());
        self.recorded.notify_one();
    }

    fn redirect(&self, query: &str) -> String {
        format!("{}?{query}&state=state-3f9a0b1c", self.callback.lock().unwrap())
    }
}

fn read(page: &str) -> Option<String> {
    std::fs::read_to_string(format!("{}/tests/pages/{page}", env!("CARGO_MANIFEST_DIR"))).ok()
}

fn is_right(body: &str) -> bool {
    let pairs: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).collect();
    let has = |name, value| pairs.iter().any(|it| it.0 == name && it.1 == value);
    (has("email", EMAIL) || !body.contains("email=")) && has("password", PASSWORD)
}

async fn page(State(site): State<Site>, Path(page): Path<String>, body: String) -> Response {
    match read(&page) {
        Some(it) if page.ends_with(".xhtml") => {
            ([(header::CONTENT_TYPE, "application/xhtml+xml")], it).into_response()
        }
        Some(it) => Html(it).into_response(),
        None if page == "favicon.ico" => StatusCode::NOT_FOUND.into_response(),
        None => {
            site.record(&format!("/{page}"), &body);
            StatusCode::NOT_FOUND.into_response()
        }
    }
}

#[derive(serde::Deserialize)]
struct Ways {
    next: String,
    back: String,
}

async fn login(State(site): State<Site>, Query(ways): Query<Ways>, body: String) -> Response {
    let names: Vec<_> =
        url::form_urlencoded::parse(body.as_bytes()).map(|it| it.0.into_owned()).collect();
    site.record("/login", &names.join("&"));
    if !is_right(&body) {
        return Redirect::to(&format!("/{}", ways.back)).into_response();
    }
    let cookie = [(header::SET_COOKIE, "sid=http-only-7c0e; HttpOnly; Path=/")];
    (cookie, Redirect::to(&format!("/{}", ways.next))).into_response()
}

/// The page for somebody who has signed in, or the sign-in for somebody who has not.
async fn start(headers: HeaderMap) -> Redirect {
    let cookies = headers.get(header::COOKIE).and_then(|it| it.to_str().ok());
    let is_known = cookies.is_some_and(|it| it.contains("sid=http-only-7c0e"));
    Redirect::to(if is_known { "/plain-consent.html" } else { "/lost-login.html" })
}

/// Takes every code of six digits once in a row.
async fn code(State(site): State<Site>, Query(ways): Query<Ways>, body: String) -> Redirect {
    let pairs = url::form_urlencoded::parse(body.as_bytes());
    let code =
        pairs.into_iter().find(|it| it.0 == "code").map_or_else(String::new, |it| it.1.into());
    let is_code = code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit());
    let mut used = site.codes.lock().unwrap();
    let is_new = is_code && used.last() != Some(&code);
    used.push(code);
    Redirect::to(&format!("/{}", if is_new { ways.next } else { ways.back }))
}

/// A page for a code that has none that is right.
async fn refuse_code(
    State(site): State<Site>,
    Query(ways): Query<HashMap<String, String>>,
    body: String,
) -> Response {
    if body.is_empty() {
        return Html(
            r#"<form method="post"><input name="code" autocomplete="one-time-code"><button>Verify</button></form>"#,
        )
        .into_response();
    }
    site.record("/code-refused-always", "");
    if let Some(next) = ways.get("next") {
        return Redirect::to(&format!("/{next}")).into_response();
    }
    Html(
        r#"<p role="alert">Wrong code.</p><form method="post"><input name="code" autocomplete="one-time-code"><button>Verify</button></form>"#,
    )
    .into_response()
}

/// Answers later than the browser is told to wait for a page.
async fn decide_slowly(state: State<Site>, body: String) -> Redirect {
    let answer = decide(state, body).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    answer
}

async fn opened(State(site): State<Site>) {
    site.opened.notify_one();
}

async fn session(State(site): State<Site>, body: String) -> StatusCode {
    site.record("/session", "");
    if is_right(&body) { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
}

async fn decide(State(site): State<Site>, body: String) -> Redirect {
    site.record("/decide", &body);
    Redirect::to(&site.redirect(&format!("code={CODE}")))
}

async fn decide_json(State(site): State<Site>, body: String) -> String {
    site.record("/decide-json", &body);
    site.redirect(&format!("code={CODE}"))
}

async fn failure() -> Response {
    let page =
        "<title>Error</title><h1>invalid_client</h1><p>This client is not registered here.</p>";
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

/// A page that repeats what it was sent, as it came and as a person reads it.
async fn echo(body: String) -> Response {
    let read: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).collect();
    let page = format!("<title>Error</title><h1>{}</h1><p>{body}</p>", read[1].1);
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

/// A consent page that forbids its form to lead to the redirect URI.
async fn strict_consent() -> Response {
    let policy = "default-src 'none'; form-action 'self'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(read("plain-consent.html").unwrap()))
        .into_response()
}

async fn hop(Query(query): Query<Vec<(String, String)>>) -> Redirect {
    Redirect::to(&query.iter().find(|it| it.0 == "to").unwrap().1)
}

async fn robots(State(site): State<Site>) -> Response {
    match &*site.robots.lock().unwrap() {
        Some(it) => Redirect::to(it).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn denied(State(site): State<Site>) -> Redirect {
    Redirect::to(&site.redirect("error=access_denied&error_description=not+in+this+workspace"))
}

/// The authorization server remembers the consent and asks nobody.
async fn given(State(site): State<Site>) -> Redirect {
    Redirect::to(&site.redirect(&format!("code={CODE}")))
}

async fn arrive(
    State(site): State<Site>,
    Query(query): Query<Vec<(String, String)>>,
) -> &'static str {
    if query.iter().any(|it| it.0 == "code" && it.1 == CODE) {
        site.arrived.notify_one();
    }
    "You may close this window."
}
