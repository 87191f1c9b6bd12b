//! What of the plan the server offers: what somebody named has to be there, what our own pool names may be missing.

use std::collections::BTreeMap;

use anyhow::bail;
use k6_summary::run::Skipped;

use crate::config::call::Call;
use crate::config::strict::nearest;
use crate::console::section::brief;
use crate::scenario::profiles::Planned;
use crate::server::tool::Tool;

/// The plan with the calls that can be made, and what is left out of it with the reason.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) plan: Vec<Planned>,
    pub(crate) skipped: Vec<Skipped>,
}

/// Decides what can be run on a server with these tools; `named` takes the place of the scenarios' own calls.
///
/// # Errors
/// A call that somebody named and the server cannot take: it has no such tool, or wants other arguments.
pub(crate) fn offered(
    plan: &[Planned],
    named: Option<&[Call]>,
    tools: &BTreeMap<String, Tool>,
) -> anyhow::Result<Offered> {
    if let Some(named) = named {
        check(named, tools)?;
    }
    let mut offered = Offered { plan: Vec::new(), skipped: Vec::new() };
    for planned in plan {
        let is_own_script = planned.load.is_none();
        let named = named.filter(|_| !planned.own_calls);
        let calls = match (&planned.calls, named) {
            (None, None) => None,
            // A script of the user's own gets their calls as they are.
            (None, Some(named)) => is_own_script.then(|| named.to_vec()),
            (Some(_), Some(named)) => Some(named.to_vec()),
            (Some(own), None) => {
                let (calls, lacking) = of_the_pool(own, tools);
                offered.skipped.extend(lacking.iter().map(|tool| {
                    let name = format!("{}: {tool}", planned.name);
                    Skipped::new(name, "the server has no such tool".to_owned())
                }));
                if calls.is_empty() {
                    offered.skipped.truncate(offered.skipped.len() - lacking.len());
                    let lacking = lacking.join(", ");
                    let reason = format!(
                        "the server offers none of its tools ({lacking}); name yours in loadtest.json, which `mcp-loadtest init` writes"
                    );
                    offered.skipped.push(Skipped::new(planned.name.clone(), reason));
                    continue;
                }
                Some(calls)
            }
        };
        offered.plan.push(Planned { calls, ..planned.clone() });
    }
    Ok(offered)
}

/// The tools that the plan calls and that do not say that they only read.
pub(crate) fn writing<'a>(plan: &'a [Planned], tools: &BTreeMap<String, Tool>) -> Vec<&'a str> {
    let calls = plan.iter().filter_map(|it| it.calls.as_ref()).flatten();
    let mut writing: Vec<&str> = calls
        .filter_map(|it| it.tool.as_deref())
        .filter(|it| tools.get(*it).is_some_and(|it| !it.reads_only))
        .collect();
    writing.sort_unstable();
    writing.dedup();
    writing
}

/// Whether the server can take every call that somebody named.
pub(crate) fn check(named: &[Call], tools: &BTreeMap<String, Tool>) -> anyhow::Result<()> {
    for call in named {
        // Of resources and prompts the first answer tells.
        let Some(name) = &call.tool else { continue };
        if tools.is_empty() {
            bail!(
                "the server has no tools, so that `{name}` cannot be called; `cold-start` needs none"
            );
        }
        let Some(tool) = tools.get(name) else {
            let meant = nearest(name, tools.keys().map(String::as_str));
            let meant =
                meant.map_or_else(String::new, |it| format!("did you mean `{}`? ", brief(it)));
            let all = tools.keys().map(|it| brief(it)).collect::<Vec<_>>().join(", ");
            bail!("the server has no tool `{name}`; {meant}It has: {all}");
        };
        let (_, params) = call.request();
        if let Some(it) = params["arguments"].as_object().and_then(|it| tool.refuses(it)) {
            bail!("the arguments of `{name}` are not what the server says that it takes: {it}");
        }
    }
    Ok(())
}

/// Splits our own pool into what the server offers and the names of the tools that it lacks.
fn of_the_pool(pool: &[Call], tools: &BTreeMap<String, Tool>) -> (Vec<Call>, Vec<String>) {
    let (kept, lacking): (Vec<_>, Vec<_>) = pool
        .iter()
        .cloned()
        .partition(|it| it.tool.as_ref().is_none_or(|it| tools.contains_key(it)));
    let mut lacking: Vec<String> = lacking.iter().map(|it| it.name().to_owned()).collect();
    lacking.sort_unstable();
    lacking.dedup();
    (kept, lacking)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn tools(all: Value) -> BTreeMap<String, Tool> {
        let all = all.as_array().unwrap().iter();
        all.map(|it| (it["name"].as_str().unwrap().to_owned(), Tool::of(it))).collect()
    }

    fn call(tool: &str, arguments: Value) -> Call {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        Call::of_tool(tool, arguments)
    }

    #[test]
    fn what_our_own_pool_names_and_the_server_lacks_is_left_out_once() {
        let pool = [call("echo", json!({})), call("sum", json!({})), call("sum", json!({}))];
        let (kept, lacking) = of_the_pool(&pool, &tools(json!([{"name": "echo"}])));
        assert_eq!(kept, [call("echo", Value::Object(Map::new()))]);
        assert_eq!(lacking, ["sum"]);
    }

    #[test]
    fn what_somebody_named_has_to_be_there_and_to_be_taken() {
        let schema = json!({
            "type": "object", "required": ["q"], "additionalProperties": false,
            "properties": {"q": {"type": "string"}, "top": {"type": "integer"}},
        });
        let tools = tools(json!([{"name": "search", "inputSchema": schema}, {"name": "echo"}]));
        let told = |it: Call| check(&[it], &tools).err().map(|it| it.to_string());
        assert_eq!(told(call("search", json!({"q": "x", "top": 3}))), None);
        assert_eq!(told(call("echo", json!({"any": 1}))), None);
        let told = |it: Call, words: &str| {
            let told = told(it).unwrap();
            assert!(told.contains(words), "{told}");
        };
        told(
            call("serach", json!({})),
            "no tool `serach`; did you mean `search`? It has: echo, search",
        );
        told(call("search", json!({})), "'q'");
        told(call("search", json!({"q": 1})), "q");
        told(call("search", json!({"q": "x", "tpo": 1})), "tpo");
    }

    #[test]
    fn a_tool_that_does_not_say_that_it_reads_may_write() {
        let tools = tools(json!([
            {"name": "read", "annotations": {"readOnlyHint": true}},
            {"name": "write", "annotations": {"readOnlyHint": false}},
            {"name": "silent"},
        ]));
        let all = ["write", "read", "silent", "write"].map(|it| call(it, json!({})));
        let planned = Planned {
            name: "mix".to_owned(),
            script: "mix.js".into(),
            calls: Some(all.to_vec()),
            ..Planned::default()
        };
        assert_eq!(writing(&[planned], &tools), ["silent", "write"]);
    }
}
