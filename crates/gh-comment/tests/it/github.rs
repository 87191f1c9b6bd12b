//! A GitHub in memory: accounts, comments with authors and ids, pages with `Link`, and refusals.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, patch},
};
use gh_comment::{Client, Comment, Issue, Marker, Token};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

/// Login, id, type and token of the accounts there are.
const ACCOUNTS: [(&str, u64, &str, &str); 3] = [
    ("octo", 7, "User", "token-of-octo"),
    ("mallory", 66, "User", "token-of-mallory"),
    ("github-actions[bot]", 41_898_282, "Bot", "token-of-actions"),
];

#[derive(Clone)]
pub(crate) struct GitHub {
    pub(crate) base: Url,
    state: Arc<Mutex<Held>>,
}

#[derive(Default)]
pub(crate) struct Held {
    pub(crate) comments: Vec<Value>,
    /// `METHOD /path?query` of every request, in order.
    pub(crate) requests: Vec<String>,
    /// What every request but `/user` gets instead.
    pub(crate) refusal: Option<Refusal>,
}

/// Status, headers and body.
type Refusal = (u16, Vec<(&'static str, String)>, Value);

impl GitHub {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let it = Self { base, state: Arc::default() };
        let router = Router::new()
            .route("/user", get(user))
            .route("/repos/acme/api/issues/12/comments", get(list).post(create))
            .route("/repos/acme/api/issues/comments/{id}", patch(update))
            .fallback(async || refused(404, &json!({ "message": "Not Found" })))
            .layer(middleware::from_fn_with_state(it.clone(), gate))
            .with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        it
    }

    pub(crate) fn client(&self, login: &str) -> Client {
        Client::new(http(), self.base.clone(), Token::new(token(login))).unwrap()
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap()
    }

    pub(crate) fn refuse(&self, status: u16, headers: Vec<(&'static str, String)>, body: Value) {
        self.held().refusal = Some((status, headers, body));
    }

    /// What `login` has written, without asking the API.
    pub(crate) fn add(&self, login: &str, body: &str) -> u64 {
        let mut held = self.held();
        let id = 1000 + held.comments.len() as u64;
        let (login, account, kind, _) = ACCOUNTS.into_iter().find(|it| it.0 == login).unwrap();
        held.comments.push(json!({
            "id": id, "body": body, "user": { "id": account, "login": login, "type": kind },
            "html_url": format!("https://github.com/acme/api/issues/12#issuecomment-{id}"),
        }));
        id
    }

    /// The body of every comment.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.held().comments.iter().map(|it| it["body"].as_str().unwrap().to_owned()).collect()
    }

    /// The requests so far, which are then forgotten.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.held().requests)
    }
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

pub(crate) fn token(login: &str) -> &'static str {
    ACCOUNTS.into_iter().find(|it| it.0 == login).unwrap().3
}

pub(crate) fn issue() -> Issue {
    "acme/api#12".parse().unwrap()
}

pub(crate) fn marker() -> Marker {
    "loadtest".parse().unwrap()
}

/// A body as our own tool writes it.
pub(crate) fn body(text: &str, data: &Value) -> String {
    Comment::new(text).with_data(&marker(), data).body().unwrap()
}

/// What GitHub asks of every request, and the refusal if there is one.
async fn gate(State(it): State<GitHub>, request: Request, next: Next) -> Response {
    it.held().requests.push(format!("{} {}", request.method(), request.uri()));
    check_headers(request.headers());
    if account(request.headers()).is_none() {
        return refused(401, &json!({ "message": "Bad credentials" }));
    }
    let refusal = it.held().refusal.clone().filter(|_| request.uri().path() != "/user");
    let Some((status, headers, body)) = refusal else { return next.run(request).await };
    let mut response = refused(status, &body);
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    response
}

fn check_headers(headers: &HeaderMap) {
    let given = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    assert!(!given("user-agent").is_empty(), "github refuses requests without a user agent");
    assert_eq!(given("accept"), "application/vnd.github+json");
    assert_eq!(given("x-github-api-version"), "2022-11-28");
}

fn account(headers: &HeaderMap) -> Option<(&'static str, u64, &'static str, &'static str)> {
    let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    ACCOUNTS.into_iter().find(|it| it.3 == token)
}

async fn user(headers: HeaderMap) -> Response {
    let (login, id, kind, _) = account(&headers).unwrap();
    if kind == "Bot" {
        return refused(403, &json!({ "message": "Resource not accessible by integration" }));
    }
    Json(json!({ "login": login, "id": id, "type": kind })).into_response()
}

#[derive(serde::Deserialize)]
struct Paging {
    per_page: Option<usize>,
    page: Option<usize>,
}

async fn list(State(it): State<GitHub>, Query(paging): Query<Paging>) -> Response {
    let held = it.held();
    let per_page = paging.per_page.unwrap_or(30).clamp(1, 100);
    let page = paging.page.unwrap_or(1).max(1);
    let last = held.comments.len().div_ceil(per_page).max(1);
    let comments: Vec<_> =
        held.comments.iter().skip((page - 1) * per_page).take(per_page).collect();
    let mut response = Json(comments).into_response();
    // The links name a host that nobody answers on: only the numbers in them may be used.
    let link = |page: usize, rel: &str| {
        format!(
            r#"<https://192.0.2.1/repositories/1/issues/12/comments?per_page={per_page}&page={page}>; rel="{rel}""#
        )
    };
    let mut links = Vec::new();
    if page > 1 {
        links.extend([link(page - 1, "prev"), link(1, "first")]);
    }
    if page < last {
        links.extend([link(page + 1, "next"), link(last, "last")]);
    }
    if !links.is_empty() {
        let links = HeaderValue::from_str(&links.join(", ")).unwrap();
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

async fn create(State(it): State<GitHub>, headers: HeaderMap, Json(sent): Json<Value>) -> Response {
    let text = sent["body"].as_str().unwrap();
    if let Some(too_long) = too_long(text) {
        return too_long;
    }
    it.add(account(&headers).unwrap().0, text);
    let posted = it.held().comments.last().unwrap().clone();
    (StatusCode::CREATED, Json(posted)).into_response()
}

async fn update(
    State(it): State<GitHub>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    Json(sent): Json<Value>,
) -> Response {
    let text = sent["body"].as_str().unwrap();
    if let Some(too_long) = too_long(text) {
        return too_long;
    }
    let mut held = it.held();
    let Some(comment) = held.comments.iter_mut().find(|it| it["id"] == id) else {
        return refused(404, &json!({ "message": "Not Found" }));
    };
    assert_eq!(
        comment["user"]["id"],
        account(&headers).unwrap().1,
        "a comment of somebody else was edited"
    );
    comment["body"] = text.into();
    Json(comment.clone()).into_response()
}

fn too_long(text: &str) -> Option<Response> {
    let errors = json!([{ "resource": "IssueComment", "code": "unprocessable", "field": "data",
        "message": "Body is too long (maximum is 65536 characters)" }]);
    let body = json!({ "message": "Validation Failed", "errors": errors });
    (text.chars().count() > 65_536).then(|| refused(422, &body))
}

fn refused(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body.clone())).into_response()
}
