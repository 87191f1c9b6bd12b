//! The wait for one callback, and what it takes to wait again.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::map_response;
use axum::response::Response;
use tokio::sync::watch;
use tokio::time;

use crate::authorization::callback::Callbacks;
use crate::authorization::listener::{LoopbackListener, router, served};
use crate::authorization::response::Expectation;
use crate::error::Error;

const AFTER_BROWSER: Duration = Duration::from_secs(10);
const CLOSING: Duration = Duration::from_secs(10);

/// What it takes to listen at the same address once more, for another attempt.
pub(crate) struct Successor {
    redirect_uri: String,
    shared: Option<Arc<Callbacks>>,
    fixed: bool,
}

impl LoopbackListener {
    pub(crate) fn successor(&self) -> Successor {
        let shared = self.socket.is_none().then(|| Arc::clone(&self.callbacks));
        Successor { redirect_uri: self.redirect_uri().to_owned(), shared, fixed: self.fixed }
    }

    /// Waits until one callback settles the matter, with `browser` beside it; `settle` becomes true at that moment.
    pub(crate) async fn wait(
        self,
        expectation: Expectation,
        timeout: Duration,
        browser: impl Future<Output = Result<(), Error>>,
        settle: watch::Sender<bool>,
    ) -> Result<String, Error> {
        let Self { callbacks, socket, .. } = self;
        let answer = answered(&callbacks, expectation, timeout, browser, settle, socket.is_none());
        match socket {
            // The socket is about to go, so no connection may wait for another request.
            Some(it) => served(it, router(&callbacks).layer(map_response(close)), answer).await,
            None => answer.await,
        }
    }
}

impl Successor {
    /// Listens there again, or elsewhere where that does as well.
    pub(crate) async fn listen(self, elsewhere: bool) -> Result<LoopbackListener, Error> {
        let Self { redirect_uri, shared, fixed } = self;
        if let Some(callbacks) = shared {
            return Ok(LoopbackListener { callbacks, socket: None, fixed });
        }
        match LoopbackListener::bind_to(&redirect_uri).await {
            Ok(it) => Ok(LoopbackListener { fixed, ..it }),
            Err(_) if elsewhere && !fixed => LoopbackListener::bind().await,
            Err(it) => Err(it),
        }
    }
}

async fn answered(
    callbacks: &Callbacks,
    expectation: Expectation,
    timeout: Duration,
    browser: impl Future<Output = Result<(), Error>>,
    settle: watch::Sender<bool>,
    shared: bool,
) -> Result<String, Error> {
    let mut awaited = callbacks.wait_for(expectation);
    // With a shared socket it may have been a request to another one who waits.
    let ignored = || callbacks.ignored().filter(|_| !shared);
    let mut browser = pin!(browser);
    let mut browser_ended = false;
    let first = async {
        tokio::select! {
            biased;
            Ok(it) = &mut awaited.outcome => return Ok(it),
            mut ended = &mut browser => {
                browser_ended = true;
                if let Err(Error::Browser { ignored: why, .. }) = &mut ended {
                    *why = ignored();
                }
                ended?;
            }
        }
        match time::timeout(AFTER_BROWSER, &mut awaited.outcome).await {
            Ok(Ok(it)) => Ok(it),
            _ => Err(Error::NoCallbackAfterBrowser {
                redirect_uri: callbacks.redirect_uri.clone(),
                waited: AFTER_BROWSER,
                ignored: ignored(),
            }),
        }
    };
    let in_time = async {
        time::timeout(timeout, first).await.unwrap_or_else(|_| {
            Err(Error::NoCallback {
                redirect_uri: callbacks.redirect_uri.clone(),
                waited: timeout,
                ignored: ignored(),
            })
        })
    };
    let answer = tokio::select! {
        biased;
        it = in_time => it?,
        () = callbacks.closed() => return Err(over(callbacks)),
    };
    settle.send_replace(true);
    if !browser_ended {
        // The answer is here; a browser that closes badly or late does not take it away.
        let _ = time::timeout(CLOSING, browser).await;
    }
    answer
}

fn over(callbacks: &Callbacks) -> Error {
    let source = io::Error::new(io::ErrorKind::NotConnected, "whoever shared the socket is done");
    Error::Listen { address: callbacks.authority.clone(), source }
}

async fn close(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
