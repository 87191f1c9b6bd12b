use std::time::Duration;

use serde_json::{Value, json};

use crate::session::Session;
use crate::target::Target;

#[tokio::test]
async fn one_session_too_many_is_refused_until_another_closes() {
    let target = Target::with(|it| it.max_sessions = 2).await;
    let bearer = target.bearer("mcp:read").await;
    let first = Session::open_with(&target, bearer.clone()).await;
    let _second = Session::open_with(&target, bearer.clone()).await;
    let response = Session::post(&target, Some(&bearer), None, &Session::initialize_body()).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.json::<Value>().await.unwrap(), json!({"error": "too_many_sessions"}));
    first.close().await;
    Session::open_with(&target, bearer).await;
}

#[tokio::test]
async fn the_session_limit_holds_when_all_come_at_once() {
    let target = Target::with(|it| it.max_sessions = 5).await;
    let bearer = target.bearer("mcp:read").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let request = target
            .http
            .post(&target.resource)
            .bearer_auth(&bearer)
            .json(&Session::initialize_body());
        let request = request.header("Accept", "application/json, text/event-stream");
        calls.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    let mut answers = calls.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers, [vec![200; 5], vec![503; 15]].concat());
}

#[tokio::test]
async fn the_end_does_not_wait_for_open_connections() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    let request = target.http.get(&target.resource).bearer_auth(&session.bearer);
    let request =
        request.header("Accept", "text/event-stream").header("Mcp-Session-Id", &session.id);
    let mut stream = request.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let address = target.issuer.strip_prefix("http://").unwrap().to_owned();
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut silent, b"POST /mcp HTTP/1.1\r\n").await.unwrap();

    target.stop().await.unwrap();
    while let Ok(Some(_)) = stream.chunk().await {}
}

#[tokio::test]
async fn an_idle_session_is_closed() {
    let target = Target::with(|it| {
        it.session_idle = Duration::from_millis(50);
        it.max_sessions = 1;
    })
    .await;
    let bearer = target.bearer("mcp:read").await;
    let body = Session::initialize_body();
    let first = Session::post(&target, Some(&bearer), None, &body).await;
    let id = first.headers()["mcp-session-id"].to_str().unwrap();
    // Asking for the session would keep it alive: its place is free as soon as it is gone.
    while Session::post(&target, Some(&bearer), None, &body).await.status() == 503 {
        tokio::task::yield_now().await;
    }
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    assert_eq!(Session::post(&target, Some(&bearer), Some(id), &list).await.status(), 404);
}
