//! A server that is away, and a connection that ends with nothing on it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::Frame;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a restart takes.
const ABSENCE: Duration = Duration::from_secs(1);

/// Until when nobody is there.
#[derive(Debug, Default)]
pub(crate) struct Away {
    until: Mutex<Option<Instant>>,
    left: Notify,
}

impl Away {
    /// Leaves now, with every request that is being answered.
    #[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "nothing counts calls there"))]
    pub(crate) fn leave(&self) {
        *self.until.lock().expect("no one panics holding the lock") =
            Some(Instant::now() + ABSENCE);
        self.left.notify_waiters();
    }

    fn is_now(&self) -> bool {
        let until = *self.until.lock().expect("no one panics holding the lock");
        until.is_some_and(|it| Instant::now() < it)
    }
}

/// Cuts every connection on which something is asked while the server is away.
pub(crate) async fn nobody_there(
    State(it): State<Arc<Away>>,
    request: Request,
    next: Next,
) -> Response {
    let left = it.left.notified();
    if it.is_now() {
        return cut();
    }
    tokio::select! {
        // The call that the server leaves after is answered.
        biased;
        answer = next.run(request) => answer,
        () = left => cut(),
    }
}

/// An answer in whose place the connection is closed: hyper gives up on a body that fails before it has sent the head.
pub(crate) fn cut() -> Response {
    Response::new(Body::new(Cut))
}

#[derive(Debug)]
struct Cut;

impl hyper::body::Body for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}
