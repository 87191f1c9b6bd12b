//! A request that was answered by no success: the class, the server's words, and what that may be about.

use serde_json::Value;

use crate::server::answer::Answer;
use crate::server::revision::SPOKEN;

/// An answer that is a failure.
#[derive(Debug, thiserror::Error)]
#[error("{method} at `{url}` {answered}{remedy}")]
pub(crate) struct Refused {
    method: String,
    url: String,
    /// The class of the failure, as the table of answers has it.
    pub(crate) class: &'static str,
    /// The code of an error of JSON-RPC.
    code: Option<i64>,
    /// What the server says.
    pub(crate) words: String,
    answered: String,
    remedy: String,
}

impl Refused {
    /// What was asked of whom, the class of its failure, and what of the answer may be shown: words, and where it leads.
    pub(crate) fn new(
        method: &str,
        url: String,
        class: &'static str,
        answer: &Answer,
        words: String,
        location: Option<String>,
    ) -> Self {
        let status = answer.status;
        let error = error_of(answer);
        let location = location.filter(|_| (300..400).contains(&status));
        let quoted =
            if words.is_empty() { String::new() } else { format!(", which says `{words}`") };
        let answered = match (&location, status) {
            (Some(it), _) => format!("answered {status} and leads to `{it}`"),
            (None, 0) => "was not answered in time".to_owned(),
            (None, 200..300) if answer.message.is_some() => format!("failed{quoted}"),
            (None, 200..300) => format!("answered {status} without an answer to it{quoted}"),
            (None, _) => format!("answered {status}{quoted}"),
        };
        let remedy = remedy(method, class, status, error.as_ref(), location.is_some());
        let code = error.as_ref().and_then(|it| it["code"].as_i64());
        let remedy = remedy.map_or_else(String::new, |it| format!("; {it}"));
        let method = method.to_owned();
        Self { method, url, class, code, words, answered, remedy }
    }

    /// The code of the error of JSON-RPC that an error is about.
    pub(crate) fn code(error: &anyhow::Error) -> Option<i64> {
        error.downcast_ref::<Self>()?.code
    }

    /// The class of the failure that an error is about.
    pub(crate) fn class(error: &anyhow::Error) -> Option<&'static str> {
        Some(error.downcast_ref::<Self>()?.class)
    }
}

/// The error of JSON-RPC, whatever its status.
fn error_of(answer: &Answer) -> Option<Value> {
    let of = |it: &Value| it.get("error").filter(|it| it.is_object()).cloned();
    let body = || serde_json::from_str::<Value>(&answer.body).ok();
    answer.message.as_ref().and_then(of).or_else(|| body().as_ref().and_then(of))
}

fn remedy(
    method: &str,
    class: &str,
    status: u16,
    error: Option<&Value>,
    leads_elsewhere: bool,
) -> Option<String> {
    const UNSUPPORTED_VERSION: i64 = -32022;
    if leads_elsewhere {
        return Some("name that address".to_owned());
    }
    if error.and_then(|it| it["code"].as_i64()) == Some(UNSUPPORTED_VERSION) {
        let supported =
            error.and_then(|it| it["data"]["supported"].as_array()).into_iter().flatten();
        let supported = supported.filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
        return Some(format!(
            "it speaks MCP {supported}; --protocol chooses one of {}",
            SPOKEN.join(", ")
        ));
    }
    let remedy = match (class, status) {
        ("unauthorized", _) => {
            "the token is not accepted there: is it for another resource, or expired?"
        }
        ("forbidden", _) => "the token lacks a scope or the user may not use this workspace",
        ("session_lost", _) => {
            "it does not know the session that it gave a moment ago, as instances without shared sessions behind a balancer do not"
        }
        (_, 404 | 405) if method == "initialize" => {
            "is that the address of an MCP endpoint (Streamable HTTP)?"
        }
        (_, 200..300) if method == "initialize" && error.is_none() => {
            "is that the address of an MCP endpoint (Streamable HTTP)?"
        }
        _ => return None,
    };
    Some(remedy.to_owned())
}
