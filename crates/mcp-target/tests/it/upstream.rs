use std::time::Duration;

use mcp_target::Upstream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::session::Session;
use crate::target::Target;

#[track_caller]
fn assert_parts((error, it): &(bool, Value), expect: bool, parts: &Value) {
    assert_eq!(*error, expect, "{it}");
    for (name, value) in parts.as_object().unwrap() {
        assert_eq!(&it[name], value, "{name} of {it}");
    }
}

#[tokio::test]
async fn what_the_api_answers_comes_back() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    for (arguments, error, parts) in [
        (
            json!({"path": "/orders?page=2"}),
            false,
            json!({"status": 200, "tries": 1, "body": {"path": "/orders", "attempt": 1}}),
        ),
        (json!({"path": ""}), false, json!({"status": 200, "body": {"path": "/", "attempt": 1}})),
        (json!({"path": "x", "failures": 2}), false, json!({"status": 200, "tries": 3})),
        (
            json!({"path": "x", "status": 502, "failures": 1}),
            false,
            json!({"status": 200, "tries": 2}),
        ),
        (json!({"path": "x", "status": 404}), false, json!({"status": 404, "tries": 1})),
        (
            json!({"path": "x", "status": 500}),
            true,
            json!({"code": "upstream_error", "status": 500, "tries": 1}),
        ),
        (
            json!({"path": "x", "status": 429}),
            true,
            json!({"code": "rate_limited", "status": 429, "tries": 3}),
        ),
        (json!({"path": "/../x"}), false, json!({"status": 200})),
    ] {
        assert_parts(&session.text("upstream", arguments).await, error, &parts);
    }
    assert_eq!(session.call("upstream", json!({})).await["isError"], true);
}

#[tokio::test]
async fn an_api_that_fails_is_left_alone() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let fail = json!({"path": "x", "status": 503});
    let first = session.text("upstream", fail.clone()).await;
    assert_parts(&first, true, &json!({"code": "upstream_error", "status": 503, "tries": 3}));
    // The fifth failure in a row is the last that is called.
    let open = json!({"code": "upstream_open_circuit"});
    assert_parts(&session.text("upstream", fail).await, true, &open);
    assert_parts(&session.text("upstream", json!({"path": "x"})).await, true, &open);
    // For every session, as it is one API.
    let other = Session::open_with(&target, session.bearer.clone()).await;
    assert_parts(&other.text("upstream", json!({"path": "x"})).await, true, &open);
}

#[tokio::test]
async fn a_slow_api_is_not_waited_for() {
    let timeout = Duration::from_millis(50);
    let target = Target::with(|it| it.upstream.timeout = timeout).await;
    let session = Session::open(&target).await;
    let slow = json!({"path": "x", "delayMs": 60_000});
    let late = session.text("upstream", slow).await;
    assert_parts(&late, true, &json!({"code": "upstream_timeout"}));
}

#[tokio::test]
async fn an_api_of_ones_own_is_called() {
    let api = Target::start().await;
    let url = format!("{}/.well-known/", api.issuer).parse().unwrap();
    let target =
        Target::with(|it| it.upstream = Upstream { url: Some(url), ..it.upstream.clone() }).await;
    let session = Session::open(&target).await;
    let path = "/oauth-authorization-server";
    let (error, it) = session.text("upstream", json!({"path": path, "status": 503})).await;
    assert_eq!(
        (error, &it["status"], &it["body"]["issuer"]),
        (false, &json!(200), &json!(api.issuer))
    );
    let out = session.text("upstream", json!({"path": "/../health"})).await;
    assert_parts(&out, true, &json!({"code": "invalid_path"}));
}

#[tokio::test]
async fn an_api_that_is_not_there_is_an_error() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{closed}/").parse().unwrap();
    let target =
        Target::with(|it| it.upstream = Upstream { url: Some(url), ..it.upstream.clone() }).await;
    let session = Session::open(&target).await;
    let (error, it) = session.text("upstream", json!({"path": "x"})).await;
    assert_eq!((error, &it["code"]), (true, &json!("upstream_error")));
    assert!(it["message"].as_str().unwrap().starts_with("failed to connect: "), "{it}");
}
