//! The pool of tool calls that the scripts draw from: ours, or the user's `--calls FILE`.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
    #[serde(default = "one")]
    pub(crate) weight: f64,
}

fn one() -> f64 {
    1.0
}

pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Call>> {
    let named = || format!("failed to read the calls in `{}`", file.display());
    let text = std::fs::read_to_string(file).with_context(named)?;
    let calls: Vec<Call> = serde_json::from_str(&text).with_context(|| {
        format!(
            "{}; it should read like [{{\"tool\": \"echo\", \"arguments\": {{\"text\": \"hi\"}}, \"weight\": 1}}]",
            named()
        )
    })?;
    if calls.is_empty() {
        bail!("`{}` names no call", file.display());
    }
    if let Some(it) = calls.iter().find(|it| !(it.weight > 0.0 && it.weight.is_finite())) {
        bail!("`{}`: the weight of `{}` is {}, not above 0", file.display(), it.tool, it.weight);
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<usize, &str>) {
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
        check(
            r#"[{"tool": "echo", "arguments": {"text": "hi"}, "weight": 3}, {"tool": "add"}]"#,
            Ok(2),
        );
        check("[]", Err("names no call"));
        check(r#"[{"tool": "echo", "weight": 0}]"#, Err("not above 0"));
        check(r#"[{"tol": "echo"}]"#, Err("unknown field `tol`"));
        check("{}", Err("it should read like"));
    }
}
