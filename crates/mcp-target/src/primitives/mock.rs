//! Tools with canned answers.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rmcp::handler::server::router::tool::ToolRoute;
use rmcp::handler::server::tool::ToolRouter;
use rmcp::model::{CallToolResult, JsonObject, Tool};
use serde_json::{Value, json};

use crate::config::tools::MockTool;
use crate::primitives::answer::{failure, text};
use crate::primitives::server::Server;

/// A router to these tools.
///
/// # Errors
/// One of them cannot be offered as it is.
pub(crate) fn router(tools: &[MockTool]) -> io::Result<ToolRouter<Server>> {
    let mut names = HashSet::new();
    let mut router = ToolRouter::new();
    for tool in tools {
        if let Some(wrong) = wrong(tool) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, wrong));
        }
        if !names.insert(&tool.name) {
            let wrong = format!("two tools have the name `{}`", tool.name);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, wrong));
        }
        router.add_route(route(tool.clone()));
    }
    Ok(router)
}

fn wrong(tool: &MockTool) -> Option<String> {
    let name = &tool.name;
    if name.is_empty() {
        return Some("a tool has an empty name".to_owned());
    }
    if !(0.0..=1.0).contains(&tool.error_rate) {
        return Some(format!("the errorRate of the tool `{name}` is not between 0 and 1"));
    }
    let schema = tool.input_schema.as_ref();
    schema
        .is_some_and(|it| it.get("type") != Some(&json!("object")))
        .then(|| format!("the inputSchema of the tool `{name}` does not have the type object"))
}

fn route(tool: MockTool) -> ToolRoute<Server> {
    let any_object = || JsonObject::from_iter([("type".to_owned(), json!("object"))]);
    let schema = tool.input_schema.clone().unwrap_or_else(any_object);
    let listed = Tool::new(tool.name.clone(), tool.description.clone(), schema);
    let tool = Arc::new(tool);
    let calls = Arc::new(AtomicU64::new(0));
    ToolRoute::new_dyn(listed, move |call| {
        let (tool, calls) = (tool.clone(), calls.clone());
        Box::pin(async move {
            if !tool.delay().is_zero() {
                tokio::time::sleep(tool.delay()).await;
            }
            if fails(calls.fetch_add(1, Ordering::Relaxed), tool.error_rate) {
                return Ok(failure("mock_error", "this call fails, as errorRate asks for").into());
            }
            Ok(answer(&tool.answer, &call.arguments.unwrap_or_default()).into())
        })
    })
}

/// Whether the call of this number, from 0, is one of those that fail: spread evenly, and no chance in it.
fn fails(number: u64, rate: f64) -> bool {
    // What a product such as 0.29 * 100 lacks to the whole number that it stands for.
    let failed_before = |calls: u64| (calls as f64 * rate + 1e-9).floor();
    failed_before(number + 1) > failed_before(number)
}

fn answer(template: &Value, arguments: &JsonObject) -> CallToolResult {
    match filled(template, arguments) {
        Value::Null => CallToolResult::success(Vec::new()),
        Value::String(it) => text(it),
        // Revisions up to 2025-11-25 know objects alone as structured content.
        it @ Value::Object(_) => CallToolResult::structured(it),
        it => text(it.to_string()),
    }
}

/// The template with every `{{name}}` replaced by that argument: a string that is nothing else keeps the argument's type.
fn filled(template: &Value, arguments: &JsonObject) -> Value {
    match template {
        Value::String(it) => match placeholder(it) {
            Some(("", name, "")) => arguments.get(name).cloned().unwrap_or_default(),
            Some(_) => Value::String(filled_text(it, arguments)),
            None => template.clone(),
        },
        Value::Array(it) => it.iter().map(|it| filled(it, arguments)).collect(),
        Value::Object(it) => {
            let filled = it.iter().map(|(key, it)| (key.clone(), filled(it, arguments)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

fn filled_text(mut template: &str, arguments: &JsonObject) -> String {
    let mut text = String::new();
    while let Some((before, name, after)) = placeholder(template) {
        text.push_str(before);
        match arguments.get(name) {
            Some(Value::String(it)) => text.push_str(it),
            Some(Value::Null) | None => {}
            Some(it) => text.push_str(&it.to_string()),
        }
        template = after;
    }
    text + template
}

/// What stands before the first `{{name}}`, the name, and what stands after it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name.trim(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_rate_fails_and_evenly() {
        for (rate, calls, expect) in [
            (0.0, 1000, 0),
            (1.0, 1000, 1000),
            (0.1, 1000, 100),
            (0.29, 100, 29),
            (0.5, 7, 3),
            (0.001, 999, 0),
            (0.001, 1000, 1),
        ] {
            let failed = (0..calls).filter(|it| fails(*it, rate)).count();
            assert_eq!(failed, expect, "{rate} of {calls}");
        }
        let failing: Vec<_> = (0..9).filter(|it| fails(*it, 1.0 / 3.0)).collect();
        assert_eq!(failing, [2, 5, 8]);
    }

    #[test]
    fn a_placeholder_is_replaced_by_the_argument_of_its_name() {
        let arguments = json!({"city": "Berlin", "days": 3, "list": [1, {"a": null}]});
        let arguments = arguments.as_object().unwrap();
        for (template, expect) in [
            (json!("It rains in {{city}}."), json!("It rains in Berlin.")),
            (json!("{{ city }} for {{days}} days"), json!("Berlin for 3 days")),
            (json!("{{list}}"), json!([1, {"a": null}])),
            (json!("<{{list}}>"), json!("<[1,{\"a\":null}]>")),
            (json!({"a": ["{{days}}", {"b": "{{city}}!"}]}), json!({"a": [3, {"b": "Berlin!"}]})),
            (json!("{{nothing}}"), Value::Null),
            (json!("no {{nothing}}"), json!("no ")),
            (json!("{{unclosed"), json!("{{unclosed")),
            (json!("}}{{"), json!("}}{{")),
            (json!(7), json!(7)),
        ] {
            assert_eq!(filled(&template, arguments), expect, "{template}");
        }
        let hostile = json!({"city": "{{days}}", "days": 3});
        let text = filled_text("{{city}}", hostile.as_object().unwrap());
        assert_eq!(text, "{{days}}");
    }
}
