//! What GitHub Actions says about itself; `variable` looks up the environment, which only a program reads.

use serde_json::Value;
use url::Url;

use crate::error::Error;
use crate::error::printable;
use crate::github::api::Token;
use crate::github::github_cli;

/// The key that a run's comment has by itself.
///
/// In GitHub Actions it is repository, workflow and run id, which a re-run keeps, and of the record `environment`, `suite`,
/// `profile` and the names of its `scenarios`, since one job may run several; elsewhere it is the record's `id`.
pub fn default_key(variable: impl Fn(&str) -> Option<String>, record: &Value) -> Option<String> {
    let field = |name| record.get(name).and_then(Value::as_str).map(str::to_owned);
    let run = ["GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_RUN_ID"].map(variable);
    let [Some(repository), Some(workflow), Some(run)] = run else { return field("id") };
    let scenarios = record.get("scenarios").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = scenarios.filter_map(|it| it["name"].as_str()).collect();
    let fields = ["environment", "suite", "profile"].into_iter().filter_map(field);
    let parts = [repository, workflow, run].into_iter().chain(fields);
    let names = (!names.is_empty()).then(|| names.join("+"));
    Some(parts.chain(names).collect::<Vec<_>>().join("/"))
}

/// The API's address: `GITHUB_API_URL`, or the one that belongs to `GITHUB_SERVER_URL`, or github.com's.
pub fn default_api(variable: impl Fn(&str) -> Option<String>) -> Result<Url, Error> {
    let parse = |name: &'static str, given: String| {
        let bad = |source| Error::BadVariable { name, given: printable(&given), source };
        Url::parse(&given).map_err(bad)
    };
    if let Some(given) = variable("GITHUB_API_URL") {
        return parse("GITHUB_API_URL", given);
    }
    let given = variable("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
    let mut server = parse("GITHUB_SERVER_URL", given)?;
    // Where GitHub hosts it, the API has a host of its own; on Enterprise Server it has a path.
    match server.host_str().map(str::to_owned) {
        Some(host) if host == "github.com" || host.ends_with(".ghe.com") => {
            let _ = server.set_host(Some(&format!("api.{host}")));
            server.set_path("");
        }
        _ => server.set_path("/api/v3"),
    }
    Ok(server)
}

/// The token of `GH_TOKEN` or `GITHUB_TOKEN`, or the one that the GitHub CLI keeps for the host of `api`.
///
/// It waits for the GitHub CLI for ten seconds at most, and blocks meanwhile.
pub fn default_token(api: &Url, variable: impl Fn(&str) -> Option<String>) -> Option<Token> {
    let host = api.host_str().unwrap_or_default();
    let host = host.strip_prefix("api.").unwrap_or(host);
    let token = variable("GH_TOKEN").or_else(|| variable("GITHUB_TOKEN"));
    let token = token.or_else(|| github_cli::token(host))?;
    Some(Token::new(token.trim())).filter(|_| !token.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_in_actions_keeps_its_key_when_it_is_run_again() {
        let actions = |name: &str| match name {
            "GITHUB_REPOSITORY" => Some("acme/api".to_owned()),
            "GITHUB_WORKFLOW" => Some("load test".to_owned()),
            "GITHUB_RUN_ID" => Some("42".to_owned()),
            _ => None,
        };
        let record = json!({ "id": "20261121T110203Z-3f9a", "environment": "staging" });
        assert_eq!(default_key(actions, &record).unwrap(), "acme/api/load test/42/staging");
        let of = |suite: &str, scenario: &str| {
            let record = json!({ "environment": "staging", "suite": suite, "profile": "full", "scenarios": [{ "name": scenario }] });
            default_key(actions, &record).unwrap()
        };
        assert_eq!(of("mcp", "mix"), "acme/api/load test/42/staging/mcp/full/mix");
        assert!(
            of("mcp", "mix") != of("oauth", "mix") && of("mcp", "mix") != of("mcp", "cold-start")
        );
        assert_eq!(default_key(|_| None, &record).unwrap(), "20261121T110203Z-3f9a");
        assert_eq!(default_key(|_| None, &json!([1])), None);
    }

    #[track_caller]
    fn check(api: Option<&str>, server: Option<&str>, expect: &str) {
        let variable = |name: &str| match name {
            "GITHUB_API_URL" => api.map(str::to_owned),
            "GITHUB_SERVER_URL" => server.map(str::to_owned),
            _ => None,
        };
        assert_eq!(default_api(variable).unwrap().as_str(), expect);
    }

    #[test]
    fn the_api_belongs_to_the_server() {
        check(None, None, "https://api.github.com/");
        check(None, Some("https://github.com"), "https://api.github.com/");
        check(None, Some("https://acme.ghe.com"), "https://api.acme.ghe.com/");
        check(None, Some("https://git.acme.test"), "https://git.acme.test/api/v3");
        check(Some("https://git.acme.test/api/v3"), Some("x"), "https://git.acme.test/api/v3");
        let bad = |name: &str| (name == "GITHUB_SERVER_URL").then(|| "git.acme.test".to_owned());
        let error = default_api(bad).unwrap_err().to_string();
        assert!(error.contains("GITHUB_SERVER_URL"), "{error}");
    }
}
