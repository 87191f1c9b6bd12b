use serde_json::json;

use crate::session::Session;
use crate::target::{REDIRECT_URI, Target};

/// Every sample of `/metrics` by its name and labels.
async fn scrape(target: &Target) -> Vec<(String, f64)> {
    let response = target.http.get(format!("{}/metrics", target.issuer)).send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = response.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let samples = text.lines().filter(|it| !it.starts_with('#'));
    samples
        .map(|it| {
            let (name, value) = it.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[track_caller]
fn value(samples: &[(String, f64)], name: &str) -> f64 {
    let found = samples.iter().find(|(it, _)| it == name);
    found.unwrap_or_else(|| panic!("no {name} in {samples:#?}")).1
}

#[tokio::test]
async fn a_sign_in_and_a_call_leave_their_traces_in_the_metrics() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    session.call("listEntities", json!({})).await;
    session.call("executeSQL", json!({"sql": "DELETE FROM orders"})).await;
    session.call("no-such-tool", json!({})).await;
    target.http.get(format!("{}/no-such-page", target.issuer)).send().await.unwrap();

    let samples = scrape(&target).await;
    for (name, expect) in [
        (r#"http_requests_total{method="POST",route="/register",status="201"}"#, 1.0),
        (r#"http_requests_total{method="POST",route="/token",status="200"}"#, 1.0),
        (r#"http_requests_total{method="POST",route="/mcp",status="202"}"#, 1.0),
        (r#"http_requests_total{method="GET",route="other",status="404"}"#, 1.0),
        (r#"http_request_duration_seconds_count{route="/token"}"#, 1.0),
        (r#"http_request_duration_seconds_bucket{le="+Inf",route="/token"}"#, 1.0),
        (r#"tool_call_duration_seconds_count{tool="listEntities",outcome="ok"}"#, 1.0),
        (r#"tool_call_duration_seconds_count{tool="executeSQL",outcome="error"}"#, 1.0),
        (r#"tokens_issued_total{grant_type="authorization_code"}"#, 1.0),
        ("mcp_sessions", 1.0),
        ("event_streams", 0.0),
    ] {
        assert_eq!(value(&samples, &format!("mcp_target_{name}")), expect, "{name}");
    }
    assert!(!samples.iter().any(|(it, _)| it.contains("no-such")), "{samples:#?}");
    for name in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_open_fds",
        "process_network_receive_bytes_total",
        "process_network_transmit_bytes_total",
    ] {
        assert!(value(&samples, name) > 0.0, "{name}");
    }

    assert_eq!(session.close().await, 202);
    assert_eq!(value(&scrape(&target).await, "mcp_target_mcp_sessions"), 0.0);
}

#[tokio::test]
async fn bytes_on_the_wire_are_counted_both_ways() {
    let target = Target::start().await;
    let traffic = async || {
        let samples = scrape(&target).await;
        ["receive", "transmit"]
            .map(|it| value(&samples, &format!("process_network_{it}_bytes_total")))
    };
    let [received, sent] = traffic().await;
    let metadata = json!({"redirect_uris": [REDIRECT_URI], "client_name": "n".repeat(10_000)});
    assert_eq!(target.post("/register", &metadata).await.0, 201);
    let [received_then, sent_then] = traffic().await;
    assert!(received_then - received > 10_000.0 && received_then - received < 12_000.0);
    assert!(sent_then - sent > 1000.0, "the scrape before alone is longer");
}

#[tokio::test]
async fn an_event_stream_is_counted_for_as_long_as_it_is_open() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let stream = target.http.get(&target.resource).bearer_auth(&session.bearer);
    let stream = stream.header("Mcp-Session-Id", &session.id).header("Accept", "text/event-stream");
    let stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(value(&scrape(&target).await, "mcp_target_event_streams"), 1.0);
    session.close().await;
    drop(stream);
    while value(&scrape(&target).await, "mcp_target_event_streams") > 0.0 {}
}

#[tokio::test]
async fn a_target_in_memory_lives_and_is_ready() {
    let target = Target::start().await;
    let health = target.http.get(format!("{}/health", target.issuer)).send().await.unwrap();
    assert_eq!((health.status().as_u16(), health.text().await.unwrap().as_str()), (200, "ok"));
    assert_eq!(target.get("/ready").await, (200, json!({"ready": true})));
}
