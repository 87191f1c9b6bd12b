//! As much of an MCP client (Streamable HTTP) as is needed to look at a server before there is load.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use k6_summary::run::Server;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tool_edge::Secrets;

use crate::address::without_query;
use crate::config::call::Call;
use crate::console::section::brief;
use crate::server::answer::{Answer, last_event_id, message_for};
use crate::server::refused::Refused;
use crate::server::revision::{
    META, STATELESS, WITH_SESSIONS, client_info, introduce, is_revision, is_stateless,
};
use crate::server::tool::Tool;

/// More than any list of tools.
const MOST_BODY: usize = 16 << 20;

/// As many pages of `tools/list` as anybody has reason to serve.
const MOST_PAGES: usize = 50;

/// As often as a stream is gone on with that ended before the answer.
const MOST_RESUMED: usize = 20;

/// An MCP server and who asks it.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint<'a> {
    pub(crate) http: &'a reqwest::Client,
    pub(crate) url: &'a str,
    /// Empty for nobody.
    pub(crate) bearer: &'a str,
    /// The revision of MCP that is spoken, or proposed where the server has a say; nobody chose one for `None`.
    pub(crate) revision: Option<&'a str>,
}

/// An open session.
pub(crate) struct Session<'a> {
    pub(crate) endpoint: Endpoint<'a>,
    id: Option<String>,
    /// The revision that is spoken.
    pub(crate) protocol: String,
    /// What it says that it is.
    pub(crate) server: Option<Server>,
    /// What the server announced of its limits with its last answer.
    pub(crate) limits: Option<String>,
    /// Requests so far.
    requests: usize,
    cookies: BTreeMap<String, String>,
}

/// An answer with what its headers say.
struct Exchange {
    answer: Answer,
    headers: HeaderMap,
}

impl<'a> Endpoint<'a> {
    /// Opens a session, or finds that the server speaks a revision without them.
    ///
    /// Where nobody chose a revision and the server refuses to open a session, it is asked whether it does without.
    pub(crate) async fn open(self) -> anyhow::Result<Session<'a>> {
        match self.revision {
            Some(it) if is_stateless(it) => self.discovered(it).await,
            Some(it) => self.initialized(it).await,
            None => match self.initialized(WITH_SESSIONS).await {
                Err(refused) if Refused::class(&refused) == Some("protocol_error") => {
                    match self.discovered(STATELESS).await {
                        // Neither this nor that.
                        Err(it) if matches!(Refused::class(&it), None | Some("protocol_error")) => {
                            Err(refused)
                        }
                        it => it,
                    }
                }
                it => it,
            },
        }
    }

    async fn initialized(self, propose: &str) -> anyhow::Result<Session<'a>> {
        let mut session = Session::new(self, "");
        match session.initialize(propose).await {
            Ok(()) => Ok(session),
            Err(error) => {
                // One that was given all the same.
                session.close().await;
                Err(error)
            }
        }
    }

    async fn discovered(self, revision: &str) -> anyhow::Result<Session<'a>> {
        let mut session = Session::new(self, revision);
        match session.discover().await {
            Ok(()) => Ok(session),
            Err(error) => {
                // A server with sessions may have given one to whoever asks without.
                session.protocol.clear();
                session.close().await;
                Err(error)
            }
        }
    }

    /// The address as it may be told: a query can hold a key.
    pub(crate) fn shown(&self) -> &'a str {
        without_query(self.url)
    }

    /// What the server says, without the bearer that it may repeat.
    pub(crate) fn quoted(&self, text: &str) -> String {
        brief(&Secrets::new([self.bearer]).strike(text))
    }
}

/// The `serverInfo` of a server that has a name.
fn server_info(told: &Value) -> Option<Server> {
    let text = |name: &str| {
        let text = told[name].as_str().map(str::trim);
        text.filter(|it| !it.is_empty()).map(brief)
    };
    text("name").map(|name| Server::new(name, text("version")))
}

impl<'a> Session<'a> {
    fn new(endpoint: Endpoint<'a>, protocol: &str) -> Self {
        Self {
            endpoint,
            id: None,
            protocol: protocol.to_owned(),
            server: None,
            limits: None,
            requests: 0,
            cookies: BTreeMap::new(),
        }
    }

    /// Asks which revisions the server speaks without sessions.
    async fn discover(&mut self) -> anyhow::Result<()> {
        let result = self.result("server/discover", json!({})).await?;
        let speaks = result["supportedVersions"].as_array();
        if !speaks.is_some_and(|it| it.iter().any(|it| *it == self.protocol)) {
            let url = self.endpoint.shown();
            bail!("`{url}` does not name {} among the revisions that it speaks", self.protocol);
        }
        self.server = server_info(&result["_meta"][format!("{META}serverInfo")]);
        Ok(())
    }

    async fn initialize(&mut self, propose: &str) -> anyhow::Result<()> {
        let url = self.endpoint.url;
        let params =
            json!({"protocolVersion": propose, "capabilities": {}, "clientInfo": client_info()});
        let result = self.result("initialize", params).await?;
        let protocol = result["protocolVersion"].as_str().filter(|it| is_revision(it));
        let protocol = protocol.with_context(|| {
            let url = self.endpoint.shown();
            format!("`{url}` is no MCP server: its answer to initialize names no revision")
        })?;
        if is_stateless(protocol) {
            let url = self.endpoint.shown();
            bail!(
                "`{url}` answers initialize with the revision {protocol}, which has no initialize"
            );
        }
        self.protocol = protocol.to_owned();
        self.server = server_info(&result["serverInfo"]);
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let response = self.request(self.endpoint.http.post(url)).json(&ready).send().await;
        let response = response.map_err(reqwest::Error::without_url);
        let response =
            response.with_context(|| format!("`{}` cannot be reached", self.endpoint.shown()))?;
        self.remember(response.headers());
        Ok(())
    }

    /// The tools that the server lists, by name; a server without tools has none.
    pub(crate) async fn tools(&mut self) -> anyhow::Result<BTreeMap<String, Tool>> {
        const METHOD_NOT_FOUND: i64 = -32601;
        let mut tools = BTreeMap::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let params = cursor.as_ref().map_or_else(|| json!({}), |it| json!({"cursor": it}));
            let result = match self.result("tools/list", params).await {
                Err(it) if Refused::code(&it) == Some(METHOD_NOT_FOUND) => return Ok(tools),
                it => it?,
            };
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
    ///
    /// # Errors
    /// [`Refused`] where it is answered by anything but a result.
    pub(crate) async fn call(&mut self, call: &Call) -> anyhow::Result<()> {
        let (rpc, params) = call.request();
        self.result(rpc, params).await.map(drop)
    }

    /// Asks for something small in this session over connections of another client.
    pub(crate) async fn ping_over(&self, http: &reqwest::Client) -> anyhow::Result<()> {
        let mut same = Session {
            id: self.id.clone(),
            requests: self.requests + 1000,
            cookies: self.cookies.clone(),
            ..Session::new(Endpoint { http, ..self.endpoint }, &self.protocol)
        };
        same.result("ping", json!({})).await.map(drop)
    }

    /// Whether the server gave it a name, by which it has to know it again; one without sessions need not.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some() && !is_stateless(&self.protocol)
    }

    /// A server without sessions answers 405; both are fine.
    pub(crate) async fn close(self) {
        if self.has_id() {
            let request = self.request(self.endpoint.http.delete(self.endpoint.url));
            let _best_effort = request.send().await;
        }
    }

    async fn result(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        let Exchange { mut answer, headers } = self.exchange(method, params).await?;
        let Some(class) = answer.failure() else {
            return Ok(answer.message.as_mut().map(|it| it["result"].take()).unwrap_or_default());
        };
        let seen = |name: &str| text_of(&headers, name).map(|it| self.endpoint.quoted(&it));
        let challenge = seen("www-authenticate").filter(|_| matches!(answer.status, 401 | 403));
        let words = challenge.unwrap_or_else(|| self.endpoint.quoted(&answer.words()));
        let url = self.endpoint.shown().to_owned();
        Err(Refused::new(method, url, class, &answer, words, seen("location")).into())
    }

    /// Sends a request, and reads until its answer has come or nothing more does.
    async fn exchange(&mut self, method: &str, mut params: Value) -> anyhow::Result<Exchange> {
        let about = if is_stateless(&self.protocol) {
            introduce(&self.protocol, method, &mut params)
        } else {
            Vec::new()
        };
        let id = self.requests;
        self.requests += 1;
        let url = self.endpoint.url;
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let in_session = self.has_id();
        let mut request = self.request(self.endpoint.http.post(url));
        for (name, it) in about {
            request = request.header(name, it);
        }
        let sent = request.json(&body).send().await;
        let response = match sent {
            Err(it) if it.is_timeout() && !it.is_connect() => {
                let answer = Answer { timed_out: true, in_session, ..Answer::default() };
                return Ok(Exchange { answer, headers: HeaderMap::new() });
            }
            it => it
                .map_err(reqwest::Error::without_url)
                .with_context(|| format!("`{}` cannot be reached", self.endpoint.shown()))?,
        };
        let (headers, status) = (response.headers().clone(), response.status().as_u16());
        self.remember(&headers);
        if self.id.is_none() {
            self.id = text_of(&headers, "mcp-session-id");
        }
        let mut read = read(response, id).await;
        for _ in 0..MOST_RESUMED {
            let Some(last) = unfinished(&read, &headers, id) else { break };
            let resume = self.request(self.endpoint.http.get(url)).header("Last-Event-ID", last);
            let more = resume.send().await.map_err(reqwest::Error::without_url);
            let more = more.with_context(|| format!("{method} broke off"))?;
            if !more.status().is_success() {
                break;
            }
            read = self::read(more, id).await;
        }
        let Read { body, ended } = read;
        if body.len() > MOST_BODY {
            let url = self.endpoint.shown();
            bail!("`{url}` answered {method} with more than {} MiB", MOST_BODY >> 20);
        }
        let message = message_for(id, &body);
        if message.is_none()
            && let Err(error) = ended
        {
            if error.is_timeout() {
                let answer =
                    Answer { timed_out: true, begun: true, in_session, body, ..Answer::default() };
                return Ok(Exchange { answer, headers });
            }
            return Err(error.without_url()).with_context(|| format!("{method} broke off"));
        }
        let answer = Answer { status, in_session, message, body, ..Answer::default() };
        Ok(Exchange { answer, headers })
    }

    pub(super) fn request(&self, request: RequestBuilder) -> RequestBuilder {
        let mut request = request.header("Accept", "application/json, text/event-stream");
        if !self.endpoint.bearer.is_empty() {
            request = request.bearer_auth(self.endpoint.bearer);
        }
        if !self.protocol.is_empty() {
            request = request.header("MCP-Protocol-Version", &self.protocol);
        }
        if let Some(id) = self.id.as_ref().filter(|_| self.has_id()) {
            request = request.header("Mcp-Session-Id", id);
        }
        if !self.cookies.is_empty() {
            let all = self.cookies.iter().map(|(name, it)| format!("{name}={it}"));
            request = request.header("Cookie", all.collect::<Vec<_>>().join("; "));
        }
        request
    }

    /// What the next requests bring along, and what is announced of limits.
    fn remember(&mut self, headers: &HeaderMap) {
        for it in headers.get_all("set-cookie").iter().filter_map(|it| it.to_str().ok()) {
            let pair = it.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        let limits = ["ratelimit-policy", "ratelimit", "x-ratelimit-limit"];
        let limits = limits.into_iter().find_map(|it| text_of(headers, it));
        self.limits = limits.or(self.limits.take());
    }
}

/// A body as far as it was read, and how that ended.
struct Read {
    body: String,
    ended: Result<(), reqwest::Error>,
}

/// Reads a body to its end, or an event stream to the answer to request `id`, after which it may stay open.
async fn read(mut response: Response, id: usize) -> Read {
    let is_stream = is_event_stream(response.headers());
    let is_gzip = text_of(response.headers(), "content-encoding").as_deref() == Some("gzip");
    let mut bytes = Vec::new();
    let ended = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        let is_answered = || message_for(id, &String::from_utf8_lossy(&bytes)).is_some();
        if bytes.len() > MOST_BODY
            || (is_stream && !is_gzip && ends_an_event(&bytes) && is_answered())
        {
            break Ok(());
        }
    };
    if is_gzip {
        let mut unpacked = Vec::new();
        let most = u64::try_from(MOST_BODY).unwrap_or(u64::MAX) + 1;
        // What cannot be unpacked is no answer.
        let _cut = MultiGzDecoder::new(bytes.as_slice()).take(most).read_to_end(&mut unpacked);
        bytes = unpacked;
    }
    Read { body: String::from_utf8_lossy(&bytes).into_owned(), ended }
}

fn ends_an_event(bytes: &[u8]) -> bool {
    [&b"\n\n"[..], b"\r\r", b"\r\n\r\n"].iter().any(|it| bytes.ends_with(it))
}

/// The event to go on from, where a stream ended before the answer and can be gone on with.
fn unfinished(read: &Read, headers: &HeaderMap, id: usize) -> Option<String> {
    let is_over = read.ended.is_ok() && is_event_stream(headers);
    let last =
        last_event_id(&read.body).filter(|_| is_over && message_for(id, &read.body).is_none());
    last.map(str::to_owned)
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    text_of(headers, "content-type").is_some_and(|it| it.starts_with("text/event-stream"))
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}
