//! The pool of tool calls that the scripts draw from: ours, or the user's.

use std::path::Path;

use anyhow::{Context as _, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::config::strict::from_json;

/// A call to make: of a tool, of a resource, or of a prompt. `{{seq}}` in it is a number of its own for each call, and `{{vu}}`
/// that of the user.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// Name of the tool, as `tools/list` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tool: Option<String>,
    /// Address of a resource to read, instead of a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<String>,
    /// Name of a prompt to get, instead of a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prompt: Option<String>,
    /// What the tool or the prompt is given.
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
    /// How often it is made beside the others: a call of weight 3 three times as often as one of weight 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(crate) weight: f64,
}

/// The rpcs that a call can be of.
pub(crate) const POOLED: [&str; 3] = ["tools/call", "resources/read", "prompts/get"];

impl Call {
    /// A call of a tool.
    pub(crate) fn of_tool(name: impl Into<String>, arguments: Map<String, Value>) -> Self {
        Self { tool: Some(name.into()), arguments, weight: 1.0, ..Self::default() }
    }

    /// What is called.
    pub(crate) fn name(&self) -> &str {
        [&self.tool, &self.resource, &self.prompt].into_iter().flatten().next().map_or("", |it| it)
    }

    /// The rpc, and its parameters for a call on its own.
    pub(crate) fn request(&self) -> (&'static str, Value) {
        let arguments = Value::Object(self.arguments.clone());
        let (rpc, params) = match (&self.resource, &self.prompt) {
            (Some(uri), _) => ("resources/read", json!({"uri": uri})),
            (None, Some(name)) => ("prompts/get", json!({"name": name, "arguments": arguments})),
            (None, None) => ("tools/call", json!({"name": self.name(), "arguments": arguments})),
        };
        let filled = params.to_string().replace("{{seq}}", "0").replace("{{vu}}", "0");
        (rpc, serde_json::from_str(&filled).unwrap_or(params))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::float_cmp, reason = "as serde calls it")]
fn is_one(it: &f64) -> bool {
    *it == 1.0
}

fn one() -> f64 {
    1.0
}

/// The calls of a file, a JSON list.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Call>> {
    let named = || format!("failed to read the calls in `{}`", file.display());
    let text = std::fs::read_to_string(file).with_context(named)?;
    let calls: Vec<Call> = from_json(&text).with_context(|| {
        format!(
            "{}; it should read like [{{\"tool\": \"echo\", \"arguments\": {{\"text\": \"hi\"}}, \"weight\": 1}}]",
            named()
        )
    })?;
    check(&calls).with_context(|| format!("`{}`", file.display()))?;
    Ok(calls)
}

/// Whether a pool can be drawn from.
pub(crate) fn check(calls: &[Call]) -> anyhow::Result<()> {
    if calls.is_empty() {
        bail!("it names no call");
    }
    let kinds = |it: &Call| [&it.tool, &it.resource, &it.prompt].into_iter().flatten().count();
    if let Some(at) = calls.iter().position(|it| kinds(it) != 1) {
        bail!("call {} must have one of `tool`, `resource` and `prompt`", at + 1);
    }
    // k6 splits the selector of a threshold at commas and braces and trims quotes.
    let odd = |it: char| it.is_whitespace() || ",{}\"'`".contains(it);
    let plain = |it: &Call| it.name().replace("{{seq}}", "").replace("{{vu}}", "");
    if let Some(it) = calls.iter().find(|it| it.name().is_empty() || plain(it).contains(odd)) {
        bail!("`{}` is empty or has a blank, quote, comma or brace in it", it.name());
    }
    if let Some(it) = calls.iter().find(|it| !(it.weight > 0.0 && it.weight.is_finite())) {
        bail!("the weight of `{}` is {}, not above 0", it.name(), it.weight);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(text: &str, expect: Result<usize, &str>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        match (read(file.path()), expect) {
            (Ok(calls), Ok(count)) => assert_eq!(calls.len(), count),
            (Err(error), Err(words)) => {
                let error = format!("{error:#}");
                assert!(error.contains(words), "{error}");
            }
            (seen, _) => panic!("{seen:?}"),
        }
    }

    #[test]
    fn a_file_of_calls_is_read_or_refused_with_what_is_wrong() {
        check_file(
            r#"[{"tool": "echo", "arguments": {"text": "hi"}, "weight": 3}, {"tool": "add"}]"#,
            Ok(2),
        );
        check_file(r#"[{"weight": 2}]"#, Err("call 1 must have one of"));
        check_file(r#"[{"resource": "a://b/{{seq}}"}, {"prompt": "p"}]"#, Ok(2));
        check_file("[]", Err("names no call"));
        check_file(r#"[{"tool": "echo", "weight": 0}]"#, Err("not above 0"));
        check_file(r#"[{"tol": "echo"}]"#, Err("`[0].tol` is not known; did you mean `tool`?"));
        check_file(r#"[{"tool": "a,b"}]"#, Err("comma or brace in it"));
        check_file("{}", Err("it should read like"));
    }
}
