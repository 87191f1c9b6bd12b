//! Prompts about NovaMart.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::{Value, json};

use crate::primitives::entities::{ENTITIES, describe};

const OVERVIEW: &str = "overview";
const EXPLAIN: &str = "explain-entity";

pub(crate) fn list() -> Vec<Prompt> {
    let entity = PromptArgument::new("name").with_description("The entity").with_required(true);
    let question = PromptArgument::new("question").with_description("What to find out about it");
    vec![
        Prompt::new(EXPLAIN, Some("Explain one entity of NovaMart"), Some(vec![entity, question])),
        Prompt::new(OVERVIEW, Some("Give an overview of NovaMart's data"), None),
    ]
}

/// The prompt of this name; `None` if there is none.
pub(crate) fn get(
    name: &str,
    arguments: &JsonObject,
) -> Option<Result<GetPromptResult, ErrorData>> {
    match name {
        OVERVIEW => {
            let entities: Vec<_> =
                ENTITIES.iter().map(|(name, it)| format!("- {name}: {it}")).collect();
            Some(Ok(asking(format!(
                "Give an overview of a small shop with these tables:\n{}",
                entities.join("\n")
            ))))
        }
        EXPLAIN => Some(explain(arguments)),
        _ => None,
    }
}

fn explain(arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    let name = argument(arguments, "name")?;
    let Some(entity) = describe(name) else {
        let data = json!({"name": name});
        return Err(ErrorData::invalid_params("no such entity", Some(data)));
    };
    let question = arguments.get("question").and_then(Value::as_str);
    let question = question.unwrap_or("What does one row stand for?");
    Ok(asking(format!("This is a table of a small shop:\n{entity}\n{question}")))
}

/// A required argument of a prompt.
pub(crate) fn argument<'a>(arguments: &'a JsonObject, name: &str) -> Result<&'a str, ErrorData> {
    let missing = || ErrorData::invalid_params(format!("the argument `{name}` is missing"), None);
    arguments.get(name).and_then(Value::as_str).ok_or_else(missing)
}

/// One message of the user.
pub(crate) fn asking(text: impl Into<String>) -> GetPromptResult {
    GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)])
}

/// What an argument of a prompt may be that begins with `value`; `None` if there is no such argument.
pub(crate) fn complete(prompt: &str, argument: &str, value: &str) -> Option<Vec<String>> {
    match (prompt, argument) {
        (EXPLAIN, "name") => Some(entities_from(value)),
        (EXPLAIN, "question") => Some(Vec::new()),
        _ => None,
    }
}

/// The names of entities that begin so.
pub(crate) fn entities_from(start: &str) -> Vec<String> {
    let names = ENTITIES.iter().map(|(name, _)| (*name).to_owned());
    names.filter(|it| it.starts_with(start)).collect()
}
