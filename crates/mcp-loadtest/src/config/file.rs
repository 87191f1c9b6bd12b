//! `loadtest.json`: one file that says what a load test is.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::call::{self, Call};
use crate::config::strict::from_json;
use crate::config::threshold::{Limit, Selector};

/// Where it is looked for without --config.
pub(crate) const NAME: &str = "loadtest.json";

/// Address of the JSON Schema, for editors.
pub(crate) const SCHEMA: &str = "https://raw.githubusercontent.com/OWNER/mcp-loadtest/main/crates/mcp-loadtest/loadtest.schema.json";

/// What a load test is. Every key may be left out; a flag for the same thing wins.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "loadtest.json of mcp-loadtest")]
pub(crate) struct File {
    /// Address of this schema, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
    /// MCP server to test; `{workspace}` in it is filled from the token. Without it the embedded target is tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// Name under which runs are compared. Without it the target's host, port and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<String>,
    /// Authorization server that alone may get the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    /// Origins where the password may be typed, beside the authorization endpoint's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(crate) allow_origins: Vec<Url>,
    /// Scopes that may be consented to. Without any, all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_scopes: Vec<String>,
    /// Scopes to ask for. Without any, those that the server names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<String>,
    /// Client that is registered already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    /// Whether no token is sent at all, to a server that asks nobody for one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) anonymous: bool,
    /// Claim of the token that holds the workspace id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workspace_claim: Option<String>,
    /// Workspaces or regions to take where a page lets one choose.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) choose: Vec<String>,
    /// What to do by hand on pages that are not understood, in turn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<String>,
    /// Suite of scenarios; mcp without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suite: Option<String>,
    /// Scenarios to run instead of a suite: names, or k6 files by their path from this file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) scenarios: Vec<String>,
    /// Amount of load; smoke without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
    /// Folder with profiles.json and k6 scripts instead of the program's, by its path from this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scripts: Option<PathBuf>,
    /// Revision of MCP: one with sessions is proposed, 2026-07-28 has none; what the server speaks without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<String>,
    /// Tool calls to make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) calls: Option<Vec<Call>>,
    /// Limits in milliseconds, such as `p95<500`, by scenario, `SCENARIO{tool:NAME}` or `SCENARIO{rpc:NAME}`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) thresholds: BTreeMap<String, Vec<String>>,
    /// Share of failed calls, 0 to 1, above which a run is invalid; 0.05 without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) max_error_rate: Option<f64>,
    /// Tracking issue that gets the report as a comment, as owner/repo#12.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issue: Option<String>,
    /// Account whose comments on the issue are believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trusted_author: Option<String>,
    /// What makes the exit code 3; threshold without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_on: Option<FailOn>,
}

/// What makes a run bad news.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailOn {
    /// A verdict other than passed
    Threshold,
    /// That, or a scenario that is worse than its usual noise
    Alert,
    /// Nothing
    Never,
}

impl File {
    /// The named file, or `loadtest.json` of the current directory where it is there, with its path.
    pub(crate) fn find(named: Option<&Path>) -> anyhow::Result<Option<(PathBuf, Self)>> {
        let path = named.unwrap_or(Path::new(NAME));
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {
                return Ok(None);
            }
            it => it.with_context(|| format!("failed to read `{}`", path.display()))?,
        };
        let read = Self::read(&text, path.parent().unwrap_or(Path::new("")));
        let read = read.with_context(|| format!("`{}` cannot be used", path.display()))?;
        Ok(Some((path.to_owned(), read)))
    }

    /// Reads its text; paths in it begin at `folder`.
    fn read(text: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut file: Self = from_json(text)?;
        if let Some(calls) = &file.calls {
            call::check(calls).context("`calls`")?;
        }
        file.limits()?;
        if let Some(it) = file.thresholds.iter().find(|it| it.1.is_empty()) {
            anyhow::bail!("`thresholds`: `{}` has no limit", it.0);
        }
        if let Some(it) = file.max_error_rate {
            share("max_error_rate", it)?;
        }
        for it in &mut file.scenarios {
            let there = folder.join(&*it);
            if there.is_file() {
                *it = there.to_string_lossy().into_owned();
            }
        }
        file.scripts = file.scripts.map(|it| folder.join(it));
        Ok(file)
    }

    /// The limits of latency that it sets.
    pub(crate) fn limits(&self) -> anyhow::Result<Vec<Limit>> {
        let mut limits = Vec::new();
        for (selector, all) in &self.thresholds {
            let selector: Selector = selector.parse().context("`thresholds`")?;
            for it in all {
                limits.push(Limit::new(selector.clone(), it).context("`thresholds`")?);
            }
        }
        Ok(limits)
    }
}

/// Refuses what is no share of calls.
pub(crate) fn share(key: &str, it: f64) -> anyhow::Result<()> {
    anyhow::ensure!(
        (0.0..1.0).contains(&it),
        "`{key}` is {it}, but it is a share of the calls, from 0 to less than 1"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_published_schema_is_that_of_the_program() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtest.schema.json");
        let mut schema = schemars::schema_for!(File);
        schema.insert("$id".to_owned(), json!(SCHEMA));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap();
        assert!(published == text, "UPDATE_SCHEMA=1 writes it anew");
    }

    #[test]
    fn a_file_says_all_that_a_load_test_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("own.js"), "").unwrap();
        let file = json!({
            "$schema": SCHEMA,
            "target": "https://mcp.example.com/mcp",
            "environment": "staging",
            "allow_origins": ["https://login.example.com"],
            "scopes": ["mcp:read"],
            "client_id": "abc",
            "scenarios": ["cold-start", "own.js"],
            "profile": "smoke",
            "scripts": "load",
            "calls": [{"tool": "search", "arguments": {"q": "x"}, "weight": 3.0}],
            "thresholds": {"tool-call-mix{tool:search}": ["p95<50"], "cold-start": ["p95<900"]},
            "max_error_rate": 0.01,
            "issue": "acme/api#12",
            "fail_on": "alert",
        });
        let path = folder.path().join(NAME);
        std::fs::write(&path, file.to_string()).unwrap();
        let (_, read) = File::find(Some(&path)).unwrap().unwrap();
        assert_eq!(read.limits().unwrap().len(), 2);
        let script = folder.path().join("own.js").display().to_string();
        assert_eq!(read.scenarios, ["cold-start", &script]);
        assert_eq!(read.scripts, Some(folder.path().join("load")));
        assert_eq!(read.fail_on, Some(FailOn::Alert));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_place() {
        for (text, words) in [
            (r#"{"treshold": {}}"#, "`treshold` is not known; did you mean `thresholds`?"),
            (
                r#"{"calls": [{"tool": "a", "args": {}}]}"#,
                "`calls[0].args` is not known; did you mean",
            ),
            (r#"{"max_error_rate": 5}"#, "`max_error_rate` is 5, but it is a share"),
            (r#"{"calls": []}"#, "`calls`: it names no call"),
            (r#"{"thresholds": {"a": ["p95=5"]}}"#, "`p95=5` is no limit"),
            (r#"{"thresholds": {"a{b": ["p95<5"]}}"#, "`a{b` should read like"),
            (r#"{"fail_on": "always"}"#, "unknown variant `always`"),
            (r#"{"target": "a", "target": "b"}"#, "duplicate field `target`"),
        ] {
            let error = format!("{:#}", File::read(text, Path::new("")).unwrap_err());
            assert!(error.contains(words), "{error}");
        }
    }
}
