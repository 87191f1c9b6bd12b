use serde_json::{Value, json};

use crate::target::Target;

/// An MCP session of revision 2025-11-25.
pub(crate) struct Session<'a> {
    pub(crate) target: &'a Target,
    pub(crate) bearer: String,
    pub(crate) id: String,
}

impl<'a> Session<'a> {
    pub(crate) async fn open(target: &'a Target) -> Self {
        let bearer = target.bearer("mcp:read").await;
        Self::open_with(target, bearer).await
    }

    pub(crate) async fn open_with(target: &'a Target, bearer: String) -> Self {
        let response = Self::post(target, Some(&bearer), None, &Self::initialize_body()).await;
        assert_eq!(response.status(), 200);
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let it = Self { target, bearer, id };
        let answer = message(response).await;
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(it.send(&initialized).await.status(), 202);
        it
    }

    /// The same where a fault keeps the answer from being read.
    pub(crate) async fn open_any(target: &'a Target) -> Self {
        let bearer = target.bearer("mcp:read").await;
        let response = Self::post(target, Some(&bearer), None, &Self::initialize_body()).await;
        assert_eq!(response.status(), 200);
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        Self { target, bearer, id }
    }

    pub(crate) fn initialize_body() -> Value {
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
        }})
    }

    pub(crate) async fn post(
        target: &Target,
        bearer: Option<&str>,
        session: Option<&str>,
        body: &Value,
    ) -> reqwest::Response {
        let mut request = target.http.post(&target.resource).json(body);
        request = request.header("Accept", "application/json, text/event-stream");
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(session) = session {
            request = request
                .header("Mcp-Session-Id", session)
                .header("MCP-Protocol-Version", "2025-11-25");
        }
        request.send().await.unwrap()
    }

    /// A request of this session, with nothing but its head yet.
    pub(crate) fn head(&self, method: reqwest::Method) -> reqwest::RequestBuilder {
        let request = self.target.http.request(method, &self.target.resource);
        let request = request.header("Accept", "application/json, text/event-stream");
        let request = request.bearer_auth(&self.bearer).header("Mcp-Session-Id", &self.id);
        request.header("MCP-Protocol-Version", "2025-11-25")
    }

    /// A call of the tool that is always there, with the id 1.
    pub(crate) fn call_body() -> Value {
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "listEntities", "arguments": {}}})
    }

    pub(crate) async fn send(&self, body: &Value) -> reqwest::Response {
        Self::post(self.target, Some(&self.bearer), Some(&self.id), body).await
    }

    pub(crate) async fn request(&self, method: &str, params: Value) -> Value {
        message(
            self.send(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
                .await,
        )
        .await
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": tool, "arguments": arguments})).await["result"]
            .clone()
    }

    /// The JSON text of a tool's result, and whether it is an error.
    pub(crate) async fn text(&self, tool: &str, arguments: Value) -> (bool, Value) {
        let result = self.call(tool, arguments).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        (result["isError"] == true, serde_json::from_str(text).unwrap())
    }

    pub(crate) async fn close(&self) -> u16 {
        let request = self.target.http.delete(&self.target.resource).bearer_auth(&self.bearer);
        request.header("Mcp-Session-Id", &self.id).send().await.unwrap().status().as_u16()
    }
}

/// The answer in a JSON body, or in the last event of a stream.
pub(crate) async fn message(response: reqwest::Response) -> Value {
    let body = response.text().await.unwrap();
    let json = if body.starts_with('{') {
        &body
    } else {
        body.lines()
            .filter_map(|it| it.strip_prefix("data: "))
            .rfind(|it| !it.is_empty())
            .unwrap_or_default()
    };
    serde_json::from_str(json).unwrap_or_else(|_| panic!("no message in {body:?}"))
}
