//! The pool of tool calls that the scripts draw from: ours, or the user's.

use std::path::Path;

use anyhow::{Context as _, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::strict::from_json;

/// A tool call to make.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// Name of the tool, as `tools/list` has it.
    pub(crate) tool: String,
    /// What the tool is given.
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
    /// How often it is made beside the others: a call of weight 3 three times as often as one of weight 1.
    #[serde(default = "one")]
    pub(crate) weight: f64,
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
    // k6 splits the selector of a threshold at commas and braces and trims quotes.
    let odd = |it: char| it.is_whitespace() || ",{}\"'`".contains(it);
    if let Some(it) = calls.iter().find(|it| it.tool.is_empty() || it.tool.contains(odd)) {
        bail!("the tool `{}` has a blank, quote, comma or brace in its name, or none", it.tool);
    }
    if let Some(it) = calls.iter().find(|it| !(it.weight > 0.0 && it.weight.is_finite())) {
        bail!("the weight of `{}` is {}, not above 0", it.tool, it.weight);
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
        check_file("[]", Err("names no call"));
        check_file(r#"[{"tool": "echo", "weight": 0}]"#, Err("not above 0"));
        check_file(r#"[{"tol": "echo"}]"#, Err("`[0].tol` is not known; did you mean `tool`?"));
        check_file(r#"[{"tool": "a,b"}]"#, Err("comma or brace"));
        check_file("{}", Err("it should read like"));
    }
}
