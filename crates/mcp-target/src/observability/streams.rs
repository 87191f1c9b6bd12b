//! What stays open: event streams and WebSockets, counted for as long as they are.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use hyper::body::{Frame, SizeHint};

/// Counts one thing more until it is dropped.
#[derive(Debug)]
pub(crate) struct Open(Arc<AtomicI64>);

impl Open {
    pub(crate) fn new(count: Arc<AtomicI64>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"))
}

/// The same body, counted until it ends or nobody reads it any more.
pub(crate) fn counted(body: Body, count: Arc<AtomicI64>) -> Body {
    Body::new(Holding { body, _held: Open::new(count) })
}

/// A body that holds something until it ends or nobody reads it any more.
pub(crate) struct Holding<T> {
    pub(crate) body: Body,
    pub(crate) _held: T,
}

impl<T: Unpin> HttpBody for Holding<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stream_is_open_until_its_body_is_gone() {
        let count = Arc::new(AtomicI64::new(0));
        let (first, second) =
            (counted("a".into(), count.clone()), counted("b".into(), count.clone()));
        assert_eq!(count.load(Relaxed), 2);
        assert_eq!(axum::body::to_bytes(first, 10).await.unwrap(), "a");
        assert_eq!(count.load(Relaxed), 1);
        drop(second);
        assert_eq!(count.load(Relaxed), 0);
    }
}
