//! What a client is told in the place of what the server answered.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::config::faults::{Fault, Place};
use crate::misbehavior::message::{Answer, Rpc};

/// Seconds that a throttled client is told to wait.
const WAIT: HeaderValue = HeaderValue::from_static("30");

const OVER_THE_LIMIT: &str = "Rate limit exceeded for client: load";

/// What tells of the tools that are not there.
pub(super) fn without_tools(answer: &Answer, rpc: &Rpc) -> Option<Response> {
    if rpc.method.starts_with("tools/") {
        let error = json!({"code": -32601, "message": "Method not found"});
        return Some(answer.with_message(&rpc.id, &failed(&rpc.id, error)));
    }
    let mut message = answer.message(&rpc.id).filter(|_| rpc.method == "initialize")?;
    message["result"]["capabilities"].as_object_mut()?.remove("tools");
    Some(answer.with_message(&rpc.id, &message))
}

/// A refusal with the session id of the real answer among its headers.
pub(super) fn refused_initialize(answer: &Answer, id: &Value) -> Response {
    let error = json!({"code": -32000, "message": OVER_THE_LIMIT});
    answer.with_message(id, &failed(id, error))
}

/// What a tool call is answered instead of `answer`, where one of the faults is due.
pub(super) fn instead(
    answer: &Answer,
    id: &Value,
    is_due: impl Fn(Fault) -> bool,
) -> Option<Response> {
    let of_answers = Fault::ALL.iter().copied().filter(|it| it.place() == Place::Answer);
    // A tool that is only slow answers as ever.
    let fault = of_answers.filter(|it| *it != Fault::SlowTools).find(|it| is_due(*it))?;
    // What is no answer to the call stays what it is.
    let text = answer.text(id)?;
    let error_envelope = |text: &str| {
        let result = json!({"content": [{"type": "text", "text": text}], "isError": true});
        answer.with_message(id, &json!({"jsonrpc": "2.0", "id": id, "result": result}))
    };
    Some(match fault {
        Fault::ToolErrors => {
            let error = json!({"code": "internal_error", "message": "the tool failed"});
            error_envelope(&error.to_string())
        }
        Fault::RateLimited => {
            let error =
                json!({"code": "rate_limited", "message": "too many calls", "retry_after": 30});
            error_envelope(&error.to_string())
        }
        Fault::Throttled429 => throttled(StatusCode::TOO_MANY_REQUESTS),
        Fault::Throttled503 => throttled(StatusCode::SERVICE_UNAVAILABLE),
        Fault::ThrottledError => {
            let error = json!({"code": -32000, "message": OVER_THE_LIMIT});
            answer.with_message(id, &failed(id, error))
        }
        Fault::ThrottledText => error_envelope(OVER_THE_LIMIT),
        Fault::NoContent => StatusCode::NO_CONTENT.into_response(),
        Fault::Accepted => StatusCode::ACCEPTED.into_response(),
        Fault::NoBody => answer.as_json(""),
        Fault::CutBody => answer.as_json(text.as_bytes()[..text.len() / 2].to_vec()),
        Fault::NullResult => {
            answer.with_message(id, &json!({"jsonrpc": "2.0", "id": id, "result": null}))
        }
        Fault::AnotherId => {
            let mut message: Value = serde_json::from_str(text).ok()?;
            message["id"] = "another".into();
            answer.with_message(id, &message)
        }
        Fault::GatewayPage => {
            let page = "<html><head><title>502 Bad Gateway</title></head></html>";
            (StatusCode::BAD_GATEWAY, [(CONTENT_TYPE, "text/html")], page).into_response()
        }
        _ => unreachable!("{fault:?} is no fault of an answer"),
    })
}

fn failed(id: &Value, error: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

fn throttled(status: StatusCode) -> Response {
    let body = json!({"error": "rate_limited"}).to_string();
    (status, [(RETRY_AFTER, WAIT)], [(CONTENT_TYPE, "application/json")], body).into_response()
}
