//! Ids of events, with which a stream goes on after the event that was seen last.
//!
//! The SDK goes on with the event that is named to it, once more. It counts the events of a request's stream from 1, after
//! an empty one, but those of the session's own stream from 0, which is the id of an empty one there too.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use rmcp::transport::streamable_http_server::session::ServerSseMessage;

/// A stream of the SDK whose ids without a request are one more than they were.
pub(crate) struct FromOne<S>(Pin<Box<S>>);

pub(crate) fn from_one<S: Stream<Item = ServerSseMessage>>(stream: S) -> FromOne<S> {
    FromOne(Box::pin(stream))
}

impl<S: Stream<Item = ServerSseMessage>> Stream for FromOne<S> {
    type Item = ServerSseMessage;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context).map(|it| {
            let mut event = it?;
            event.event_id = event.event_id.map(one_more);
            Some(event)
        })
    }
}

fn one_more(id: String) -> String {
    id.parse::<u64>().map_or(id, |it| (it + 1).to_string())
}

/// What to name to the SDK, where a client saw `last`.
pub(crate) fn after(last: String) -> String {
    match last.split_once('/') {
        Some((number, request)) => format!("{}/{request}", one_more(number.to_owned())),
        // It is one more already.
        None => last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_goes_on_after_the_event_that_was_seen_last() {
        for (last, expect) in
            [("0", "0"), ("3", "3"), ("0/1", "1/1"), ("7/12", "8/12"), ("x/1", "x/1")]
        {
            assert_eq!(after(last.to_owned()), expect);
        }
        for (id, expect) in [("0", "1"), ("0/1", "0/1"), ("x", "x")] {
            assert_eq!(one_more(id.to_owned()), expect);
        }
    }
}
