//! `profiles.json` of the scripts: which scenarios there are and what load each profile plans.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::config::call::Call;
use crate::config::file::share;
use crate::config::strict::{from_json, listed, nearest};
use crate::config::threshold::{Limit, Thresholds, merged};
use crate::scenario::bounds::{Bounds, ByDemand};
use crate::scenario::entry::{Entry, Need, OwnTarget, Wishes};
use crate::scenario::load::{K6Scenario, Load, f64_of};
use crate::scenario::scripts::Scripts;

/// Where a run keeps what a failed sign-in looked like.
pub(crate) const SIGN_IN: &str = "sign-in";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    pub(crate) max_error_rate: f64,
    /// What the target may take of its machine.
    #[serde(default)]
    resources: Option<ByDemand>,
    suites: BTreeMap<String, Vec<String>>,
    scenarios: BTreeMap<String, Entry>,
}

/// One scenario as it will be run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Planned {
    pub(crate) name: String,
    /// The script of ours, or the user's own file.
    pub(crate) script: std::path::PathBuf,
    pub(crate) load: Option<Load>,
    /// The k6 scenario object, where it is not for the script to say.
    pub(crate) k6_scenario: Option<K6Scenario>,
    pub(crate) thresholds: Option<Thresholds>,
    /// What the target may take of its machine meanwhile.
    pub(crate) bounds: Option<Bounds>,
    /// What decides whether two runs are comparable, beside the script's text and the calls.
    pub(crate) shape: String,
    pub(crate) calls: Option<Vec<Call>>,
    /// Whether no other calls take the place of these.
    pub(crate) own_calls: bool,
    pub(crate) needs: Vec<Need>,
    /// Whether k6 and the target may need no more memory at its end than before.
    pub(crate) steady: bool,
    /// The embedded target that it has for itself, where that is what is tested.
    pub(crate) own_target: Option<OwnTarget>,
}

/// What a token must live for beyond the planned load of each scenario: k6's start, and its patience at the end.
const MARGIN: Duration = Duration::from_secs(60);

/// What a token must live for, as far as it is planned.
pub(crate) fn lives_for(plan: &[Planned]) -> Duration {
    let lasts =
        |it: &Planned| it.load.map_or(Duration::ZERO, |it| Duration::from_secs_f64(it.seconds));
    plan.iter().map(|it| lasts(it) + MARGIN).sum()
}

impl Profiles {
    pub(crate) fn read(scripts: &Scripts) -> anyhow::Result<Self> {
        let path = scripts.folder().join("profiles.json");
        let text = std::fs::read_to_string(&path);
        let text = text.with_context(|| format!("failed to read `{}`", path.display()))?;
        let cannot = || format!("`{}` cannot be used", path.display());
        let profiles: Self = from_json(&text).with_context(cannot)?;
        share("max_error_rate", profiles.max_error_rate).with_context(cannot)?;
        profiles.resources.iter().try_for_each(ByDemand::check).with_context(cannot)?;
        Ok(profiles)
    }

    /// The scenarios of a suite, or those named: by name, or by the path of a k6 file.
    pub(crate) fn plan(
        &self,
        scripts: &mut Scripts,
        suite: &str,
        named: &[String],
        profile: &str,
        wishes: &Wishes<'_>,
    ) -> anyhow::Result<Vec<Planned>> {
        let names = if named.is_empty() {
            self.suites.get(suite).with_context(|| {
                format!("no suite `{suite}`; there are: {}", listed(self.suites.keys()))
            })?
        } else {
            named
        };
        let plan: anyhow::Result<Vec<_>> =
            names.iter().map(|it| self.planned(scripts, it, profile, wishes)).collect();
        let plan = plan?;
        // Each scenario has a folder of its name, beside that of the sign-in.
        let mut taken = BTreeSet::from([SIGN_IN]);
        if let Some(it) = plan.iter().find(|it| !taken.insert(&it.name)) {
            bail!("two scenarios would be called `{}`; rename a file", it.name);
        }
        self.check(&plan, wishes)?;
        Ok(plan)
    }

    /// Whether there is what the wishes are about.
    fn check(&self, plan: &[Planned], wishes: &Wishes<'_>) -> anyhow::Result<()> {
        let heed = |it: &&Entry| it.target_rps;
        let asked = wishes.lasts.is_some() || wishes.vus.is_some();
        if asked && !plan.iter().filter_map(|it| self.scenarios.get(&it.name)).any(|it| heed(&it)) {
            let heeding = self.scenarios.iter().filter(|(_, it)| heed(it)).map(|(name, _)| name);
            bail!(
                "--rate and --for are for the scenario {}, which is not planned",
                listed(heeding)
            );
        }
        for it in wishes.limits {
            self.check_limit(it, plan, wishes)?;
        }
        Ok(())
    }

    /// Whether something will be measured that the limit is about.
    fn check_limit(&self, it: &Limit, plan: &[Planned], wishes: &Wishes<'_>) -> anyhow::Result<()> {
        let selected = it.selector.scenario.as_ref();
        if let Some(name) = selected
            && !self.scenarios.contains_key(name)
            && !plan.iter().any(|it| it.name == *name)
        {
            let meant = nearest(name, self.scenarios.keys().map(String::as_str));
            let meant = meant.map_or_else(String::new, |it| format!("; did you mean `{it}`?"));
            bail!("a limit is for the scenario `{name}`, which is not known{meant}");
        }
        let planned = plan.iter().filter(|it| selected.is_none_or(|name| it.name == *name));
        let planned: Vec<&Planned> = planned.collect();
        let ours: Vec<&Entry> =
            planned.iter().filter_map(|it| self.scenarios.get(&it.name)).collect();
        if ours.is_empty() {
            // One of a scenario that is not planned this time is for another time.
            let Some(own) = planned.first() else { return Ok(()) };
            bail!(
                "a limit is for `{}`, a script of your own, which says itself what its thresholds are",
                own.name
            );
        }
        let Some((key, value)) = &it.selector.tag else { return Ok(()) };
        let known: BTreeSet<String> = ours.iter().flat_map(|it| it.tagged(key, wishes)).collect();
        if !known.contains(value) {
            let known = Vec::from_iter(known).join(", ");
            let of = selected.map_or_else(String::new, |it| format!(" of `{it}`"));
            bail!(
                "a limit is for the {key} `{value}`{of}, which is not called; there are: {known}"
            );
        }
        Ok(())
    }

    fn planned(
        &self,
        scripts: &mut Scripts,
        name: &str,
        profile: &str,
        wishes: &Wishes<'_>,
    ) -> anyhow::Result<Planned> {
        let Some(entry) = self.scenarios.get(name) else {
            return own_script(scripts, name)?.with_context(|| {
                let meant = nearest(name, self.scenarios.keys().map(String::as_str));
                let meant = meant.map_or_else(String::new, |it| format!("did you mean `{it}`? "));
                let known = listed(self.scenarios.keys());
                format!("no scenario `{name}` and no such k6 file; {meant}There are: {known}")
            });
        };
        let Some(shape) = entry.by_profile.get(profile) else {
            let known = listed(entry.by_profile.keys());
            bail!("scenario `{name}` has no profile `{profile}`; it has: {known}");
        };
        let mut shape = shape.clone();
        let calls_per_iteration = entry.calls_per_iteration.unwrap_or(1.0);
        let lasts = entry.pace_s.map_or(entry.pause_s, |it| it * calls_per_iteration);
        let rate = wishes.rate.filter(|_| entry.target_rps);
        if entry.target_rps {
            shape.vus = wishes.vus.or(shape.vus);
            shape.duration = wishes.lasts.map(str::to_owned).or(shape.duration);
        }
        let load = Load::of(&shape, calls_per_iteration, lasts);
        let mut load = load.with_context(|| format!("profile `{profile}` of scenario `{name}`"))?;
        load.seconds +=
            entry.ramp_s.get(profile).filter(|_| shape.duration.is_none()).unwrap_or(&0.0);
        if entry.held {
            load.calls = Some(f64_of(load.vus));
        }
        if let Some(rate) = rate {
            if shape.vus.is_none() {
                bail!(
                    "profile `{profile}` of scenario `{name}` has no number of `vus` that a rate could be shared by"
                );
            }
            (load.calls, load.per_second) = (Some(rate * load.seconds), Some(rate));
        }
        if load.calls.is_some_and(|it| it < 1.0) {
            bail!("scenario `{name}` would make no call at all");
        }
        let ramp = entry.ramp_s.get(profile).copied();
        for (key, it) in
            [("pause_s", Some(entry.pause_s)), ("pace_s", entry.pace_s), ("ramp_s", ramp)]
        {
            if it.is_some_and(|it| !(it >= 0.0 && it.is_finite())) {
                bail!("`{key}` of scenario `{name}` is no number of seconds from 0 up");
            }
        }
        Ok(Planned {
            name: name.to_owned(),
            script: scripts.folder().join(&entry.script),
            load: Some(load),
            shape: json!([
                shape,
                entry.measured,
                calls_per_iteration,
                entry.pause_s,
                entry.pace_s,
                rate,
                ramp
            ])
            .to_string(),
            k6_scenario: Some(shape),
            thresholds: Some(merged(&entry.limits(wishes), wishes.limits, name)),
            bounds: self.resources.map(|it| it.of(entry.load)),
            calls: entry.calls.clone(),
            own_calls: entry.own_calls,
            needs: entry.needs.clone(),
            steady: entry.steady,
            own_target: entry.own_target,
        })
    }
}

fn own_script(scripts: &mut Scripts, path: &str) -> anyhow::Result<Option<Planned>> {
    let path = Path::new(path);
    if !path.is_file() {
        return Ok(None);
    }
    let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    if !["js", "mjs", "ts"].contains(&ending) {
        bail!("`{}` is no k6 script: its name does not end with .js or .ts", path.display());
    }
    let script =
        path.canonicalize().with_context(|| format!("failed to find `{}`", path.display()))?;
    let script = scripts.beside_library(&script)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = stem
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || "-_.".contains(it) { it } else { '-' })
        .collect();
    Ok(Some(Planned { name, script, ..Planned::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::bounds::Demand;

    #[test]
    fn two_scenarios_of_one_name_are_refused() {
        let profiles = r#"{"max_error_rate": 0.05, "suites": {}, "scenarios": {"a": {"script": "a.js",
            "smoke": {"executor": "shared-iterations", "vus": 1, "iterations": 1}}}}"#;
        let profiles: Profiles = serde_json::from_str(profiles).unwrap();
        let plan = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            profiles.plan(
                &mut Scripts::find(None).unwrap(),
                "mcp",
                &names,
                "smoke",
                &Wishes::default(),
            )
        };
        assert_eq!(plan(&["a"]).unwrap().len(), 1);
        assert!(plan(&["a", "a"]).unwrap_err().to_string().contains("`a`"));
        assert!(plan(&["b"]).unwrap_err().to_string().contains("There are: a"));
    }

    #[test]
    fn a_scenario_is_held_to_the_bounds_of_its_load() {
        let mut scripts = Scripts::find(None).unwrap();
        let mut profiles = Profiles::read(&scripts).unwrap();
        let mut bounds = |profiles: &Profiles, name: &str| {
            let named = [name.to_owned()];
            let plan = profiles.plan(&mut scripts, "mcp", &named, "smoke", &Wishes::default());
            plan.unwrap()[0].bounds
        };
        let [normal, stress] = ["cold-start", "tool-execution"].map(|it| bounds(&profiles, it));
        let resources = profiles.resources.take().unwrap();
        assert_eq!(normal, Some(resources.of(Demand::Normal)));
        assert_eq!(stress, Some(resources.of(Demand::Stress)));
        assert_ne!(normal, stress);
        assert_eq!(bounds(&profiles, "cold-start"), None);
    }
}
