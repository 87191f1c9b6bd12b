//! How an answer comes: in a stream of odd form, in none, or packed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Frame;
use serde_json::{Value, json};

use crate::config::faults::Fault;
use crate::misbehavior::message::Answer;

/// Answers that nobody has asked for again, beyond which the oldest is gone.
const MOST_KEPT: usize = 1000;

/// Answers whose streams ended before them, by the event to go on from.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<(u64, VecDeque<(String, String)>)>);

impl Kept {
    /// Keeps a message; the event that stands for it.
    fn keep(&self, message: &str) -> String {
        let (count, kept) = &mut *self.0.lock().expect("no one panics holding the lock");
        *count += 1;
        let event = format!("early-{count}");
        kept.push_back((event.clone(), message.to_owned()));
        if kept.len() > MOST_KEPT {
            kept.pop_front();
        }
        event
    }

    /// The rest of the stream that `event` was the last one of.
    pub(super) fn resumed(&self, event: &HeaderValue) -> Option<Response> {
        let (_, kept) = &mut *self.0.lock().expect("no one panics holding the lock");
        let place = kept.iter().position(|(it, _)| it.as_bytes() == event.as_bytes())?;
        let (_, message) = kept.remove(place)?;
        let kind = HeaderValue::from_static("text/event-stream");
        Some(([(CONTENT_TYPE, kind)], format!("data: {message}\n\n")).into_response())
    }
}

/// The answer to request `id` in an odd stream, where one of the faults is due; only in a session can a stream be resumed.
pub(super) fn odd(
    answer: &Answer,
    id: &Value,
    kept: Option<&Kept>,
    is_due: impl Fn(Fault) -> bool,
) -> Option<Response> {
    let message = answer.text(id)?;
    if is_due(Fault::StreamWithoutAnswer) {
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": 1, "progress": 1}});
        return Some(answer.as_stream(format!("data: {progress}\n\n")));
    }
    if let Some(kept) = kept.filter(|_| is_due(Fault::EarlyEnd)) {
        let event = kept.keep(message);
        return Some(answer.as_stream(format!("id: {event}\nretry: 10\ndata: \n\n")));
    }
    let of_form =
        [Fault::RequestFirst, Fault::CarriageReturns, Fault::ByteOrderMark, Fault::OpenStream];
    if !of_form.into_iter().any(&is_due) {
        return None;
    }
    let mut stream = format!("data: {message}\n\n");
    if is_due(Fault::RequestFirst) {
        let ping = json!({"jsonrpc": "2.0", "id": id, "method": "ping"});
        stream.insert_str(0, &format!("data: {ping}\n\n"));
    }
    if is_due(Fault::CarriageReturns) {
        stream = format!(": a comment\n\n{stream}").replace('\n', "\r");
    }
    if is_due(Fault::ByteOrderMark) {
        stream.insert(0, '\u{feff}');
    }
    Some(if is_due(Fault::OpenStream) {
        answer.as_stream(Body::new(Open(Some(stream.into()))))
    } else {
        answer.as_stream(stream)
    })
}

/// What it begins with, and then nothing for ever.
#[derive(Debug)]
struct Open(Option<Bytes>);

impl hyper::body::Body for Open {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |it| Poll::Ready(Some(Ok(Frame::data(it)))))
    }
}

/// The same, packed with gzip whatever was asked for.
pub(super) async fn packed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&body).expect("a vector takes everything");
    let packed = packed.finish().expect("a vector takes everything");
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(parts, packed.into())
}
