//! Bodies of requests, within a limit.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming};

/// Read and thrown away beyond the limit, so that a client that writes before it reads gets to its answer.
const SPARE: usize = 16 << 20;

/// A request's body that fails where it is longer than it may be.
pub(crate) struct Limited {
    body: Incoming,
    left: usize,
    spare: usize,
    over: Arc<AtomicBool>,
}

impl Limited {
    /// The body, and what says whether it was too long.
    pub(crate) fn new(body: Incoming, limit: usize) -> (Self, Arc<AtomicBool>) {
        let over = Arc::new(AtomicBool::new(false));
        (Self { body, left: limit, spare: SPARE, over: over.clone() }, over)
    }

    /// Takes in what a client sends although it is too long.
    pub(crate) async fn discard(body: Incoming) {
        let (mut it, _) = Self::new(body, 0);
        while let Some(Ok(_)) = std::future::poll_fn(|cx| Pin::new(&mut it).poll_frame(cx)).await {}
    }
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            let length = match &frame {
                Some(Ok(it)) => it.data_ref().map_or(0, Bytes::len),
                _ => 0,
            };
            if !self.over.load(Ordering::Relaxed) {
                if length <= self.left {
                    self.left -= length;
                    return Poll::Ready(frame.map(|it| it.map_err(axum::Error::new)));
                }
                self.over.store(true, Ordering::Relaxed);
            }
            self.spare = self.spare.saturating_sub(length);
            if self.spare == 0 || !matches!(frame, Some(Ok(_))) {
                let error = io::Error::new(io::ErrorKind::FileTooLarge, "the body is too long");
                return Poll::Ready(Some(Err(axum::Error::new(error))));
            }
        }
    }
}
