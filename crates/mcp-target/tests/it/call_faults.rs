//! What comes in the place of the answer to a tool call, and how.

use std::time::{Duration, Instant};

use mcp_target::Fault;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::session::{Session, message};
use crate::target::Target;

/// What a session got for its sixth call, after five good ones.
async fn sixth(fault: Fault) -> Response {
    let target = Target::faulty(fault).await;
    let session = Session::open(&target).await;
    for count in 1..=5 {
        let answer = message(session.send(&Session::call_body()).await).await;
        assert_eq!(answer["result"]["isError"], false, "{fault:?}, call {count}: {answer}");
    }
    let listed = session.request("tools/list", json!({})).await;
    assert!(listed["result"]["tools"].is_array(), "{fault:?} {listed}");
    session.send(&Session::call_body()).await
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|it| it.to_str().unwrap())
}

#[tokio::test]
async fn tool_errors_and_rate_limited() {
    for (fault, code) in
        [(Fault::ToolErrors, "internal_error"), (Fault::RateLimited, "rate_limited")]
    {
        let target = Target::faulty(fault).await;
        let session = Session::open(&target).await;
        let (is_error, error) = session.text("listEntities", json!({})).await;
        assert!(is_error);
        assert_eq!(error["code"], code);
        assert!(error["message"].is_string());
    }
}

#[tokio::test]
async fn slow_tools() {
    let target = Target::faulty(Fault::SlowTools).await;
    let session = Session::open(&target).await;
    let start = Instant::now();
    assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
    assert!(start.elapsed().as_millis() >= 300);
}

#[tokio::test]
async fn throttled_by_a_status() {
    for (fault, status) in [(Fault::Throttled429, 429), (Fault::Throttled503, 503)] {
        let response = sixth(fault).await;
        assert_eq!(response.status(), status);
        assert!(header(&response, "retry-after").is_some());
    }
}

#[tokio::test]
async fn throttled_in_words() {
    let response = sixth(Fault::ThrottledError).await;
    assert_eq!(response.status(), 200);
    let answer = message(response).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("Rate limit"), "{answer}");

    let answer = message(sixth(Fault::ThrottledText).await).await;
    assert_eq!(answer["result"]["isError"], true);
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("Rate limit") && serde_json::from_str::<Value>(text).is_err());
}

#[tokio::test]
async fn nothing_where_an_answer_was_due() {
    for (fault, status) in [(Fault::NoContent, 204), (Fault::Accepted, 202), (Fault::NoBody, 200)] {
        let response = sixth(fault).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.text().await.unwrap(), "", "{fault:?}");
    }
}

#[tokio::test]
async fn cut_body() {
    let response = sixth(Fault::CutBody).await;
    assert_eq!(response.status(), 200);
    let length: usize = header(&response, "content-length").unwrap().parse().unwrap();
    let body = response.text().await.unwrap();
    assert_eq!(body.len(), length);
    assert!(body.starts_with('{') && serde_json::from_str::<Value>(&body).is_err(), "{body}");
}

#[tokio::test]
async fn an_answer_that_is_none() {
    let answer = message(sixth(Fault::NullResult).await).await;
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 1, "result": null}));
    let answer = message(sixth(Fault::AnotherId).await).await;
    assert_eq!(answer["id"], "another");
    assert_eq!(answer["result"]["isError"], false);
}

#[tokio::test]
async fn gateway_page() {
    let response = sixth(Fault::GatewayPage).await;
    assert_eq!(
        (response.status().as_u16(), header(&response, "content-type")),
        (502, Some("text/html"))
    );
    assert!(response.text().await.unwrap().contains("Bad Gateway"));
}

#[tokio::test]
async fn gzip_always() {
    let target = Target::faulty(Fault::GzipAlways).await;
    let session = Session::open_any(&target).await;
    let response = session.send(&Session::call_body()).await;
    assert_eq!(header(&response, "content-encoding"), Some("gzip"));
    let bytes = response.bytes().await.unwrap();
    assert_eq!(bytes[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn streams_of_odd_form() {
    for (fault, begin) in [
        (Fault::ByteOrderMark, "\u{feff}data: {"),
        (Fault::CarriageReturns, ": a comment\r\rdata: {"),
        (Fault::RequestFirst, r#"data: {"id":1,"jsonrpc":"2.0","method":"ping"}"#),
    ] {
        let target = Target::faulty(fault).await;
        let session = Session::open_any(&target).await;
        let response = session.send(&Session::call_body()).await;
        assert_eq!(header(&response, "content-type"), Some("text/event-stream"));
        let body = response.bytes().await.unwrap();
        let body = std::str::from_utf8(&body).unwrap();
        assert!(body.starts_with(begin), "{fault:?} {body:?}");
        assert_eq!(body.contains('\n'), fault != Fault::CarriageReturns);
        let last = body.split(['\n', '\r']).filter_map(|it| it.split_once("data: ")).next_back();
        let answer: Value = serde_json::from_str(last.unwrap().1).unwrap();
        assert_eq!(answer["result"]["isError"], false);
    }
}

#[tokio::test]
async fn early_end() {
    let target = Target::faulty(Fault::EarlyEnd).await;
    let session = Session::open(&target).await;
    let body = session.send(&Session::call_body()).await.text().await.unwrap();
    let event = body.lines().find_map(|it| it.strip_prefix("id: ")).unwrap();
    assert!(!body.contains("jsonrpc"), "{body}");
    let resume = || session.head(Method::GET).header("Last-Event-ID", event).send();
    let answer = message(resume().await.unwrap()).await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn stream_without_answer() {
    let response = sixth(Fault::StreamWithoutAnswer).await;
    assert_eq!(header(&response, "content-type"), Some("text/event-stream"));
    let body = response.text().await.unwrap();
    assert!(body.contains("notifications/progress") && !body.contains("id:"), "{body}");
}

#[tokio::test]
async fn open_stream() {
    let target = Target::faulty(Fault::OpenStream).await;
    let session = Session::open_any(&target).await;
    let mut response = session.send(&Session::call_body()).await;
    let first = response.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("\"result\""));
    let more = tokio::time::timeout(Duration::from_millis(100), response.chunk()).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn cut_connection() {
    let target = Target::faulty(Fault::CutConnection).await;
    let session = Session::open(&target).await;
    let call = || session.head(Method::POST).json(&Session::call_body()).send();
    let mut answered = Vec::new();
    for _ in 1..=20 {
        answered.push(call().await.map_err(|it| it.status()));
    }
    for (at, it) in answered.into_iter().enumerate() {
        match it {
            Ok(it) => assert!(it.status() == 200 && (at + 1) % 10 != 0, "{at}"),
            // Not even a status came.
            Err(status) => assert!(status.is_none() && (at + 1) % 10 == 0, "{at}"),
        }
    }
}

#[tokio::test]
async fn restart() {
    let target = Target::faulty(Fault::Restart).await;
    let session = Session::open(&target).await;
    for _ in 0..30 {
        assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
    }
    let health = || target.http.get(format!("{}/health", target.issuer)).send();
    assert!(health().await.is_err());
    let call = || session.head(Method::POST).json(&Session::call_body()).send();
    assert!(call().await.is_err());
    while health().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(call().await.unwrap().status(), 404);
    Session::open_with(&target, session.bearer.clone()).await;
    assert_eq!(health().await.unwrap().text().await.unwrap(), "ok");
}
