//! The address of the MCP server under test, with `{workspace}` where the token names it, and the client for such
//! addresses.

use std::time::Duration;

use anyhow::{Context as _, bail};
use url::Url;

const WORKSPACE: &str = "{workspace}";

/// The address that is known before there is a token: what stands before the workspace.
pub(crate) fn without_workspace(url: &str) -> &str {
    url.split_once(WORKSPACE).map_or(url, |(it, _)| it.trim_end_matches('/'))
}

pub(crate) fn with_workspace(url: &str, workspace: Option<&str>) -> anyhow::Result<String> {
    if !url.contains(WORKSPACE) {
        return Ok(url.to_owned());
    }
    let id = workspace.context(
        "the target has {workspace} in it, but the token names none; see --workspace-claim",
    )?;
    let safe = |it: char| it.is_ascii_alphanumeric() || "-_.~".contains(it);
    if id.is_empty() || !id.chars().all(safe) {
        bail!("the token's workspace id has characters that do not belong into an address");
    }
    Ok(url.replace(WORKSPACE, id))
}

/// The address as it may be recorded: a query can hold a key.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

pub(crate) fn parse(target: &str) -> anyhow::Result<Url> {
    let url = Url::parse(&target.replace(WORKSPACE, "workspace"));
    let url = url.with_context(|| format!("the target `{target}` is no URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the target has a user name or password in it; sign in by the environment instead");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => bail!("the target `{target}` would send the token in clear; use https"),
        _ => bail!("the target `{target}` is no https address"),
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(tool_edge::is_loopback)
}

/// The name under which runs of a server are compared: its host, its port unless that is the usual one, and its path unless
/// that is `/mcp`. On this machine a port is seldom the same twice, and is no part of it.
pub(crate) fn series(target: &str) -> anyhow::Result<String> {
    let url = parse(without_workspace(without_query(target)))?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port().filter(|_| !is_loopback(&url));
    let port = port.map_or_else(String::new, |it| format!(":{it}"));
    let path = url.path().trim_end_matches('/');
    let path = if path == "/mcp" { "" } else { path };
    Ok(format!("{host}{port}{path}"))
}

/// A client for the machine of `url` that follows no redirect by itself; to this machine no proxy is used.
pub(crate) fn http_client(url: Option<&Url>) -> anyhow::Result<reqwest::Client> {
    builder(url).build().context("failed to set up HTTP")
}

/// The same with a new connection for each request, none of which is waited for long.
pub(crate) fn fresh_http_client(url: Option<&Url>) -> anyhow::Result<reqwest::Client> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let fresh = builder(url).timeout(PATIENCE).pool_max_idle_per_host(0);
    fresh.build().context("failed to set up HTTP")
}

/// The same, for who wants something else of it.
pub(crate) fn builder(url: Option<&Url>) -> reqwest::ClientBuilder {
    let client = oauth_loopback::http_client()
        .user_agent(concat!("mcp-loadtest/", env!("CARGO_PKG_VERSION")));
    if url.is_none() { client.no_proxy() } else { client }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_filled_from_the_token() {
        let target = "https://mcp.example.com/mcp/{workspace}/sse";
        assert_eq!(without_workspace(target), "https://mcp.example.com/mcp");
        assert_eq!(
            with_workspace(target, Some("ws-1")).unwrap(),
            "https://mcp.example.com/mcp/ws-1/sse"
        );
        with_workspace(target, None).unwrap_err();
        with_workspace(target, Some("../admin")).unwrap_err();
        assert_eq!(without_query("https://a/mcp?key=secret"), "https://a/mcp");
        assert_eq!(with_workspace("http://[::1]/mcp", None).unwrap(), "http://[::1]/mcp");
    }

    #[test]
    fn two_servers_on_one_host_are_two_series() {
        for (target, name) in [
            ("https://mcp.example.com/mcp", "mcp.example.com"),
            ("https://mcp.example.com:443/mcp/", "mcp.example.com"),
            ("https://mcp.example.com", "mcp.example.com"),
            ("https://mcp.example.com/search/mcp", "mcp.example.com/search/mcp"),
            ("https://mcp.example.com:8443/mcp", "mcp.example.com:8443"),
            ("http://127.0.0.1:4000/sse?key=secret", "127.0.0.1/sse"),
            ("https://mcp.example.com/mcp/{workspace}", "mcp.example.com"),
        ] {
            assert_eq!(series(target).unwrap(), name, "{target}");
        }
    }

    #[test]
    fn a_token_goes_nowhere_in_clear() {
        for (target, fits) in [
            ("https://mcp.example.com/mcp", true),
            ("http://127.0.0.1:8080/mcp", true),
            ("http://localhost/mcp", true),
            ("http://[::1]:1/mcp", true),
            ("http://mcp.example.com/mcp", false),
            ("http://127.0.0.1.example.com/mcp", false),
            ("https://me:secret@mcp.example.com/mcp", false),
            ("file:///etc/passwd", false),
            ("mcp.example.com", false),
        ] {
            assert_eq!(parse(target).is_ok(), fits, "{target}");
        }
    }
}
