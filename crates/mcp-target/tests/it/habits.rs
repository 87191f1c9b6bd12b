use std::time::Duration;

use mcp_target::Fault;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::session::{Session, message};
use crate::target::Target;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(3600);

impl Target {
    fn address(&self) -> &str {
        self.issuer.strip_prefix("http://").unwrap()
    }

    /// A connection on which `bytes` were sent.
    async fn sent(&self, bytes: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.address()).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        socket
    }

    async fn get_with(&self, path: &str, name: &str, value: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}{path}", self.issuer)).header(name, value);
        request.send().await.unwrap()
    }
}

/// Everything that comes until the server closes the connection.
async fn rest(mut socket: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What comes until `end` has come.
async fn until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        text.push(socket.read_u8().await.unwrap().into());
    }
    text
}

const HEALTH: &str = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let target = Target::with(|it| it.limits.keep_alive = SHORT).await;
    assert_eq!(rest(target.sent("").await).await, "");
    let answer = rest(target.sent(HEALTH).await).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_head_that_takes_too_long_ends_the_connection() {
    let target = Target::with(|it| {
        it.limits.keep_alive = LONG;
        it.limits.header_timeout = SHORT;
    })
    .await;
    assert_eq!(rest(target.sent("GET /health HTTP/1.1\r\nHost:").await).await, "");
    let mut socket = target.sent(HEALTH).await;
    until(&mut socket, "ok").await;
    socket.write_all(b"GET").await.unwrap();
    assert_eq!(rest(socket).await, "");
}

#[tokio::test]
async fn a_request_that_takes_longer_than_keep_alive_is_answered() {
    let target = Target::with(|it| {
        it.faults = Fault::SlowTools.into();
        it.limits.keep_alive = SHORT;
        it.limits.header_timeout = SHORT;
    })
    .await;
    let session = Session::open(&target).await;
    assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
}

#[tokio::test]
async fn a_connection_too_many_waits_until_another_one_ends() {
    let target = Target::with(|it| it.limits.max_connections = 1).await;
    let mut first = target.sent(HEALTH).await;
    until(&mut first, "ok").await;
    let mut second = target.sent(HEALTH).await;
    let busy = async {
        for _ in 0..20 {
            first.write_all(HEALTH.as_bytes()).await.unwrap();
            until(&mut first, "ok").await;
        }
    };
    tokio::select! {
        biased;
        answer = until(&mut second, "ok") => panic!("there was no place for it: {answer}"),
        () = busy => {}
    }
    drop(first);
    until(&mut second, "ok").await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_answered_413() {
    let target = Target::with(|it| it.limits.max_body = 1000).await;
    let bearer = target.bearer("mcp:read").await;
    let long = json!({"jsonrpc": "2.0", "method": "x".repeat(1000)}).to_string();
    for path in ["/mcp", "/register", "/token"] {
        let request = target.http.post(format!("{}{path}", target.issuer)).bearer_auth(&bearer);
        let answer = request.body(long.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 413, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], "body_too_large");

        let chunked = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Type: {}\r\nAccept: application/json, text/event-stream\r\n\
             Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
            target.address(),
            if path == "/token" { "application/x-www-form-urlencoded" } else { "application/json" },
            long.len(),
        );
        let answer = rest(target.sent(&chunked).await).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
        assert!(answer.contains("body_too_large"), "{path}: {answer}");
    }
    assert_eq!(target.post("/register", &json!({"redirect_uris": []})).await.0, 400);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_504_and_a_stream_is_not() {
    let target = Target::with(|it| {
        it.faults = Fault::SlowScreens.into();
        it.limits.request_timeout = Duration::from_millis(100);
    })
    .await;
    let (status, body) = target.get("/faults.js").await;
    assert_eq!((status, &body["error"]), (504, &json!("request_timeout")));
    // Another one, since nobody signs in on slow screens within that time.
    let target = Target::with(|it| it.limits.request_timeout = Duration::from_millis(100)).await;
    let session = Session::open(&target).await;
    // Its stream begins at once, and the answer comes in it after 300 ms.
    assert_eq!(session.call("sleep", json!({"milliseconds": 300})).await["isError"], false);
}

#[tokio::test]
async fn what_is_the_same_for_everyone_has_a_tag_and_is_sent_once() {
    for faults in [None, Some(Fault::Redraw)] {
        let target = Target::with(|it| it.faults = faults.into_iter().collect()).await;
        for (path, cache) in [
            ("/.well-known/oauth-authorization-server", "public, max-age=60"),
            ("/.well-known/oauth-protected-resource", "public, max-age=60"),
            ("/.well-known/oauth-protected-resource/mcp", "public, max-age=60"),
            ("/jwks", "public, no-cache"),
            ("/faults.js", "public, no-cache"),
        ] {
            let first = target.get_with(path, "accept-encoding", "identity").await;
            let tag = first.headers()["etag"].to_str().unwrap().to_owned();
            assert_eq!(first.headers()["cache-control"], cache, "{path}");
            let headers = first.headers().clone();
            let body = first.text().await.unwrap();

            let again = target.get_with(path, "if-none-match", "\"another\"").await;
            assert_eq!(
                (again.status().as_u16(), &again.headers()["etag"]),
                (200, &headers["etag"])
            );
            assert_eq!(again.headers()["content-type"], headers["content-type"]);
            assert_eq!(again.text().await.unwrap(), body);

            let same = target.get_with(path, "if-none-match", &format!("W/{tag}")).await;
            assert_eq!(same.status(), 304);
            assert_eq!(same.headers()["etag"], tag.as_str());
            assert_eq!(same.headers()["cache-control"], cache);
            assert_eq!(same.headers().get("vary"), headers.get("vary"));
            assert_eq!(same.text().await.unwrap(), "");
        }
        let nothing = target.get_with("/.well-known/nothing", "if-none-match", "*").await;
        assert_eq!((nothing.status().as_u16(), nothing.headers().get("etag")), (404, None));
        let other = target.http.post(format!("{}/jwks", target.issuer)).send().await.unwrap();
        assert_eq!(other.status(), 405);
    }
}

#[tokio::test]
async fn long_answers_are_packed_for_whoever_takes_them() {
    let target = Target::start().await;
    // Twice each, as the second comes from what was kept.
    for _ in 0..2 {
        let packed = target.get_with("/faults.js", "accept-encoding", "br, gzip").await;
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert_eq!(packed.headers()["vary"], "accept-encoding");
        let tag = packed.headers()["etag"].clone();
        let bytes = packed.bytes().await.unwrap();
        assert_eq!(bytes[..2], [0x1f, 0x8b]);
        for coding in ["identity", "gzip;q=0"] {
            let plain = target.get_with("/faults.js", "accept-encoding", coding).await;
            assert_eq!(plain.headers().get("content-encoding"), None, "{coding}");
            assert_eq!(plain.headers()["vary"], "accept-encoding");
            assert_ne!(plain.headers()["etag"], tag);
            assert!(plain.text().await.unwrap().len() > bytes.len());
        }
    }
    let short = target.get_with("/health", "accept-encoding", "gzip").await;
    assert_eq!(
        (short.headers().get("content-encoding"), short.headers().get("vary")),
        (None, None)
    );

    let session = Session::open(&target).await;
    let request = |accept| {
        target
            .http
            .get(&target.resource)
            .bearer_auth(&session.bearer)
            .header("Mcp-Session-Id", &session.id)
            .header("Accept-Encoding", "gzip")
            .header("Accept", accept)
    };
    let stream = request("text/event-stream").send().await.unwrap();
    assert_eq!((stream.status().as_u16(), stream.headers().get("content-encoding")), (200, None));

    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "executeSQL", "arguments": {"sql": "SELECT * FROM products"},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        },
    }});
    let request = target.http.post(&target.resource).bearer_auth(&session.bearer).json(&call);
    let request = request
        .header("Accept", "application/json, text/event-stream")
        .header("Accept-Encoding", "gzip")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", "executeSQL");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let target = Target::with(|it| it.rate_limit = std::num::NonZeroU32::new(3)).await;
    for _ in 0..3 {
        assert_eq!(target.get("/jwks").await.0, 200);
    }
    for path in ["/jwks", "/mcp", "/nowhere"] {
        let refused = target.http.get(format!("{}{path}", target.issuer)).send().await.unwrap();
        assert_eq!(refused.status(), 429);
        let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        assert_eq!(refused.json::<Value>().await.unwrap()["error"], "rate_limited");
    }
    for _ in 0..5 {
        let health = target.http.get(format!("{}/health", target.issuer)).send().await.unwrap();
        assert_eq!(health.status(), 200);
    }
    let other =
        reqwest::Client::builder().no_proxy().local_address(std::net::IpAddr::from([127, 0, 0, 2]));
    let other = other.build().unwrap();
    // The header is not what tells addresses apart.
    let forwarded = target.get_with("/jwks", "x-forwarded-for", "192.0.2.1").await;
    assert_eq!(forwarded.status(), 429);
    let answer = other.get(format!("{}/jwks", target.issuer)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// A registration that is in flight: its body is asked for and not yet sent.
async fn begun(target: &Target, body: &str) -> TcpStream {
    let head = format!(
        "POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len(),
    );
    let mut socket = target.sent(&head).await;
    assert!(until(&mut socket, "\r\n\r\n").await.starts_with("HTTP/1.1 100 "));
    socket
}

const REGISTRATION: &str = r#"{"redirect_uris": ["http://127.0.0.1:4711/callback"]}"#;

#[tokio::test]
async fn a_request_in_flight_ends_before_the_server_does() {
    let target = Target::with(|it| it.limits.grace = LONG).await;
    let address = target.address().to_owned();
    let idle = target.sent("").await;
    let mut socket = begun(&target, REGISTRATION).await;
    let late = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert_eq!(rest(idle).await, "");
        socket.write_all(REGISTRATION.as_bytes()).await.unwrap();
        rest(socket).await
    };
    let (stopped, answer) = tokio::join!(target.stop(), late);
    stopped.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_call_in_flight_is_answered_before_the_server_ends() {
    let target = Target::with(|it| it.limits.grace = LONG).await;
    let session = Session::open(&target).await;
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": "sleep", "arguments": {"milliseconds": 100}}});
    // The head of its stream has come, and its answer has not.
    let response = session.send(&call).await;
    let (stopped, answer) = tokio::join!(target.stop(), message(response));
    stopped.unwrap();
    assert_eq!(answer["result"]["isError"], false, "{answer}");
}

#[tokio::test]
async fn a_stream_that_nobody_ends_is_ended_with_the_server() {
    let target = Target::with(|it| it.limits.grace = SHORT).await;
    let session = Session::open(&target).await;
    let stream = session.head(reqwest::Method::GET).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    target.stop().await.unwrap();
    // A stream that is cut has no last chunk.
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.text()).await;
    ended.expect("it is ended").unwrap();
}

#[tokio::test]
async fn a_form_of_more_than_64_kib_is_answered_413() {
    let target = Target::start().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", &"x".repeat(70_000))];
    let (status, answer) = target.form("/token", None, &form).await;
    assert_eq!((status, &answer["error"]), (413, &json!("body_too_large")));
}

#[tokio::test]
async fn a_request_that_takes_longer_than_the_grace_is_cut() {
    let target = Target::with(|it| it.limits.grace = SHORT).await;
    let socket = begun(&target, REGISTRATION).await;
    target.stop().await.unwrap();
    assert_eq!(rest(socket).await, "");
}
