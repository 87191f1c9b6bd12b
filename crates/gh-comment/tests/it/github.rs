//! A GitHub in memory: accounts, issues and comments with authors and ids, pages with `Link`, limits.
//!
//! What it answers is checked against GitHub's own description; what it is asked, by itself: what is wrong is
//! a failure of the test, also where the client goes on.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use axum::{
    Router, middleware,
    routing::{get, patch},
};
use gh_comment::{Client, Comment, Issue, Marker, Token};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, UnixListener},
    time::Instant,
};
use url::Url;

use crate::{
    fault::{Fault, gate},
    rest,
};

/// Login, id, type and token of the accounts there are.
const ACCOUNTS: [Account; 3] = [
    ("octo", 7, "User", "token-of-octo"),
    ("mallory", 66, "User", "token-of-mallory"),
    ("github-actions[bot]", 41_898_282, "Bot", "token-of-actions"),
];

pub(crate) type Account = (&'static str, u64, &'static str, &'static str);

/// The start of an HTTP client, in a process that has chosen its cryptography.
pub(crate) fn http_client() -> reqwest::ClientBuilder {
    // It fails where another test was faster.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

pub(crate) struct GitHub {
    pub(crate) base: Url,
    state: Arc<Mutex<Held>>,
    socket: Option<Arc<TempDir>>,
    /// Whether this is the test's and not a server's.
    judges: bool,
}

impl Clone for GitHub {
    fn clone(&self) -> Self {
        let (base, state, socket) = (self.base.clone(), self.state.clone(), self.socket.clone());
        Self { base, state, socket, judges: false }
    }
}

#[derive(Default)]
pub(crate) struct Held {
    pub(crate) issues: Vec<Value>,
    pub(crate) comments: Vec<Value>,
    /// When each comment begins to be listed; those that are not here are.
    pub(crate) hidden: Vec<(u64, Instant)>,
    /// How long a new comment is not listed.
    pub(crate) lag: std::time::Duration,
    /// `METHOD /path?query` of every request, in order.
    pub(crate) requests: Vec<String>,
    /// What every request but `/user` gets instead.
    pub(crate) refusal: Option<Fault>,
    /// What happens to the next requests, one each.
    pub(crate) faults: VecDeque<Fault>,
    /// Nobody may ask before this.
    pub(crate) closed_until: Option<Instant>,
    pub(crate) violations: Vec<String>,
    /// Labels are for those who may triage.
    pub(crate) labels_dropped: bool,
}

impl GitHub {
    /// A GitHub on a TCP port, for programs.
    pub(crate) async fn on_tcp() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let it = Self::new(base, None);
        let router = it.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        it
    }

    /// A GitHub on a socket in a file: there nothing is ever under way, so that time can stand still.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("github")).unwrap();
        let it = Self::new("http://127.0.0.1".parse().unwrap(), Some(Arc::new(folder)));
        let router = it.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        it
    }

    fn new(base: Url, socket: Option<Arc<TempDir>>) -> Self {
        let it = Self { base, state: Arc::default(), socket, judges: true };
        it.open("octo", 12, "Load test", "Weekly", &["loadtest"]);
        it
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/user", get(rest::user))
            .route("/repos/acme/api/issues", get(rest::issues).post(rest::open))
            .route("/repos/acme/api/issues/{number}", get(rest::issue))
            .route("/repos/acme/api/issues/{number}/comments", get(rest::list).post(rest::create))
            .route("/repos/acme/api/issues/comments/{id}", patch(rest::update))
            .fallback(rest::not_found)
            .layer(middleware::from_fn_with_state(self.clone(), gate))
            .with_state(self.clone())
    }

    pub(crate) fn socket(&self) -> std::path::PathBuf {
        self.socket.as_ref().unwrap().path().join("github")
    }

    /// A client in the account of `login`.
    pub(crate) fn client(&self, login: &str) -> Client {
        self.client_with(token(login))
    }

    pub(crate) fn client_with(&self, token: &str) -> Client {
        let http = http_client()
            .no_proxy()
            // Reading the system's certificates takes longer than all else in these tests.
            .tls_certs_only([])
            .unix_socket(self.socket())
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Client::new(http, self.base.clone(), Token::new(token)).unwrap()
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap()
    }

    /// Answers every request but `/user` so.
    pub(crate) fn refuse(&self, fault: Fault) {
        self.held().refusal = Some(fault);
    }

    /// What happens to the next requests.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.held().faults = faults.into_iter().collect();
    }

    /// What `login` has written on issue 12, without asking the API.
    pub(crate) fn add(&self, login: &str, body: &str) -> u64 {
        self.add_to(12, login, body)
    }

    pub(crate) fn add_to(&self, issue: u64, login: &str, body: &str) -> u64 {
        let mut held = self.held();
        let id = 1000 + held.comments.len() as u64;
        held.comments.push(rest::comment(issue, id, account(login), body));
        id
    }

    pub(crate) fn open(&self, login: &str, number: u64, title: &str, body: &str, labels: &[&str]) {
        self.held().issues.push(rest::tracker(number, account(login), title, body, labels));
    }

    /// The body of every comment.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.held().comments.iter().map(|it| it["body"].as_str().unwrap().to_owned()).collect()
    }

    /// The body of every comment of one issue.
    pub(crate) fn bodies_of(&self, issue: u64) -> Vec<String> {
        let held = self.held();
        let of_issue = held.comments.iter().filter(|it| rest::is_of(it, issue));
        of_issue.map(|it| it["body"].as_str().unwrap().to_owned()).collect()
    }

    /// The requests so far, which are then forgotten.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.held().requests)
    }

    pub(crate) fn violated(&self, what: String) {
        self.held().violations.push(what);
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        if self.judges
            && !thread::panicking()
            && let Ok(held) = self.state.lock()
        {
            assert!(held.violations.is_empty(), "{:#?}", held.violations);
        }
    }
}

fn account(login: &str) -> Account {
    ACCOUNTS.into_iter().find(|it| it.0 == login).unwrap()
}

/// Whose token it is.
pub(crate) fn owner(token: &str) -> Option<Account> {
    ACCOUNTS.into_iter().find(|it| it.3 == token)
}

pub(crate) fn token(login: &str) -> &'static str {
    account(login).3
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

/// A comment of the run with this key.
pub(crate) fn run(text: &str, key: &str) -> Comment {
    Comment::new(text).with_data(&marker(), &json!({ "id": key })).with_key(key)
}
