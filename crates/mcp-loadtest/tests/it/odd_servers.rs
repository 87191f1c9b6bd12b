//! Servers that go wrong in the ways that servers do: each is told for what it is, and none of them for a fast one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::program::{Sandbox, program, run};
use crate::servers::{TOKEN, serve};

/// What a server does with the calls after the first ones, or with all that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Odd {
    Nothing,
    // Read like any other.
    Gzip,
    ByteOrderMark,
    CarriageReturns,
    OwnRequestFirst,
    StreamToBeResumed,
    WantsItsCookie,
    // Not served.
    NoContent,
    Accepted,
    ResultIsNull,
    CutAndClosed,
    StreamWithoutAnswer,
    AnotherId,
    Throttles,
    ThrottlesInWords,
    GatewayPage,
    RefusesInitializeWithSession,
    OneClient,
    DeleteFails,
    // Recovered from, once.
    ForgetsBy400,
    ForgetsBy404,
    TwoWorkers,
}

#[derive(Debug, Default)]
struct Held {
    sessions: BTreeMap<String, bool>,
    opened: usize,
    calls: usize,
    requests: usize,
    resumed: BTreeMap<String, String>,
}

type Shared = (Odd, Arc<Mutex<Held>>);

fn sse(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response()
}

fn plain(text: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text.into()).into_response()
}

fn error(status: u16, id: &Value, words: &str) -> Response {
    let body = json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32000, "message": words}});
    (StatusCode::from_u16(status).unwrap(), plain(body.to_string())).into_response()
}

async fn answer(State((odd, held)): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let wanted = format!("Bearer {TOKEN}");
    if headers.get(header::AUTHORIZATION).is_none_or(|it| it.as_bytes() != wanted.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    let (id, method) = (&request["id"], request["method"].as_str().unwrap());
    let named = headers.get("mcp-session-id").map(|it| it.to_str().unwrap().to_owned());
    let mut it = held.lock().unwrap();
    it.requests += 1;
    if method == "initialize" {
        let refused =
            odd == Odd::RefusesInitializeWithSession && it.opened > 4 && it.opened % 2 == 0;
        if odd == Odd::OneClient && it.opened > 3 {
            return error(400, &Value::Null, "Invalid Request: Server already initialized");
        }
        it.opened += 1;
        let name = format!("s{}", it.opened);
        it.sessions.insert(name.clone(), true);
        let mut response = if refused {
            error(200, id, "Rate limit exceeded")
        } else {
            let result = json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                "serverInfo": {"name": "odd", "version": "1"}});
            plain(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
        };
        response.headers_mut().insert("mcp-session-id", HeaderValue::try_from(name).unwrap());
        if odd == Odd::WantsItsCookie {
            let cookie = HeaderValue::from_static("worker=a; Path=/; HttpOnly");
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        return response;
    }
    if id.is_null() {
        return StatusCode::ACCEPTED.into_response();
    }
    if odd == Odd::TwoWorkers && it.requests > 4 && it.requests % 2 == 0 {
        return error(404, id, "Session not found");
    }
    if odd == Odd::WantsItsCookie && !headers.contains_key(header::COOKIE) {
        return error(404, id, "Session not found");
    }
    if !named.is_some_and(|name| it.sessions.contains_key(&name)) {
        let status = if odd == Odd::ForgetsBy400 { 400 } else { 404 };
        return error(status, id, "Bad Request: No valid session ID provided");
    }
    let tool = json!({"name": "echo", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
    let result = match method {
        "tools/list" => json!({"tools": [tool]}),
        "tools/call" => json!({"content": [{"type": "text", "text": "hi"}]}),
        _ => json!({}),
    };
    let whole = json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
    let is_call = method == "tools/call";
    it.calls += usize::from(is_call);
    if it.calls == 20 && matches!(odd, Odd::ForgetsBy400 | Odd::ForgetsBy404) {
        it.sessions.clear();
    }
    let late = is_call && it.calls > 5;
    match odd {
        Odd::Gzip => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            std::io::Write::write_all(&mut packed, whole.as_bytes()).unwrap();
            let mut response = plain(packed.finish().unwrap());
            let gzip = HeaderValue::from_static("gzip");
            response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
            response
        }
        Odd::ByteOrderMark => sse(format!("\u{feff}data: {whole}\n\n")),
        Odd::CarriageReturns => sse(format!(": x\r\rdata: {whole}\r\r")),
        Odd::OwnRequestFirst => {
            let ping = json!({"jsonrpc": "2.0", "id": id, "method": "ping"});
            sse(format!("data: {ping}\n\ndata: {whole}\n\n"))
        }
        Odd::StreamToBeResumed if is_call => {
            let event = format!("e{}", it.calls);
            it.resumed.insert(event.clone(), whole);
            sse(format!("id: {event}\nretry: 10\ndata: \n\n"))
        }
        Odd::NoContent if late => StatusCode::NO_CONTENT.into_response(),
        Odd::Accepted if late => StatusCode::ACCEPTED.into_response(),
        Odd::ResultIsNull if late => {
            plain(json!({"jsonrpc": "2.0", "id": id, "result": null}).to_string())
        }
        Odd::CutAndClosed if late => plain(whole[..whole.len() - 12].to_owned()),
        Odd::StreamWithoutAnswer if late => {
            sse("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n".to_owned())
        }
        Odd::AnotherId if late => plain(whole.replacen(&format!("\"id\":{id}"), "\"id\":7", 1)),
        Odd::Throttles if late => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Odd::ThrottlesInWords if late => error(200, id, "Rate limit exceeded for client: x"),
        Odd::GatewayPage if late => {
            (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>").into_response()
        }
        _ => plain(whole),
    }
}

async fn resume(State((_, held)): State<Shared>, headers: HeaderMap) -> Response {
    let Some(last) = headers.get("last-event-id") else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    let whole = held.lock().unwrap().resumed.remove(last.to_str().unwrap());
    whole.map_or(StatusCode::NOT_FOUND.into_response(), |it| sse(format!("data: {it}\n\n")))
}

async fn close(State((odd, held)): State<Shared>, headers: HeaderMap) -> StatusCode {
    if odd == Odd::DeleteFails {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let name = headers["mcp-session-id"].to_str().unwrap();
    match held.lock().unwrap().sessions.remove(name) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

/// What a run of three seconds came to: the scenario, what the terminal said, and the sessions that the server still has.
async fn load(odd: Odd) -> (Value, String, usize) {
    let shared: Shared = (odd, Arc::default());
    let app = Router::new()
        .route("/mcp", post(answer).get(resume).delete(close))
        .with_state(shared.clone());
    let target = format!("http://{}/mcp", serve(app).await);
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["--target", &target, "--tool", "echo", "--rate", "20", "--for", "3s"]);
    let ended = run(command.env("K6", program("K6")).env("LOADTEST_BEARER", TOKEN)).await;
    let scenario = sandbox.record()["scenarios"][0].clone();
    let passed = scenario["verdict"] == "passed";
    assert_eq!(ended.code, Some(if passed { 0 } else { 3 }), "{odd:?} {ended:#?}");
    // A DELETE may be on its way still.
    for _ in 0..20 {
        if shared.1.lock().unwrap().sessions.is_empty() {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let left = shared.1.lock().unwrap().sessions.len();
    (scenario, ended.stdout + &ended.stderr, left)
}

#[tokio::test]
#[ignore = "needs k6"]
async fn what_is_only_unusual_passes_and_every_session_is_closed() {
    for odd in [
        Odd::Nothing,
        Odd::Gzip,
        Odd::ByteOrderMark,
        Odd::CarriageReturns,
        Odd::OwnRequestFirst,
        Odd::StreamToBeResumed,
        Odd::WantsItsCookie,
    ] {
        let (scenario, said, left) = load(odd).await;
        assert_eq!(scenario["verdict"], "passed", "{odd:?} {scenario:#} {said}");
        assert_eq!(scenario["failures"], json!({}), "{odd:?}");
        assert_eq!(left, 0, "{odd:?} {scenario:#}");
        assert_eq!(scenario["sessions"]["left"], 0, "{odd:?}");
    }
}

#[tokio::test]
#[ignore = "needs k6"]
async fn what_is_not_served_is_counted_by_its_class_with_an_example() {
    for (odd, class, words) in [
        (Odd::NoContent, "protocol_error", "HTTP 204"),
        (Odd::Accepted, "protocol_error", "HTTP 202"),
        (Odd::ResultIsNull, "protocol_error", "\"result\":null"),
        (Odd::CutAndClosed, "protocol_error", "HTTP 200"),
        (Odd::StreamWithoutAnswer, "protocol_error", "notifications/progress"),
        (Odd::AnotherId, "protocol_error", "HTTP 200"),
        (Odd::Throttles, "rate_limited", "HTTP 429"),
        (Odd::ThrottlesInWords, "rate_limited", "Rate limit exceeded for client: x"),
        (Odd::GatewayPage, "http_5xx", "HTTP 502"),
        (Odd::RefusesInitializeWithSession, "rate_limited", "Rate limit exceeded"),
        (Odd::OneClient, "protocol_error", "Server already initialized"),
    ] {
        let (scenario, said, left) = load(odd).await;
        assert_eq!(scenario["verdict"], "invalid", "{odd:?} {scenario:#}");
        assert!(scenario["failures"][class].as_u64() > Some(0), "{odd:?} {scenario:#}");
        let example = format!("{}, for example", class.replace('_', " "));
        assert!(said.contains(&example) && said.contains(words), "{odd:?} {said}");
        assert_eq!(left, 0, "{odd:?} {scenario:#}");
    }
}

#[tokio::test]
#[ignore = "needs k6"]
async fn a_session_that_is_lost_is_told_and_opened_once_again() {
    for odd in [Odd::ForgetsBy400, Odd::ForgetsBy404] {
        let (scenario, said, left) = load(odd).await;
        let lost = scenario["failures"]["session_lost"].as_u64().unwrap_or(0);
        assert!(lost > 0 && lost < 21, "{odd:?} {scenario:#}");
        assert!(scenario["calls"].as_u64() > Some(40), "{odd:?} {scenario:#}");
        assert!(said.contains("session lost, for example HTTP 40"), "{odd:?} {said}");
        assert_eq!(left, 0, "{odd:?} {scenario:#}");
    }
    let (scenario, said, _) = load(Odd::TwoWorkers).await;
    assert_ne!(scenario["verdict"], "passed", "{scenario:#}");
    assert!(scenario["failures"]["session_lost"].as_u64() > Some(0), "{scenario:#}");
    assert!(said.contains("new connections the open session was not known"), "{said}");
}

#[tokio::test]
#[ignore = "needs k6"]
async fn sessions_that_the_server_keeps_are_told_as_that_and_as_no_failed_request() {
    let (scenario, said, left) = load(Odd::DeleteFails).await;
    assert_eq!(scenario["verdict"], "passed", "{scenario:#}");
    assert!(left > 0 && said.contains("sessions were not closed"), "{said}");
    assert!(said.contains("session not closed, for example HTTP 500"), "{said}");
    assert_eq!(scenario["failures"], json!({}));
}
