//! The loopback redirect URI, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, HOST};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time;
use url::{Host, Url};

use crate::answer::{Expectation, judge};
use crate::error::{Error, clean};
use crate::page::{NOT_SIGNED_IN, NOT_THE_ANSWER, SIGNED_IN, page};

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
    path: String,
    redirect_uri: String,
    /// Whether someone chose this redirect URI, so that no other will do.
    pub(crate) fixed: bool,
}

impl LoopbackListener {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn bind() -> Result<Self, Error> {
        let (listener, address) = listen((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let authority = address.to_string();
        let redirect_uri = format!("http://{authority}{PATH}");
        Ok(Self { listener, authority, path: PATH.to_owned(), redirect_uri, fixed: false })
    }

    /// Listens where a client that was registered beforehand is redirected to: on 127.0.0.1, `[::1]` or `localhost`.
    ///
    /// # Errors
    /// [`Error::RedirectUri`] for an address that is not on loopback, [`Error::Listen`] if the port is taken.
    pub async fn bind_to(redirect_uri: &str) -> Result<Self, Error> {
        let refused = || Error::RedirectUri { redirect_uri: clean(redirect_uri) };
        let url = Url::parse(redirect_uri).map_err(|_| refused())?;
        let host = match url.host() {
            Some(Host::Ipv4(Ipv4Addr::LOCALHOST)) | Some(Host::Domain("localhost")) => {
                IpAddr::V4(Ipv4Addr::LOCALHOST)
            }
            Some(Host::Ipv6(Ipv6Addr::LOCALHOST)) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            _ => return Err(refused()),
        };
        let plain = url.scheme() == "http"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let Some(port) = url.port_or_known_default().filter(|it| plain && *it != 0) else {
            return Err(refused());
        };
        let (listener, _) = listen((host, port).into()).await?;
        Ok(Self {
            listener,
            authority: url.authority().to_owned(),
            path: url.path().to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            fixed: true,
        })
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
        let Self { listener, authority, path, redirect_uri, .. } = self;
        let address = authority.clone();
        let (answers, mut answered) = mpsc::channel(1);
        let desk = Arc::new(Desk {
            authority,
            path,
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
            ended = &mut server => {
                let source = ended.err().unwrap_or_else(|| io::ErrorKind::NotConnected.into());
                Err(Error::Listen { address, source })
            }
        };
        drop(stop);
        // The page is still on its way to the browser; a connection that stays open beyond that is cut.
        let _ = time::timeout(DELIVERY, server).await;
        outcome
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        io::Result::Ok((listener, address))
    };
    bound.await.map_err(|source| Error::Listen { address: address.to_string(), source })
}

struct Desk {
    authority: String,
    path: String,
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
    if uri.path() != desk.path {
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
