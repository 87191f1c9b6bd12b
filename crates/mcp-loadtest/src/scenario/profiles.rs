//! `profiles.json` of the scripts: which scenarios there are and what load each profile plans.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, bail};
use k6_summary::run::Skipped;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::console::section::say;
use crate::scenario::calls::Call;
use crate::scenario::load::Load;
use crate::scenario::scripts::Scripts;

/// Where a run keeps what a failed sign-in looked like.
pub(crate) const SIGN_IN: &str = "sign-in";

#[derive(Debug, Deserialize)]
pub(crate) struct Profiles {
    pub(crate) max_error_rate: f64,
    suites: BTreeMap<String, Vec<String>>,
    scenarios: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    script: String,
    /// The rpc names that count as calls.
    #[serde(default)]
    measured: Vec<String>,
    #[serde(default)]
    calls_per_iteration: Option<f64>,
    /// Seconds that a VU waits after an iteration.
    #[serde(default)]
    pause_s: f64,
    /// Seconds from call to call of one VU, for scenarios that pace their calls.
    #[serde(default)]
    pace_s: Option<f64>,
    /// The pool of tool calls, for scenarios that make some.
    #[serde(default)]
    calls: Option<Vec<Call>>,
    /// The k6 scenario object of each profile.
    #[serde(flatten)]
    by_profile: BTreeMap<String, Value>,
}

/// One scenario as it will be run.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) name: String,
    /// The script of ours, or the user's own file.
    pub(crate) script: std::path::PathBuf,
    pub(crate) load: Option<Load>,
    /// What decides whether two runs are comparable, beside the script's text and the calls.
    pub(crate) shape: String,
    pub(crate) calls: Option<Vec<Call>>,
}

impl Profiles {
    pub(crate) fn read(scripts: &Scripts) -> anyhow::Result<Self> {
        let path = scripts.folder().join("profiles.json");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("failed to read `{}`", path.display()))
    }

    /// The scenarios of a suite, or those named: by name, or by the path of a k6 file.
    pub(crate) fn plan(
        &self,
        scripts: &mut Scripts,
        suite: &str,
        named: &[String],
        profile: &str,
    ) -> anyhow::Result<Vec<Planned>> {
        let names = if named.is_empty() {
            self.suites.get(suite).with_context(|| {
                format!("no suite `{suite}`; there are: {}", listed(self.suites.keys()))
            })?
        } else {
            named
        };
        let plan: anyhow::Result<Vec<_>> =
            names.iter().map(|it| self.planned(scripts, it, profile)).collect();
        let plan = plan?;
        // Each scenario has a folder of its name, beside that of the sign-in.
        let mut taken = BTreeSet::from([SIGN_IN]);
        if let Some(it) = plan.iter().find(|it| !taken.insert(&it.name)) {
            bail!("two scenarios would be called `{}`; rename a file", it.name);
        }
        Ok(plan)
    }

    fn planned(&self, scripts: &mut Scripts, name: &str, profile: &str) -> anyhow::Result<Planned> {
        let Some(entry) = self.scenarios.get(name) else {
            return own_script(scripts, name)?.with_context(|| {
                let known = listed(self.scenarios.keys());
                format!("no scenario `{name}` and no such k6 file; there are: {known}")
            });
        };
        let Some(shape) = entry.by_profile.get(profile).filter(|it| it.is_object()) else {
            let known = entry.by_profile.iter().filter(|(_, it)| it.get("executor").is_some());
            let known = listed(known.map(|(it, _)| it));
            bail!("scenario `{name}` has no profile `{profile}`; it has: {known}");
        };
        let calls_per_iteration = entry.calls_per_iteration.unwrap_or(1.0);
        let lasts = entry.pace_s.map_or(entry.pause_s, |it| it * calls_per_iteration);
        let load = Load::of(shape, calls_per_iteration, lasts)
            .with_context(|| format!("profile `{profile}` of scenario `{name}`"))?;
        Ok(Planned {
            name: name.to_owned(),
            script: scripts.folder().join(&entry.script),
            load: Some(load),
            shape: json!([
                shape,
                entry.measured,
                entry.calls_per_iteration,
                entry.pause_s,
                entry.pace_s
            ])
            .to_string(),
            calls: entry.calls.clone(),
        })
    }
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
            skipped.push(Skipped::new(planned.name.clone(), reason));
            continue;
        }
        skipped.extend(lacking.into_iter().map(|tool| {
            let name = format!("{}: {tool}", planned.name);
            Skipped::new(name, "the server has no such tool".to_owned())
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

fn own_script(scripts: &mut Scripts, path: &str) -> anyhow::Result<Option<Planned>> {
    let path = Path::new(path);
    if !path.is_file() {
        return Ok(None);
    }
    let script =
        path.canonicalize().with_context(|| format!("failed to find `{}`", path.display()))?;
    let script = scripts.beside_library(&script)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = stem
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || "-_.".contains(it) { it } else { '-' })
        .collect();
    Ok(Some(Planned { name, script, load: None, shape: String::new(), calls: None }))
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn two_scenarios_of_one_name_are_refused() {
        let profiles = r#"{"max_error_rate": 0.05, "suites": {}, "scenarios": {"a": {"script": "a.js",
            "smoke": {"executor": "shared-iterations", "vus": 1, "iterations": 1}}}}"#;
        let profiles: Profiles = serde_json::from_str(profiles).unwrap();
        let plan = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            profiles.plan(&mut Scripts::find(None).unwrap(), "mcp", &names, "smoke")
        };
        assert_eq!(plan(&["a"]).unwrap().len(), 1);
        assert!(plan(&["a", "a"]).unwrap_err().to_string().contains("`a`"));
        assert!(plan(&["b"]).unwrap_err().to_string().contains("there are: a"));
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
