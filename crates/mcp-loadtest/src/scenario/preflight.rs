//! One authenticated round with the MCP server before any load: does the token open the door, and which tools are there?

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, bail};
use k6_summary::run::Server;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tool_edge::Secrets;

use crate::console::section::brief;

/// The revision that the k6 scripts speak.
const PROTOCOL: &str = "2025-11-25";

/// More than any list of tools.
const MOST_BODY: usize = 4 << 20;

/// How long a connection to the server is tried before k6 is looked for.
const REACH: Duration = Duration::from_secs(10);

/// As many pages of `tools/list` as anybody has reason to serve.
const MOST_PAGES: usize = 50;

#[derive(Debug)]
pub(crate) struct Preflight {
    /// The revision that the server chose.
    pub(crate) protocol: String,
    /// What it says that it is.
    pub(crate) server: Option<Server>,
    pub(crate) tools: BTreeSet<String>,
}

/// Fails where no connection can be made to an address; asked before anything is installed. What is said there, or that
/// nothing is, does not matter yet.
pub(crate) async fn reach(http: &reqwest::Client, url: &str) -> anyhow::Result<()> {
    match tokio::time::timeout(REACH, http.get(url).send()).await {
        Ok(Err(it)) if it.is_connect() => {
            Err(it.without_url()).with_context(|| format!("`{url}` cannot be reached"))
        }
        _ => Ok(()),
    }
}

/// Opens a session, lists the tools and closes it.
pub(crate) async fn preflight(
    http: &reqwest::Client,
    url: &str,
    bearer: &str,
) -> anyhow::Result<Preflight> {
    let endpoint = Endpoint { http, url, bearer };
    let params = json!({"protocolVersion": PROTOCOL, "capabilities": {},
        "clientInfo": {"name": "mcp-loadtest", "version": env!("CARGO_PKG_VERSION")}});
    let (session, result) = endpoint.call("initialize", 0, params, None).await?;
    let protocol = result["protocolVersion"].as_str().filter(|it| is_revision(it));
    let protocol = protocol.with_context(|| {
        format!("`{url}` is no MCP server: its answer to initialize names no revision")
    })?;
    let session = Session { id: session, protocol: protocol.to_owned() };
    let tools = endpoint.tools(&session).await;
    endpoint.close(&session).await;
    let text = |name: &str| {
        let text = result["serverInfo"][name].as_str().map(str::trim);
        text.filter(|it| !it.is_empty()).map(brief)
    };
    let server = text("name").map(|name| Server::new(name, text("version")));
    Ok(Preflight { protocol: session.protocol, server, tools: tools? })
}

/// Revisions of MCP are named by their day.
fn is_revision(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-')
}

struct Endpoint<'a> {
    http: &'a reqwest::Client,
    url: &'a str,
    bearer: &'a str,
}

struct Session {
    id: Option<String>,
    protocol: String,
}

impl Endpoint<'_> {
    async fn tools(&self, session: &Session) -> anyhow::Result<BTreeSet<String>> {
        self.notify("notifications/initialized", session).await?;
        let mut tools = BTreeSet::new();
        let mut cursor = None;
        for page in 1..=MOST_PAGES {
            let params = cursor.as_ref().map_or_else(|| json!({}), |it| json!({"cursor": it}));
            let (_, result) = self.call("tools/list", page, params, Some(session)).await?;
            let names =
                result["tools"].as_array().context("tools/list answered without `tools`")?;
            tools.extend(names.iter().filter_map(|it| Some(it["name"].as_str()?.to_owned())));
            cursor = result["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        Ok(tools)
    }

    async fn call(
        &self,
        method: &str,
        id: usize,
        params: Value,
        session: Option<&Session>,
    ) -> anyhow::Result<(Option<String>, Value)> {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut response = self.post(method, &body, session).await?;
        let opened = response.headers().get("mcp-session-id");
        let opened = opened.and_then(|it| Some(it.to_str().ok()?.to_owned()));
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.with_context(|| format!("{method} broke off"))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BODY {
                bail!("`{}` answered {method} with more than {} MiB", self.url, MOST_BODY >> 20);
            }
        }
        let message = message(&String::from_utf8_lossy(&body), id).with_context(|| {
            format!("`{}` is no MCP server: its answer to {method} is no JSON-RPC", self.url)
        })?;
        if let Some(error) = message.get("error") {
            bail!("{method} at `{}` failed: {}", self.url, self.quoted(&error.to_string()));
        }
        Ok((opened, message["result"].clone()))
    }

    async fn notify(&self, method: &str, session: &Session) -> anyhow::Result<()> {
        let body = json!({"jsonrpc": "2.0", "method": method});
        self.post(method, &body, Some(session)).await?;
        Ok(())
    }

    /// A server without sessions answers 405; both are fine.
    async fn close(&self, session: &Session) {
        let Some(id) = &session.id else { return };
        let request = self.http.delete(self.url).bearer_auth(self.bearer);
        let request = request.header("Mcp-Session-Id", id);
        let _best_effort = request.header("MCP-Protocol-Version", &session.protocol).send().await;
    }

    /// What the server says, without the bearer that it may repeat.
    fn quoted(&self, text: &str) -> String {
        brief(&Secrets::new([self.bearer]).strike(text))
    }

    async fn post(
        &self,
        method: &str,
        body: &Value,
        session: Option<&Session>,
    ) -> anyhow::Result<Response> {
        let mut request = self
            .http
            .post(self.url)
            .bearer_auth(self.bearer)
            .header("Accept", "application/json, text/event-stream")
            .json(body);
        if let Some(session) = session {
            request = request.header("MCP-Protocol-Version", &session.protocol);
            if let Some(id) = &session.id {
                request = request.header("Mcp-Session-Id", id);
            }
        }
        let response =
            request.send().await.with_context(|| format!("`{}` cannot be reached", self.url))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let challenge = response.headers().get("www-authenticate");
        let challenge = challenge.map(|it| self.quoted(&String::from_utf8_lossy(it.as_bytes())));
        let quoted = challenge.map(|it| format!(", which says `{it}`")).unwrap_or_default();
        if let Some(location) = response.headers().get("location") {
            let location = self.quoted(&String::from_utf8_lossy(location.as_bytes()));
            bail!("`{}` answered {status} and leads to `{location}`; name that address", self.url);
        }
        let remedy = match status {
            StatusCode::UNAUTHORIZED => {
                "the token is not accepted there: is it for another resource, or expired?"
            }
            StatusCode::FORBIDDEN => {
                "the token lacks a scope or the user may not use this workspace"
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                "is that the address of an MCP endpoint (Streamable HTTP)?"
            }
            _ => "the server itself refuses; its log may say why",
        };
        bail!("{method} at `{}` answered {status}{quoted}; {remedy}", self.url)
    }
}

/// The JSON-RPC message with our id, out of a JSON body or an event stream.
fn message(body: &str, id: usize) -> Option<Value> {
    let ours = |text: &str| {
        let it: Value = serde_json::from_str(text).ok()?;
        (it["id"] == id).then_some(it)
    };
    if body.trim_start().starts_with('{') {
        return ours(body);
    }
    let events = body.replace("\r\n", "\n");
    events.split("\n\n").find_map(|event| {
        let data = event.lines().filter_map(|it| it.strip_prefix("data:"));
        ours(&data.map(|it| it.strip_prefix(' ').unwrap_or(it)).collect::<Vec<_>>().join("\n"))
    })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn only_a_closed_door_is_out_of_reach() {
        let http = oauth_loopback::http_client().no_proxy();
        let http = http.timeout(Duration::from_millis(50)).build().unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", silent.local_addr().unwrap());
        reach(&http, &url).await.unwrap();
        drop(silent);
        let error = reach(&http, &url).await.unwrap_err().to_string();
        assert_eq!(error, format!("`{url}` cannot be reached"));
    }

    #[track_caller]
    fn check(body: &str, expect: Option<&str>) {
        let result = message(body, 1).map(|it| it["result"].to_string());
        assert_eq!(result.as_deref(), expect);
    }

    #[test]
    fn the_answer_is_found_in_json_and_in_event_streams() {
        check(r#"{"jsonrpc":"2.0","id":1,"result":7}"#, Some("7"));
        check(
            "data: \nid: 0\nretry: 3000\n\ndata: {\"id\":1,\"result\":7}\nid: 1/1\n\n",
            Some("7"),
        );
        check(
            "event: message\r\ndata: {\"method\":\"x\"}\r\n\r\ndata:{\"id\":1,\r\ndata:\"result\":7}\r\n\r\n",
            Some("7"),
        );
        check(r#"{"id":2,"result":7}"#, None);
        check("<html>", None);
    }
}
