//! As much of an MCP client (Streamable HTTP) as is needed to look at a server before there is load.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use k6_summary::run::Server;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tool_edge::Secrets;

use crate::config::call::Call;
use crate::console::section::brief;
use crate::scenario::tool::Tool;

/// The revision that the k6 scripts speak.
const PROTOCOL: &str = "2025-11-25";

/// More than any list of tools.
const MOST_BODY: usize = 4 << 20;

/// As many pages of `tools/list` as anybody has reason to serve.
const MOST_PAGES: usize = 50;

/// An MCP server and who asks it.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint<'a> {
    pub(crate) http: &'a reqwest::Client,
    pub(crate) url: &'a str,
    pub(crate) bearer: &'a str,
}

/// An open session.
pub(crate) struct Session<'a> {
    endpoint: Endpoint<'a>,
    id: Option<String>,
    /// The revision that the server chose.
    pub(crate) protocol: String,
    /// What it says that it is.
    pub(crate) server: Option<Server>,
    /// Requests so far.
    requests: usize,
    /// What the server announced of its limits with its last answer.
    pub(crate) limits: Option<String>,
}

/// How a tool call was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// An error in the envelope of a result, with the server's words.
    ToolError(String),
    /// An error of JSON-RPC, with the server's words.
    Refused {
        code: i64,
        words: String,
    },
}

/// JSON-RPC's word for a request whose parameters are wrong.
pub(crate) const INVALID_PARAMS: i64 = -32602;

impl<'a> Endpoint<'a> {
    /// Opens a session.
    pub(crate) async fn open(self) -> anyhow::Result<Session<'a>> {
        let params = json!({"protocolVersion": PROTOCOL, "capabilities": {},
            "clientInfo": {"name": "mcp-loadtest", "version": env!("CARGO_PKG_VERSION")}});
        let mut session = Session {
            endpoint: self,
            id: None,
            protocol: String::new(),
            server: None,
            requests: 0,
            limits: None,
        };
        let result = session.result("initialize", params).await?;
        let protocol = result["protocolVersion"].as_str().filter(|it| is_revision(it));
        let protocol = protocol.with_context(|| {
            format!("`{}` is no MCP server: its answer to initialize names no revision", self.url)
        })?;
        session.protocol = protocol.to_owned();
        let text = |name: &str| {
            let text = result["serverInfo"][name].as_str().map(str::trim);
            text.filter(|it| !it.is_empty()).map(brief)
        };
        session.server = text("name").map(|name| Server::new(name, text("version")));
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        session.post("notifications/initialized", &ready).await?;
        Ok(session)
    }

    /// What the server says, without the bearer that it may repeat.
    fn quoted(&self, text: &str) -> String {
        brief(&Secrets::new([self.bearer]).strike(text))
    }
}

/// Revisions of MCP are named by their day.
fn is_revision(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-')
}

impl Session<'_> {
    /// The tools that the server lists, by name.
    pub(crate) async fn tools(&mut self) -> anyhow::Result<BTreeMap<String, Tool>> {
        let mut tools = BTreeMap::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let params = cursor.as_ref().map_or_else(|| json!({}), |it| json!({"cursor": it}));
            let result = self.result("tools/list", params).await?;
            let listed =
                result["tools"].as_array().context("tools/list answered without `tools`")?;
            let named = listed.iter().filter_map(|it| Some((it["name"].as_str()?, it)));
            tools.extend(named.map(|(name, it)| (name.to_owned(), Tool::of(it))));
            cursor = result["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        Ok(tools)
    }

    /// Makes one call.
    pub(crate) async fn call(&mut self, call: &Call) -> anyhow::Result<Answer> {
        let params = json!({"name": call.tool, "arguments": call.arguments});
        let answer = self.ask("tools/call", params).await?;
        let quoted = |it: &str| self.endpoint.quoted(it);
        Ok(match answer {
            Err(error) => Answer::Refused {
                code: error["code"].as_i64().unwrap_or_default(),
                words: quoted(error["message"].as_str().unwrap_or(&error.to_string())),
            },
            Ok(result) if result["isError"] == true => {
                let texts = result["content"].as_array().into_iter().flatten();
                let texts = texts.filter_map(|it| it["text"].as_str()).collect::<Vec<_>>();
                Answer::ToolError(quoted(&texts.join(" ")))
            }
            Ok(_) => Answer::Done,
        })
    }

    /// A server without sessions answers 405; both are fine.
    pub(crate) async fn close(self) {
        let Some(id) = &self.id else { return };
        let Endpoint { http, url, bearer } = self.endpoint;
        let request = http.delete(url).bearer_auth(bearer).header("Mcp-Session-Id", id);
        let _best_effort = request.header("MCP-Protocol-Version", &self.protocol).send().await;
    }

    async fn result(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        let url = self.endpoint.url;
        self.ask(method, params).await?.map_err(|error| {
            let quoted = self.endpoint.quoted(&error.to_string());
            anyhow::anyhow!("{method} at `{url}` failed: {quoted}")
        })
    }

    /// The result of a request, or the error that the server answers with.
    async fn ask(&mut self, method: &str, params: Value) -> anyhow::Result<Result<Value, Value>> {
        let id = self.requests;
        self.requests += 1;
        let url = self.endpoint.url;
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let mut response = self.post(method, &body).await?;
        let header = |name: &str| {
            let it = response.headers().get(name)?;
            Some(it.to_str().ok()?.to_owned())
        };
        if self.id.is_none() {
            self.id = header("mcp-session-id");
        }
        let limits = ["ratelimit-policy", "ratelimit", "x-ratelimit-limit"];
        self.limits = limits.into_iter().find_map(header).or(self.limits.take());
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.with_context(|| format!("{method} broke off"))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BODY {
                bail!("`{url}` answered {method} with more than {} MiB", MOST_BODY >> 20);
            }
        }
        let mut message = message(&String::from_utf8_lossy(&body), id).with_context(|| {
            format!("`{url}` is no MCP server: its answer to {method} is no JSON-RPC")
        })?;
        Ok(match message.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(message["result"].take()),
        })
    }

    async fn post(&self, method: &str, body: &Value) -> anyhow::Result<Response> {
        let Endpoint { http, url, bearer } = self.endpoint;
        let mut request = http
            .post(url)
            .bearer_auth(bearer)
            .header("Accept", "application/json, text/event-stream")
            .json(body);
        if !self.protocol.is_empty() {
            request = request.header("MCP-Protocol-Version", &self.protocol);
        }
        if let Some(id) = &self.id {
            request = request.header("Mcp-Session-Id", id);
        }
        let response =
            request.send().await.with_context(|| format!("`{url}` cannot be reached"))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let challenge = response.headers().get("www-authenticate");
        let challenge =
            challenge.map(|it| self.endpoint.quoted(&String::from_utf8_lossy(it.as_bytes())));
        let quoted = challenge.map(|it| format!(", which says `{it}`")).unwrap_or_default();
        if let Some(location) = response.headers().get("location") {
            let location = self.endpoint.quoted(&String::from_utf8_lossy(location.as_bytes()));
            bail!("`{url}` answered {status} and leads to `{location}`; name that address");
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
        bail!("{method} at `{url}` answered {status}{quoted}; {remedy}")
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
    use super::*;

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
