//! The tool `upstream`.

use std::sync::Arc;

use axum::http::StatusCode;
use rmcp::ErrorData;
use rmcp::handler::server::common::schema_for_type;
use rmcp::handler::server::router::tool::ToolRoute;
use rmcp::handler::server::tool::{ToolCallContext, parse_json_object};
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::upstream::call::{Answer, CallError};
use crate::upstream::client::Client;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Arguments {
    /// What to GET of the API, such as /orders?page=2.
    path: String,
    /// Status that the built-in API is to fail with; 503 if there are failures and no status.
    status: Option<u16>,
    /// How long the built-in API is to take, in milliseconds.
    delay_ms: Option<u64>,
    /// Tries that the built-in API is to fail before one succeeds; all, if there is a status and no number.
    failures: Option<u32>,
}

/// The tool, for a server of any kind.
pub(crate) fn route<S: Send + Sync + 'static>(client: Arc<Client>) -> ToolRoute<S> {
    let tool = Tool::new(
        "upstream",
        "Call an HTTP API, with retries and a circuit breaker",
        schema_for_type::<Arguments>(),
    )
    .with_annotations(ToolAnnotations::new().read_only(true).open_world(true));
    ToolRoute::new_dyn(tool, move |context: ToolCallContext<'_, S>| {
        let client = client.clone();
        Box::pin(async move { call(&client, context.arguments).await })
    })
}

async fn call(
    client: &Client,
    arguments: Option<serde_json::Map<String, Value>>,
) -> Result<CallToolResponse, ErrorData> {
    let arguments: Arguments = parse_json_object(arguments.unwrap_or_default())?;
    let base = match client.base().await {
        Ok(it) => it,
        Err(error) => return Ok(failure("upstream_error", &error.to_string(), json!({}))),
    };
    let Some(mut url) = address(&base, &arguments.path) else {
        return Ok(failure("invalid_path", "the path leads out of the API", json!({})));
    };
    if client.is_fake() {
        wish(&mut url, &arguments);
    }
    Ok(result(client.call(url).await))
}

/// Where `path` is under `base`, if it is there.
fn address(base: &Url, path: &str) -> Option<Url> {
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, it)| (path, Some(it)));
    let root = format!("{}/", base.path().trim_end_matches('/'));
    let mut url = base.clone();
    url.set_path(&format!("{root}{}", path.trim_start_matches('/')));
    url.set_query(query);
    Some(url).filter(|it| it.path().starts_with(&root))
}

fn wish(url: &mut Url, arguments: &Arguments) {
    let mut query = url.query_pairs_mut();
    let mut set = |name, value: Option<u64>| {
        if let Some(value) = value {
            query.append_pair(name, &value.to_string());
        }
    };
    set("status", arguments.status.map(u64::from));
    set("delayMs", arguments.delay_ms);
    set("failures", arguments.failures.map(u64::from));
}

fn result(outcome: Result<Answer, CallError>) -> CallToolResponse {
    let answer = match outcome {
        Ok(it) => it,
        Err(error) => return failure(error.code(), &error.to_string(), json!({})),
    };
    let status = answer.status.as_u16();
    let more = json!({"status": status, "body": answer.body, "tries": answer.attempt});
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = answer.retry_after.map(|it| json!({"retry_after": it.as_secs()}));
            failure("rate_limited", "the API answered 429", merged(more, wait))
        }
        it if it.is_server_error() => {
            failure("upstream_error", &format!("the API answered {status}"), more)
        }
        _ => CallToolResult::success(vec![ContentBlock::text(more.to_string())]).into(),
    }
}

fn failure(code: &str, message: &str, more: Value) -> CallToolResponse {
    let error = merged(json!({"code": code, "message": message}), Some(more));
    CallToolResult::error(vec![ContentBlock::text(error.to_string())]).into()
}

fn merged(mut object: Value, more: Option<Value>) -> Value {
    if let (Some(object), Some(Value::Object(more))) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, path: &str, expect: Option<&str>) {
        let found = address(&base.parse().unwrap(), path);
        assert_eq!(found.as_ref().map(Url::as_str), expect, "{base} {path}");
    }

    #[test]
    fn no_path_leads_out_of_the_api() {
        let host = "http://127.0.0.1:1";
        check(host, "", Some("http://127.0.0.1:1/"));
        check(host, "/orders?page=2", Some("http://127.0.0.1:1/orders?page=2"));
        check(host, "//elsewhere.example/x", Some("http://127.0.0.1:1/elsewhere.example/x"));
        check(
            host,
            "http://elsewhere.example",
            Some("http://127.0.0.1:1/http://elsewhere.example"),
        );
        check(host, "a b#c", Some("http://127.0.0.1:1/a%20b"));
        let base = "http://127.0.0.1:1/v1?key=x";
        check(base, "orders", Some("http://127.0.0.1:1/v1/orders"));
        check(base, "/../admin", None);
        check(base, "/%2e%2e/admin", None);
        check(base, "/a/../orders", Some("http://127.0.0.1:1/v1/orders"));
    }
}
