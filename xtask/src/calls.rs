//! The pool of tool calls that the scripts draw from: ours, or the user's `--calls FILE`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};
use k6_summary::run::Skipped;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::plan::Planned;
use crate::section::say;

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

/// Leaves out of the plan what the server does not offer, with the reason; `pool` takes the place of the scenarios' own calls.
pub(crate) fn offer(
    plan: &[Planned],
    pool: Option<&[Call]>,
    tools: &BTreeSet<String>,
) -> (Vec<Planned>, Vec<Skipped>) {
    let (mut kept, mut skipped) = (Vec::new(), Vec::new());
    for planned in plan {
        // A script of the user's own has no calls here and gets theirs as they are.
        let Some(own) = &planned.calls else {
            let calls = pool.filter(|_| planned.load.is_none()).map(<[Call]>::to_vec);
            kept.push(Planned { calls, ..planned.clone() });
            continue;
        };
        let (calls, lacking) = offered(pool.unwrap_or(own), tools);
        if calls.is_empty() {
            let lacking = lacking.into_iter().collect::<Vec<_>>().join(", ");
            let remedy = match pool {
                Some(_) => "are their names in --calls right?",
                None => "name yours with --calls FILE",
            };
            let reason = format!("the server offers none of its tools ({lacking}); {remedy}");
            skipped.push(Skipped { name: planned.name.clone(), reason });
            continue;
        }
        skipped.extend(lacking.into_iter().map(|tool| Skipped {
            name: format!("{}: {tool}", planned.name),
            reason: "the server has no such tool".to_owned(),
        }));
        kept.push(Planned { calls: Some(calls), ..planned.clone() });
    }
    for it in &skipped {
        say("skipped", format_args!("{}: {}", it.name, it.reason));
    }
    (kept, skipped)
}

/// Splits a pool into what the server offers and the names of the tools that it lacks.
fn offered(pool: &[Call], tools: &BTreeSet<String>) -> (Vec<Call>, BTreeSet<String>) {
    let (kept, lacking): (Vec<_>, Vec<_>) =
        pool.iter().cloned().partition(|it| tools.contains(&it.tool));
    (kept, lacking.into_iter().map(|it| it.tool).collect())
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

    #[test]
    fn what_the_server_lacks_is_named_once() {
        let call = |tool: &str| Call { tool: tool.to_owned(), arguments: Map::new(), weight: 1.0 };
        let tools = BTreeSet::from(["echo".to_owned()]);
        let (kept, lacking) = offered(&[call("echo"), call("sum"), call("sum")], &tools);
        assert_eq!(kept, [call("echo")]);
        assert_eq!(lacking, BTreeSet::from(["sum".to_owned()]));
    }
}
