//! One authenticated round with the MCP server before any load: does the token open the door, which tools are there, and
//! how are the calls answered that somebody named?

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use k6_summary::run::{Server, Skipped};

use crate::address::without_query;
use crate::config::call::Call;
use crate::console::section::{brief, say};
use crate::scenario::needs::{Lacking, met, of_the_server};
use crate::scenario::offer::{Offered, offered, writing};
use crate::scenario::profiles::Planned;
use crate::server::client::{Endpoint, Session};
use crate::server::door::{Door, door, strangers};
use crate::server::refused::Refused;
use crate::server::revision::{STATELESS, is_stateless};
use crate::server::tool::Tool;

/// How long a connection to the server is tried before k6 is looked for.
const REACH: Duration = Duration::from_secs(10);

/// More calls than these are not tried one by one before a run.
const MOST_TRIED: usize = 20;

/// JSON-RPC's word for a request whose parameters are wrong.
const INVALID_PARAMS: i64 = -32602;

/// How long the calls that are tried may take in all.
const TRYING: Duration = Duration::from_secs(60);

/// What is known of the server before there is load.
#[derive(Debug)]
pub(crate) struct Preflight {
    /// The revision that is spoken.
    pub(crate) protocol: String,
    /// One of the other kind that it speaks as well, where nobody chose.
    pub(crate) other: Option<&'static str>,
    /// What it says that it is.
    pub(crate) server: Option<Server>,
    pub(crate) tools: BTreeMap<String, Tool>,
    /// What of the plan it offers.
    pub(crate) plan: Vec<Planned>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) door: Door,
    /// On how many of how many new connections its session was not known.
    pub(crate) strangers: (usize, usize),
}

/// Fails where no connection can be made to an address; asked before anything is installed. What is said there, or that
/// nothing is, does not matter yet.
pub(crate) async fn reach(http: &reqwest::Client, url: &str) -> anyhow::Result<()> {
    match tokio::time::timeout(REACH, http.get(url).send()).await {
        Ok(Err(it)) if it.is_connect() => Err(it.without_url())
            .with_context(|| format!("`{}` cannot be reached", without_query(url))),
        _ => Ok(()),
    }
}

/// Opens a session, lists the tools, makes each call once that somebody named, and closes the session; then asks who else
/// would be let in.
///
/// # Errors
/// What keeps the plan from being run: the server cannot be talked to, lacks a tool that was named, or does not take the
/// arguments of a call, or a tool may write and `may_write` is not so. Any other refusal of a call is said and left to the load to count.
pub(crate) async fn preflight(
    endpoint: Endpoint<'_>,
    fresh: &reqwest::Client,
    plan: &[Planned],
    mut lacking: Lacking,
    named: Option<&[Call]>,
    may_write: bool,
) -> anyhow::Result<Preflight> {
    let opened = endpoint.open().await;
    let mut session = match opened {
        Ok(it) => it,
        Err(error) => return Err(older_transport(endpoint, error).await),
    };
    of_the_server(plan, &session, &mut lacking).await;
    let (plan, unmet) = met(plan, &lacking);
    let looked = look(&mut session, &plan, named, may_write).await;
    let strangers = strangers(&session, fresh).await;
    let (protocol, server) = (session.protocol.clone(), session.server.clone());
    session.close().await;
    let (tools, Offered { plan, mut skipped }) = looked?;
    skipped.extend(unmet);
    let other = match endpoint.revision {
        None if !is_stateless(&protocol) => {
            let stateless = Endpoint { revision: Some(STATELESS), ..endpoint };
            stateless.open().await.is_ok().then_some(STATELESS)
        }
        _ => None,
    };
    let endpoint = Endpoint { revision: Some(&protocol), ..endpoint };
    let door = if endpoint.bearer.is_empty() { Door::Open } else { door(endpoint).await };
    Ok(Preflight { protocol, other, server, tools, plan, skipped, door, strangers })
}

/// Says of a server that does not take a POST whether it is one of the transport before Streamable HTTP.
async fn older_transport(endpoint: Endpoint<'_>, error: anyhow::Error) -> anyhow::Error {
    let Endpoint { http, url, bearer, .. } = endpoint;
    if Refused::class(&error) != Some("protocol_error") {
        return error;
    }
    let mut asked = http.get(url).header("Accept", "text/event-stream");
    if !bearer.is_empty() {
        asked = asked.bearer_auth(bearer);
    }
    let asked = asked.send();
    let first = async { asked.await.ok()?.chunk().await.ok()? };
    let first = tokio::time::timeout(REACH, first).await.ok().flatten();
    let is_older = first.is_some_and(|it| String::from_utf8_lossy(&it).contains("event: endpoint"));
    if is_older {
        let words = format!(
            "`{}` speaks the older transport of MCP (HTTP+SSE, revision 2024-11-05), which the scripts do not; name its Streamable HTTP address",
            endpoint.shown()
        );
        return error.context(words);
    }
    error
}

async fn look(
    session: &mut Session<'_>,
    plan: &[Planned],
    named: Option<&[Call]>,
    may_write: bool,
) -> anyhow::Result<(BTreeMap<String, Tool>, Offered)> {
    let tools = session.tools().await?;
    let offered = offered(plan, named, &tools)?;
    let called = offered.plan.iter().filter_map(|it| it.calls.as_ref()).flatten();
    let wants_headers = |name: &&str| tools.get(*name).is_some_and(Tool::wants_headers);
    let odd = called.filter_map(|it| it.tool.as_deref()).find(wants_headers);
    if let Some(name) = odd.filter(|_| is_stateless(&session.protocol)) {
        bail!(
            "`{name}` wants parameters in headers (`x-mcp-header`), which the scripts do not send; call another tool, or choose a revision with sessions by --protocol"
        );
    }
    let writing = brief(&writing(&offered.plan, &tools).join(", "));
    if !writing.is_empty() {
        say("plan", format_args!("may write, since they have no `readOnlyHint`: {writing}"));
        if !may_write {
            bail!(
                "these tools do not say that they only read (`readOnlyHint`): {writing}; add --yes if they may be called again and again there"
            );
        }
    }
    if let Some(named) = named {
        let tried = tokio::time::timeout(TRYING, try_each(session, named)).await;
        match tried {
            Ok(it) => it?,
            Err(_) => {
                say("preflight", format_args!("the calls took more than {} s", TRYING.as_secs()));
            }
        }
    }
    Ok((tools, offered))
}

/// Makes each call once, and says what it is answered by unless that is a result.
async fn try_each(session: &mut Session<'_>, named: &[Call]) -> anyhow::Result<()> {
    for call in named.iter().take(MOST_TRIED) {
        let Err(error) = session.call(call).await else { continue };
        let name = call.name();
        if Refused::code(&error) == Some(INVALID_PARAMS) {
            bail!("the server does not take the call of `{name}`: {error}");
        }
        say("preflight", format_args!("`{name}`, tried once: {error:#}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    use super::*;
    use crate::server::revision::WITH_SESSIONS;

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

    #[tokio::test]
    async fn a_tool_that_may_write_is_not_called_before_that_is_allowed() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let answer = async move |body: axum::body::Bytes| {
            let request: Value = serde_json::from_slice(&body).unwrap();
            let result = match request["method"].as_str().unwrap() {
                "initialize" => json!({"protocolVersion": WITH_SESSIONS, "capabilities": {}}),
                "tools/list" => json!({"tools": [{"name": "wipe"}]}),
                "tools/call" => {
                    counted.fetch_add(1, Ordering::Relaxed);
                    json!({"content": []})
                }
                _ => json!({}),
            };
            axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result}))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let app = axum::Router::new().route("/mcp", axum::routing::post(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = oauth_loopback::http_client().no_proxy().build().unwrap();
        let endpoint = Endpoint { http: &http, url: &url, bearer: "t", revision: None };
        let named = [Call::of_tool("wipe", serde_json::Map::new())];
        let plan =
            [Planned { name: "mix".to_owned(), script: "mix.js".into(), ..Planned::default() }];
        let refused = preflight(endpoint, &http, &plan, Lacking::new(), Some(&named), false)
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("`readOnlyHint`): wipe; add --yes"), "{refused}");
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        preflight(endpoint, &http, &plan, Lacking::new(), Some(&named), true).await.unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_session_that_is_given_to_whoever_asks_without_one_is_closed_too() {
        let opened = Arc::new(AtomicUsize::new(0));
        let closed = Arc::new(AtomicUsize::new(0));
        let (opens, closes) = (Arc::clone(&opened), Arc::clone(&closed));
        let answer = async move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
            let request: Value = serde_json::from_slice(&body).unwrap();
            let (status, result) = match request["method"].as_str().unwrap() {
                "initialize" => {
                    (200, json!({"protocolVersion": WITH_SESSIONS, "capabilities": {}}))
                }
                "tools/list" => (200, json!({"tools": []})),
                "server/discover" => (400, json!({})),
                _ => (200, json!({})),
            };
            let mut given = axum::http::HeaderMap::new();
            if !headers.contains_key("mcp-session-id") {
                let id = opens.fetch_add(1, Ordering::Relaxed) + 1;
                given.insert("mcp-session-id", id.into());
            }
            let status = axum::http::StatusCode::from_u16(status).unwrap();
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
            (status, given, axum::Json(answer))
        };
        let close = async move || {
            closes.fetch_add(1, Ordering::Relaxed);
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let methods = axum::routing::post(answer).delete(close);
        let app = axum::Router::new().route("/mcp", methods);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = oauth_loopback::http_client().no_proxy().build().unwrap();
        let endpoint = Endpoint { http: &http, url: &url, bearer: "", revision: None };
        let seen = preflight(endpoint, &http, &[], Lacking::new(), None, false).await.unwrap();
        assert_eq!((seen.protocol.as_str(), seen.other), (WITH_SESSIONS, None));
        // One for the look, one for the question whether it does without.
        let counted = [&opened, &closed].map(|it| it.load(Ordering::Relaxed));
        assert_eq!(counted, [2, 2]);
    }

    /// What the look comes to at a server that answers like this, each by status and result or error.
    async fn looked_at(answers: &'static [(&'static str, u16, &'static str)]) -> String {
        let answer = async move |body: axum::body::Bytes| {
            let request: Value = serde_json::from_slice(&body).unwrap();
            let found = answers.iter().find(|(method, ..)| request["method"] == *method);
            let (_, status, answer) = found.unwrap_or(&("", 404, r#""error": {"code": -32601}"#));
            let body = format!(r#"{{"jsonrpc": "2.0", "id": {}, {answer}}}"#, request["id"]);
            (axum::http::StatusCode::from_u16(*status).unwrap(), body)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let app = axum::Router::new().route("/mcp", axum::routing::post(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = oauth_loopback::http_client().no_proxy().build().unwrap();
        let endpoint = Endpoint { http: &http, url: &url, bearer: "", revision: None };
        let named = [Call::of_tool("echo", serde_json::Map::new())];
        let plan =
            [Planned { name: "mix".to_owned(), script: "mix.js".into(), ..Planned::default() }];
        match preflight(endpoint, &http, &plan, Lacking::new(), Some(&named), true).await {
            Ok(it) => it.protocol,
            Err(error) => format!("{error:#}"),
        }
    }

    #[tokio::test]
    async fn what_keeps_a_server_from_either_kind_of_revision_is_said() {
        const DISCOVERED: (&str, u16, &str) =
            ("server/discover", 200, r#""result": {"supportedVersions": ["2026-07-28"]}"#);
        const PLAIN: (&str, u16, &str) =
            ("tools/list", 200, r#""result": {"tools": [{"name": "echo"}]}"#);
        const IN_HEADERS: (&str, u16, &str) = (
            "tools/list",
            200,
            r#""result": {"tools": [{"name": "echo", "inputSchema": {"properties": {"a": {"x-mcp-header": "A"}}}}]}"#,
        );
        const CALLED: (&str, u16, &str) = ("tools/call", 200, r#""result": {"content": []}"#);
        const OF_NO_SESSIONS: (&str, u16, &str) =
            ("initialize", 200, r#""result": {"protocolVersion": "2026-07-28"}"#);
        const BUSY: (&str, u16, &str) = ("server/discover", 429, r#""error": {}"#);
        let check = async |answers, expect: &str| {
            let seen = looked_at(answers).await;
            assert!(seen.contains(expect), "{expect}: {seen}");
        };
        check(&[DISCOVERED, PLAIN, CALLED], "2026-07-28").await;
        check(&[DISCOVERED, IN_HEADERS, CALLED], "`echo` wants parameters in headers").await;
        check(&[BUSY], "server/discover at").await;
        check(&[], "initialize at").await;
        check(&[OF_NO_SESSIONS], "which has no initialize").await;
    }
}
