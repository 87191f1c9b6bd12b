//! Requests and answers of JSON-RPC as they lie in the bodies of HTTP.

use axum::body::{Body, to_bytes};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::response::Parts;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::observability::streams::is_event_stream;

/// A request as far as faults look at it; a notification has no id.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Rpc {
    #[serde(default)]
    pub(super) id: Value,
    #[serde(default)]
    pub(super) method: String,
}

impl Rpc {
    pub(super) fn is_call(&self) -> bool {
        self.method == "tools/call"
    }
}

/// The real answer, read to its end.
pub(super) struct Answer {
    pub(super) parts: Parts,
    body: String,
}

impl Answer {
    pub(super) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Self { parts, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// The message that answers request `id`, as it was sent.
    pub(super) fn text(&self, id: &Value) -> Option<&str> {
        if !is_event_stream(&self.parts.headers) {
            return answers(&self.body, id).then_some(&self.body);
        }
        self.body.lines().filter_map(data).find(|it| answers(it, id))
    }

    pub(super) fn message(&self, id: &Value) -> Option<Value> {
        serde_json::from_str(self.text(id)?).ok()
    }

    /// The same in its form, with another message in the place of the one that answers request `id`.
    pub(super) fn with_message(&self, id: &Value, message: &Value) -> Response {
        let message = message.to_string();
        if !is_event_stream(&self.parts.headers) {
            return self.with_body(message);
        }
        let line = |line: &str| match data(line).is_some_and(|it| answers(it, id)) {
            true => format!("data: {message}\n"),
            false => format!("{line}\n"),
        };
        self.with_body(self.body.lines().map(line).collect::<String>())
    }

    /// Its status and headers with another body of the same kind.
    pub(super) fn with_body(&self, body: impl Into<Body>) -> Response {
        let mut parts = self.parts.clone();
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, body.into())
    }

    /// The same with a body of JSON, whole or not.
    pub(super) fn as_json(&self, body: impl Into<Body>) -> Response {
        self.as_type("application/json", body.into())
    }

    /// The same with the body of an event stream.
    pub(super) fn as_stream(&self, body: impl Into<Body>) -> Response {
        self.as_type("text/event-stream", body.into())
    }

    fn as_type(&self, kind: &'static str, body: Body) -> Response {
        let mut response = self.with_body(body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    pub(super) fn unchanged(self) -> Response {
        Response::from_parts(self.parts, self.body.into())
    }
}

fn data(line: &str) -> Option<&str> {
    line.strip_prefix("data:").map(str::trim_start)
}

fn answers(text: &str, id: &Value) -> bool {
    serde_json::from_str::<Rpc>(text).is_ok_and(|it| it.id == *id && it.method.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn the_answer_is_found_in_both_forms_and_replaced_in_its_own() {
        let message = r#"{"jsonrpc":"2.0","id":2,"result":{}}"#;
        let stream = |it: &str| {
            format!(
                "data: \nid: 0/1\nretry: 3000\n\ndata: {{\"method\":\"x\",\"id\":2}}\n\ndata: {it}\nid: 1/1\n\n"
            )
        };
        let other = json!({"id": 2});
        for (kind, body, expect) in [
            ("application/json", message.to_owned(), other.to_string()),
            ("text/event-stream", stream(message), stream(r#"{"id":2}"#)),
        ] {
            let response = Response::builder().header(CONTENT_TYPE, kind);
            let answer = Answer::read(response.body(body.into()).unwrap()).await;
            assert_eq!(answer.text(&json!(2)), Some(message), "{kind}");
            assert_eq!(answer.text(&json!(3)), None, "{kind}");
            let replaced = answer.with_message(&json!(2), &other).into_body();
            let replaced = to_bytes(replaced, usize::MAX).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&replaced), expect);
        }
    }
}
