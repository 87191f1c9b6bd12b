//! The loopback redirect URI, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).

use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time;

use crate::authorization;
use crate::error::{Error, clean};

const PATH: &str = "/callback";
const QUERY_LIMIT: usize = 8 * 1024;
const AFTER_BROWSER: Duration = Duration::from_secs(10);
const CLOSING: Duration = Duration::from_secs(10);
const DELIVERY: Duration = Duration::from_secs(1);

/// A port of 127.0.0.1 that is held from before the client is registered until the code is there.
#[derive(Debug)]
pub struct LoopbackListener {
    listener: TcpListener,
    authority: String,
    redirect_uri: String,
}

/// What a callback must bring along to be the answer that is waited for.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) state: authorization::State,
    pub(crate) issuer: String,
    /// Whether the server announced the `iss` parameter of RFC 9207, so that an answer without it is forged.
    pub(crate) issuer_is_sent: bool,
}

impl LoopbackListener {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn bind() -> Result<Self, Error> {
        let listen = async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let authority = listener.local_addr()?.to_string();
            io::Result::Ok((listener, authority))
        };
        let (listener, authority) = listen.await.map_err(|source| Error::Listen { source })?;
        let redirect_uri = format!("http://{authority}{PATH}");
        Ok(Self { listener, authority, redirect_uri })
    }

    /// The redirect URI to register, to authorize with and to exchange with, always in this spelling.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Serves until one callback settles the matter, with `browser` beside it; `settle` becomes true at that moment.
    pub(crate) async fn wait(
        self,
        expectation: Expectation,
        timeout: Duration,
        browser: impl Future<Output = Result<(), Error>>,
        settle: watch::Sender<bool>,
    ) -> Result<String, Error> {
        let Self { listener, authority, redirect_uri } = self;
        let (answers, mut answered) = mpsc::channel(1);
        let desk = Arc::new(Desk {
            authority,
            expectation,
            settled: AtomicBool::new(false),
            ignored: Mutex::new(None),
            answers,
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().fallback(callback).with_state(Arc::clone(&desk));
        let server = axum::serve(listener, router).with_graceful_shutdown(async {
            // An error means that the wait was dropped, which stops the server just the same.
            let _ = stopped.await;
        });
        let mut server = pin!(server.into_future());

        let conversation = async {
            let mut browser = pin!(browser);
            let mut browser_ended = false;
            let first = async {
                tokio::select! {
                    biased;
                    Some(it) = answered.recv() => return Ok(it),
                    ended = &mut browser => {
                        browser_ended = true;
                        ended?;
                    }
                }
                match time::timeout(AFTER_BROWSER, answered.recv()).await {
                    Ok(Some(it)) => Ok(it),
                    _ => Err(Error::NoCallbackAfterBrowser {
                        redirect_uri: redirect_uri.clone(),
                        waited: AFTER_BROWSER,
                        ignored: desk.ignored(),
                    }),
                }
            };
            let answer = time::timeout(timeout, first).await.unwrap_or_else(|_| {
                Err(Error::NoCallback {
                    redirect_uri: redirect_uri.clone(),
                    waited: timeout,
                    ignored: desk.ignored(),
                })
            })?;
            settle.send_replace(true);
            if !browser_ended {
                // The answer is here; a browser that closes badly or late does not take it away.
                let _ = time::timeout(CLOSING, browser).await;
            }
            answer
        };
        let outcome = tokio::select! {
            outcome = conversation => outcome,
            ended = &mut server => Err(Error::Listen { source: ended.err().unwrap_or_else(|| io::ErrorKind::NotConnected.into()) }),
        };
        drop(stop);
        // The page is still on its way to the browser; a connection that stays open beyond that is cut.
        let _ = time::timeout(DELIVERY, server).await;
        outcome
    }
}

struct Desk {
    authority: String,
    expectation: Expectation,
    settled: AtomicBool,
    /// Why the last request that looked like a callback was not taken for one.
    ignored: Mutex<Option<&'static str>>,
    answers: mpsc::Sender<Result<String, Error>>,
}

impl Desk {
    fn ignored(&self) -> Option<&'static str> {
        *self.ignored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ignore(&self, status: StatusCode, why: &'static str) -> Response {
        *self.ignored.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        page(status, NOT_THE_ANSWER)
    }
}

/// The rules in their order: path and method, host and length, repeated parameters, state, issuer, error, code, once.
///
/// Whatever comes before the state has matched can be sent by any page and any process of this machine, and therefore never
/// ends the wait.
async fn callback(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let uri = request.uri();
    if uri.path() != PATH {
        return page(StatusCode::NOT_FOUND, NOT_THE_ANSWER);
    }
    if request.method() != Method::GET {
        let refused = desk.ignore(StatusCode::METHOD_NOT_ALLOWED, "was no GET");
        return ([(ALLOW, "GET")], refused).into_response();
    }
    let host = request.headers().get(HOST).map(|it| it.as_bytes());
    let authority = uri.authority().is_none_or(|it| it.as_str() == desk.authority);
    if host != Some(desk.authority.as_bytes()) || !authority {
        return desk.ignore(StatusCode::BAD_REQUEST, "was sent to another host name");
    }
    let query = uri.query().unwrap_or_default();
    if query.len() > QUERY_LIMIT {
        return desk.ignore(StatusCode::URI_TOO_LONG, "had too long a query");
    }
    if desk.settled.load(Ordering::Acquire) {
        return page(StatusCode::GONE, NOT_THE_ANSWER);
    }
    let answer = match judge(query, &desk.expectation) {
        Ok(it) => it,
        Err(why) => return desk.ignore(StatusCode::BAD_REQUEST, why),
    };
    if desk.settled.swap(true, Ordering::AcqRel) {
        return page(StatusCode::GONE, NOT_THE_ANSWER);
    }
    let response = match &answer {
        Ok(_) => page(StatusCode::OK, SIGNED_IN),
        Err(_) => page(StatusCode::FORBIDDEN, NOT_SIGNED_IN),
    };
    // An error means that the wait has just ended, and then nobody wants the answer.
    let _ = desk.answers.try_send(answer);
    response
}

/// Reads the query of a callback: `Err` says why it is not the answer that is waited for, `Ok` is the answer.
fn judge(query: &str, expected: &Expectation) -> Result<Result<String, Error>, &'static str> {
    let mut parameters = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if parameters.insert(name, value).is_some() {
            return Err("repeated a parameter");
        }
    }
    let parameter = |name: &str| parameters.get(name).map(|it| it.as_ref());
    if !parameter("state").is_some_and(|it| expected.state.matches(it)) {
        return Err("had no state or a wrong one");
    }
    let from_issuer = match parameter("iss") {
        Some(it) => it == expected.issuer,
        None => !expected.issuer_is_sent,
    };
    if !from_issuer {
        return Ok(Err(Error::CallbackIssuer { issuer: clean(&expected.issuer) }));
    }
    if let Some(error) = parameter("error").filter(|it| !it.is_empty()) {
        let description = parameter("error_description").map(clean);
        return Ok(Err(Error::Denied { error: clean(error), description }));
    }
    Ok(parameter("code").filter(|it| !it.is_empty()).map(str::to_owned).ok_or(Error::NoCode))
}

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

const SIGNED_IN: &str = html!("Signed in", "You can close this window.");
const NOT_SIGNED_IN: &str = html!("Not signed in", "The reason is where the sign-in was started.");
const NOT_THE_ANSWER: &str = html!("Nothing here", "This is not the answer that is waited for.");

/// A constant page: nothing of the request stands in it.
fn page(status: StatusCode, html: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONNECTION, "close"),
    ];
    (status, headers, html).into_response()
}
