//! Arguments made up for a tool out of the JSON Schema of its input.

use serde_json::{Map, Value, json};

/// As deep as a schema is followed, which may refer to itself.
const DEEPEST: usize = 8;

/// More values than these are made up for nobody.
const MOST: usize = 200;

/// An object with the members that the schema requires, where something can be made up for each of them.
///
/// What the schema itself gives as an example, a default or one of few values is taken first. Whether all of it fits is
/// for a validator to say.
pub(crate) fn example(schema: &Value) -> Option<Map<String, Value>> {
    match value(schema, schema, DEEPEST, &mut { MOST })? {
        Value::Object(it) => Some(it),
        _ => None,
    }
}

fn value(schema: &Value, root: &Value, deep: usize, left: &mut usize) -> Option<Value> {
    let deep = deep.checked_sub(1)?;
    *left = left.checked_sub(1)?;
    if let Some(it) = schema["$ref"].as_str() {
        return value(root.pointer(it.strip_prefix('#')?)?, root, deep, left);
    }
    let given = [&schema["const"], &schema["default"], &schema["examples"][0], &schema["enum"][0]];
    if let Some(it) = given.into_iter().find(|it| !it.is_null()) {
        return Some(it.clone());
    }
    for choices in ["anyOf", "oneOf"] {
        if let Some(all) = schema[choices].as_array() {
            return all
                .iter()
                .find_map(|it| value(it, root, deep, left).filter(|it| !it.is_null()));
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    Some(match kind.unwrap_or("object") {
        "object" => Value::Object(members(schema, root, deep, left)?),
        "array" => {
            let least = schema["minItems"].as_u64().unwrap_or(0);
            let items = (0..least).map(|_| value(&schema["items"], root, deep, left));
            Value::Array(items.collect::<Option<_>>()?)
        }
        "string" => json!(text(schema)?),
        "integer" | "number" => number(schema),
        "boolean" => json!(false),
        _ => Value::Null,
    })
}

fn members(
    schema: &Value,
    root: &Value,
    deep: usize,
    left: &mut usize,
) -> Option<Map<String, Value>> {
    let required = schema["required"].as_array().into_iter().flatten();
    let made = required.map(|name| {
        let name = name.as_str()?;
        Some((name.to_owned(), value(schema["properties"].get(name)?, root, deep, left)?))
    });
    made.collect()
}

/// A word, unless it has to have a form of its own.
fn text(schema: &Value) -> Option<String> {
    let form = schema["format"].as_str();
    let text = match form {
        None => "test",
        Some("date") => "2026-01-01",
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("uri" | "url") => "https://example.com/",
        Some("email") => "test@example.com",
        Some(_) => return None,
    };
    if schema.get("pattern").is_some() {
        return None;
    }
    let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).ok()?;
    let most =
        schema["maxLength"].as_u64().map_or(Some(usize::MAX), |it| usize::try_from(it).ok())?;
    let length = text.len();
    match form {
        _ if (least..=most).contains(&length) => Some(text.to_owned()),
        None if least <= most && least < 1000 => {
            Some("test".chars().cycle().take(least.max(1).min(most)).collect())
        }
        _ => None,
    }
}

fn number(schema: &Value) -> Value {
    let bound = |key: &str| schema.get(key).filter(|it| it.is_number()).cloned();
    let above = || Some(json!(schema["exclusiveMinimum"].as_i64()?.checked_add(1)?));
    let one = json!(1);
    let too_much = schema["maximum"].as_f64().is_some_and(|it| it < 1.0);
    bound("minimum").or_else(above).unwrap_or_else(|| if too_much { json!(0) } else { one })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tool::Tool;

    #[track_caller]
    fn check(schema: Value, expect: Option<Value>) {
        let seen = example(&schema);
        assert_eq!(seen.clone().map(Value::Object), expect, "{schema}");
        if let Some(it) = seen {
            let tool = Tool::of(&json!({"inputSchema": schema}));
            assert_eq!(tool.refuses(&it), None, "{schema}");
        }
    }

    #[test]
    fn what_is_required_is_made_up_as_far_as_the_schema_says_how() {
        let object = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
        check(json!({"type": "object"}), Some(json!({})));
        check(
            object(json!({"a": {"type": "string"}, "b": {"type": "string"}}), json!(["a"])),
            Some(json!({"a": "test"})),
        );
        check(
            object(
                json!({
                    "kind": {"enum": ["x", "y"]}, "top": {"type": "integer", "minimum": 5},
                    "on": {"type": "boolean"}, "at": {"type": "string", "format": "date"},
                    "ids": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
                    "q": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 2}]},
                    "given": {"type": "string", "pattern": "^[A-Z]+$", "examples": ["ABC"]},
                }),
                json!(["kind", "top", "on", "at", "ids", "q", "given"]),
            ),
            Some(
                json!({"kind": "x", "top": 5, "on": false, "at": "2026-01-01", "ids": [1, 1], "q": "t", "given": "ABC"}),
            ),
        );
        check(
            json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/A"}},
                "$defs": {"A": {"type": "object", "required": ["b"], "properties": {"b": {"type": "number"}}}}}),
            Some(json!({"a": {"b": 1}})),
        );
        let many = json!({"type": "array", "minItems": 60, "items": {"type": "string"}});
        let many = json!({"type": "array", "minItems": 60, "items": many});
        check(object(json!({"a": many}), json!(["a"])), None);
        let most = json!({"type": "integer", "exclusiveMinimum": i64::MAX});
        example(&object(json!({"a": most}), json!(["a"])));
        check(object(json!({"a": {"type": "string", "pattern": "^[A-Z]+$"}}), json!(["a"])), None);
        check(object(json!({"a": {"type": "string", "format": "uuid"}}), json!(["a"])), None);
        check(
            json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}),
            None,
        );
    }
}
