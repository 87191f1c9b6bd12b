//! JSON that people write: a key that is not known is an error, with the known one that is nearest to it.

use anyhow::{Context as _, bail};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// How alike two keys are before one is taken for the other misspelt, from 0 to 1.
const ALIKE: f64 = 0.69;

/// Reads a value whose schema says which keys there are.
pub(crate) fn from_json<T: DeserializeOwned + JsonSchema>(text: &str) -> anyhow::Result<T> {
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text).context("it is no JSON")?;
    let schema = schemars::schema_for!(T);
    let mut unknown = Vec::new();
    let kind = schema.as_value()["type"].as_str().unwrap_or_default();
    let fits = match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => true,
    };
    anyhow::ensure!(fits, "it is no JSON {kind}");
    find_unknown(&value, schema.as_value(), schema.as_value(), "", &mut unknown);
    if !unknown.is_empty() {
        bail!("{}", unknown.join("; "));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { String::new() } else { format!("`{path}`: ") };
        anyhow::anyhow!("{at}{}", error.into_inner())
    })
}

/// Says of each key below `value` that `schema` does not know where it is, and what was probably meant.
fn find_unknown(
    value: &Value,
    schema: &Value,
    root: &Value,
    path: &str,
    unknown: &mut Vec<String>,
) {
    let schema = resolved(value, schema, root);
    match value {
        Value::Object(members) => {
            let none = Map::new();
            let known = schema["properties"].as_object().unwrap_or(&none);
            let others = &schema["additionalProperties"];
            for (key, member) in members {
                let path = format!("{path}{}{key}", if path.is_empty() { "" } else { "." });
                if let Some(it) = known.get(key) {
                    find_unknown(member, it, root, &path, unknown);
                } else if others.is_object() && (member.is_object() || !is_of_objects(others, root))
                {
                    find_unknown(member, others, root, &path, unknown);
                } else if others != &Value::Bool(true)
                    && (!known.is_empty() || others == &Value::Bool(false))
                {
                    unknown.push(told(&path, key, known));
                }
            }
        }
        Value::Array(items) => {
            for (index, it) in items.iter().enumerate() {
                find_unknown(it, &schema["items"], root, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

/// The schema that a reference or a choice leads to.
fn resolved<'a>(value: &Value, schema: &'a Value, root: &'a Value) -> &'a Value {
    if let Some(it) = schema["$ref"].as_str().and_then(|it| root.pointer(it.strip_prefix('#')?)) {
        return resolved(value, it, root);
    }
    let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    let kind = if value.is_object() { "object" } else { "array" };
    let mut choices = choices.into_iter().flatten().map(|it| resolved(value, it, root));
    choices.find(|it| it["type"] == kind).unwrap_or(schema)
}

fn is_of_objects(schema: &Value, root: &Value) -> bool {
    resolved(&Value::Object(Map::new()), schema, root)["type"] == "object"
}

fn told(path: &str, key: &str, known: &Map<String, Value>) -> String {
    match nearest(key, known.keys().map(String::as_str)) {
        Some(it) => format!("`{path}` is not known; did you mean `{it}`?"),
        None => format!("`{path}` is not known; there are: {}", listed(known.keys())),
    }
}

/// The name that was probably meant, where one is like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let rated = known.map(|it| (strsim::jaro_winkler(name, it), it));
    let best = rated.filter(|it| it.0 >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|it| it.1)
}

/// Names, for a sentence.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(default)]
    #[expect(dead_code, reason = "its shape alone is of interest")]
    struct Outer {
        pause_s: f64,
        list: Option<Vec<Inner>>,
        free: BTreeMap<String, Value>,
        #[serde(flatten)]
        others: BTreeMap<String, Inner>,
    }

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Inner {
        executor: String,
        weight: f64,
    }

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        let error = from_json::<Outer>(text).err().map(|it| format!("{it:#}"));
        assert_eq!(error.as_deref(), expect, "{text}");
    }

    #[test]
    fn a_key_that_is_not_known_is_told_with_the_nearest_wherever_it_is() {
        check(r#"{"pause_s": 1, "list": [{"weight": 2}], "smoke": {"executor": "x"}}"#, None);
        check(r#"{"free": {"what": {"ever": 1}}}"#, None);
        check("\u{feff}{}", None);
        check(r#"{"pause": 0.25}"#, Some("`pause` is not known; did you mean `pause_s`?"));
        check(
            r#"{"list": [{}, {"wieght": 2}]}"#,
            Some("`list[1].wieght` is not known; did you mean `weight`?"),
        );
        check(
            r#"{"smoke": {"exector": "x"}}"#,
            Some("`smoke.exector` is not known; did you mean `executor`?"),
        );
        check(
            r#"{"list": [{"q": 2}]}"#,
            Some("`list[0].q` is not known; there are: executor, weight"),
        );
    }

    #[test]
    fn what_is_of_another_kind_is_told_with_its_place() {
        check("[]", Some("it is no JSON object"));
        check("{", Some("it is no JSON: EOF while parsing an object at line 1 column 1"));
        check(
            r#"{"pause_s": "1"}"#,
            Some("`pause_s`: invalid type: string \"1\", expected f64 at line 1 column 15"),
        );
    }
}
