//! GitHub's own description of its API, against which every answer of the fake is checked.
//!
//! `tests/github/openapi.json` is an extract of the npm package `@octokit/openapi` (MIT);
//! `eval/interop/github/extract.mjs` makes it.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{LazyLock, Mutex},
};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Map, Value, json};

const DESCRIPTION: &str = include_str!("../github/openapi.json");

/// What only errors outside of an operation's own description are: `message` and `documentation_url`.
const ANY_ERROR: &str = "/components/schemas/basic-error";

static OPEN_API: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(DESCRIPTION).unwrap());

/// What an operation answers with a status: one value, or a list of them.
struct Answer {
    method: String,
    path: String,
    status: u16,
    is_list: bool,
    schema: SchemaIndex,
}

struct Contract {
    schemas: Schemas,
    answers: Vec<Answer>,
    any_error: SchemaIndex,
    /// What was found good before, since the same comments are listed again and again.
    good: Mutex<HashSet<u64>>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::new);

/// What is wrong with an answer, if anything is.
pub(crate) fn violation(method: &str, path: &str, status: u16, body: &Value) -> Option<String> {
    CONTRACT.violation(method, path, status, body)
}

impl Contract {
    fn new() -> Self {
        let mut description = OPEN_API.clone();
        nullable(&mut description);
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource("http://github/openapi.json", description.clone()).unwrap();
        let mut schemas = Schemas::new();
        let mut compile = |pointer: &str| {
            let place = format!("http://github/openapi.json#{pointer}");
            compiler.compile(&place, &mut schemas).unwrap_or_else(|err| panic!("{place}: {err:#}"))
        };
        let mut answers = Vec::new();
        for (path, operations) in object(&description["paths"]) {
            for (method, operation) in object(operations) {
                for (status, response) in object(&operation["responses"]) {
                    let path_segment = path.replace('/', "~1");
                    let pointer = match response["$ref"].as_str() {
                        Some(it) => it.trim_start_matches('#').to_owned(),
                        None => format!("/paths/{path_segment}/{method}/responses/{status}"),
                    };
                    let mut place = format!("{pointer}/content/application~1json/schema");
                    let Some(schema) = description.pointer(&place) else { continue };
                    let is_list = schema["type"] == "array";
                    if is_list {
                        place.push_str("/items");
                    }
                    answers.push(Answer {
                        method: method.to_uppercase(),
                        path: path.clone(),
                        status: status.parse().unwrap(),
                        is_list,
                        schema: compile(&place.replace('{', "%7B").replace('}', "%7D")),
                    });
                }
            }
        }
        let any_error = compile(ANY_ERROR);
        Self { schemas, answers, any_error, good: Mutex::default() }
    }

    fn violation(&self, method: &str, path: &str, status: u16, body: &Value) -> Option<String> {
        let described = self
            .answers
            .iter()
            .find(|it| it.method == method && it.status == status && matches(&it.path, path));
        let (schema, is_list) = match described {
            Some(it) => (it.schema, it.is_list),
            None if status >= 400 => (self.any_error, false),
            None => return Some(format!("{method} {path} never answers {status}")),
        };
        let elements = match body {
            Value::Array(all) if is_list => all.as_slice(),
            _ if is_list => return Some(format!("{method} {path} answers with a list")),
            it => std::slice::from_ref(it),
        };
        elements.iter().find_map(|it| {
            let mut hash = DefaultHasher::new();
            (it.to_string(), method, status, described.map(|it| &it.path)).hash(&mut hash);
            let hash = hash.finish();
            if self.good.lock().unwrap().contains(&hash) {
                return None;
            }
            if let Err(error) = self.schemas.validate(it, schema) {
                return Some(format!("{method} {path} {status}: {error:#}"));
            }
            self.good.lock().unwrap().insert(hash);
            None
        })
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(a, b)| a.starts_with('{') || a == b)
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own.
fn nullable(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(nullable),
        Value::Object(fields) => {
            fields.values_mut().for_each(nullable);
            if fields.get("nullable") == Some(&json!(true)) {
                fields.remove("nullable");
                let schema = Value::Object(std::mem::take(fields));
                fields.insert("anyOf".to_owned(), json!([schema, { "type": "null" }]));
            }
        }
        _ => {}
    }
}

#[test]
fn the_description_refuses_what_github_never_says() {
    let comments = "/repos/acme/api/issues/12/comments";
    assert!(violation("POST", comments, 201, &json!({ "id": 1 })).is_some());
    assert!(violation("POST", comments, 204, &Value::Null).is_some());
    assert!(violation("GET", "/nowhere", 200, &json!({})).is_some());
    assert!(violation("GET", comments, 404, &json!({ "message": 1 })).is_some());
    assert_eq!(violation("GET", comments, 404, &json!({ "message": "Not Found" })), None);
    assert_eq!(violation("GET", comments, 200, &json!([])), None);
}
