//! Sessions that are refused, lost, or not known to everyone.

use std::time::Instant;

use mcp_target::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use crate::session::{Session, message};
use crate::target::Target;

async fn initialize(target: &Target, bearer: &str) -> reqwest::Response {
    Session::post(target, Some(bearer), None, &Session::initialize_body()).await
}

#[tokio::test]
async fn too_many_sessions() {
    let target = Target::faulty(Fault::TooManySessions).await;
    let session = Session::open(&target).await;
    let refused = initialize(&target, &session.bearer).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.json::<Value>().await.unwrap(), json!({"error": "too_many_sessions"}));
    session.close().await;
    Session::open_with(&target, session.bearer.clone()).await;
}

#[tokio::test]
async fn one_client() {
    let target = Target::faulty(Fault::OneClient).await;
    let bearer = target.bearer("mcp:read").await;
    for _ in 0..3 {
        Session::open_with(&target, bearer.clone()).await.close().await;
    }
    let refused = initialize(&target, &bearer).await;
    assert_eq!(refused.status(), 400);
    let words = message(refused).await["error"]["message"].to_string();
    assert!(words.contains("Server already initialized"), "{words}");
}

#[tokio::test]
async fn refused_initialize() {
    let target = Target::faulty(Fault::RefusedInitialize).await;
    let first = Session::open(&target).await;
    let second = initialize(&target, &first.bearer).await;
    assert_eq!(second.status(), 200);
    let id = second.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let words = message(second).await["error"]["message"].to_string();
    assert!(words.contains("Rate limit exceeded"), "{words}");
    // It is a session like any other.
    let given = Session { id, ..Session::open_with(&target, first.bearer.clone()).await };
    assert_eq!(given.call("listEntities", json!({})).await["isError"], false);
}

#[tokio::test]
async fn lost_sessions() {
    for (fault, status, words) in [
        (Fault::LostSession400, 400, "No valid session ID"),
        (Fault::LostSession404, 404, "unknown_session"),
    ] {
        let target = Target::with(|it| {
            it.faults = fault.into();
            it.max_sessions = 2;
        })
        .await;
        let session = Session::open(&target).await;
        let other = Session::open_with(&target, session.bearer.clone()).await;
        for _ in 0..20 {
            assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
        }
        for lost in [&session, &other] {
            let response = lost.send(&Session::call_body()).await;
            assert_eq!(response.status(), status);
            assert!(response.text().await.unwrap().contains(words));
        }
        // They are closed and not only hidden: there is room for as many again.
        for _ in 0..2 {
            Session::open_with(&target, session.bearer.clone()).await;
        }
    }
}

#[tokio::test]
async fn two_workers() {
    let target = Target::faulty(Fault::TwoWorkers).await;
    let bearer = target.bearer("mcp:read").await;
    let response = initialize(&target, &bearer).await;
    let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let mut answers = Vec::new();
    for _ in 0..4 {
        let call = Session::call_body();
        answers
            .push(Session::post(&target, Some(&bearer), Some(&id), &call).await.status().as_u16());
    }
    assert_eq!(answers, [404, 200, 404, 200]);
}

#[tokio::test]
async fn affinity_cookie() {
    let target = Target::faulty(Fault::AffinityCookie).await;
    let bearer = target.bearer("mcp:read").await;
    let mut cookies = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let response = initialize(&target, &bearer).await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookies.push(cookie.split(';').next().unwrap().to_owned());
        ids.push(response.headers()["mcp-session-id"].to_str().unwrap().to_owned());
    }
    let of = |cookie: Option<usize>| {
        let request = target.http.post(&target.resource).bearer_auth(&bearer);
        let request = request.header("Accept", "application/json, text/event-stream");
        let request = request.header("Mcp-Session-Id", &ids[0]).json(&Session::call_body());
        match cookie {
            Some(it) => request.header("Cookie", format!("other=x; {}", cookies[it])),
            None => request,
        }
    };
    for (cookie, status) in [(Some(0), 200), (Some(1), 404), (None, 404)] {
        assert_eq!(of(cookie).send().await.unwrap().status(), status, "{cookie:?}");
    }
}

#[tokio::test]
async fn delete_fails() {
    let target = Target::faulty(Fault::DeleteFails).await;
    let session = Session::open(&target).await;
    assert_eq!(session.close().await, 500);
    assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
}

#[tokio::test]
async fn slow_initialize() {
    let target = Target::faulty(Fault::SlowInitialize).await;
    let bearer = target.bearer("mcp:read").await;
    let start = Instant::now();
    let session = Session::open_with(&target, bearer).await;
    assert!(start.elapsed().as_millis() >= 1000);
    assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
}

#[tokio::test]
async fn no_tools() {
    let target = Target::faulty(Fault::NoTools).await;
    let session = Session::open(&target).await;
    for method in ["tools/list", "tools/call"] {
        let answer = session.request(method, json!({"name": "listEntities"})).await;
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }
    let answer = message(initialize(&target, &session.bearer).await).await;
    assert_eq!(answer["result"]["capabilities"].get("tools"), None, "{answer}");
    assert_eq!(session.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_header_switches_a_fault_for_one_request() {
    let target = Target::with(|it| it.fault_header = true).await;
    let session = Session::open(&target).await;
    let with = |faults: &'static str, body: Value| {
        session.head(Method::POST).header("X-Fault", faults).json(&body).send()
    };
    let call = Session::call_body();
    assert_eq!(with("throttled-429", call.clone()).await.unwrap().status(), 429);
    let answer = message(with("tool-errors, slow-tools", call.clone()).await.unwrap()).await;
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(with("misdirected", call.clone()).await.unwrap().status(), 421);
    assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
    let unknown = with("slow-tools, cut-boddy", call.clone()).await.unwrap();
    assert_eq!(unknown.status(), 400);
    assert!(unknown.text().await.unwrap().contains("`cut-boddy`"));
    // What was opened before anything was asked for is lost all the same.
    let other = Session::open_with(&target, session.bearer.clone()).await;
    assert_eq!(with("lost-session-400", call.clone()).await.unwrap().status(), 400);
    assert_eq!(session.send(&call).await.status(), 404);
    assert_eq!(other.send(&call).await.status(), 404);
}

#[tokio::test]
async fn a_header_switches_nothing_where_that_is_not_asked_for() {
    let target = Target::start().await;
    let session = Session::open(&target).await;
    for faults in ["throttled-429", "no such"] {
        let request = session.head(Method::POST).header("X-Fault", faults);
        let answer = message(request.json(&Session::call_body()).send().await.unwrap()).await;
        assert_eq!(answer["result"]["isError"], false);
    }
}

#[tokio::test]
async fn sessions_that_are_opened_at_once_do_not_all_get_in() {
    for (fault, in_all, refused) in [(Fault::TooManySessions, 1, 503), (Fault::OneClient, 3, 400)] {
        let faults = [fault, Fault::SlowInitialize].into_iter().collect();
        let target = Target::with(|it| it.faults = faults).await;
        let bearer = target.bearer("mcp:read").await;
        let all = (0..5).map(|_| initialize(&target, &bearer));
        let answers = futures_util::future::join_all(all).await;
        let count = |status: u16| answers.iter().filter(|it| it.status() == status).count();
        assert_eq!((count(200), count(refused)), (in_all, 5 - in_all), "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_refused_takes_no_place() {
    let target = Target::faulty(Fault::TooManySessions).await;
    let bearer = target.bearer("mcp:read").await;
    let mut body = Session::initialize_body();
    body["params"] = json!("no parameters");
    let refused = Session::post(&target, Some(&bearer), None, &body).await;
    assert!(!refused.headers().contains_key("mcp-session-id"), "{refused:?}");
    Session::open_with(&target, bearer).await;
}

#[tokio::test]
async fn a_document_that_was_asked_for_before_does_not_outlast_its_server() {
    let target = Target::with(|it| it.fault_header = true).await;
    let session = Session::open(&target).await;
    let url = format!("{}/.well-known/oauth-authorization-server", target.issuer);
    let document = || target.http.get(&url).send();
    assert_eq!(document().await.unwrap().status(), 200);
    let request = session.head(Method::POST).header("X-Fault", "restart");
    request.json(&Session::call_body()).send().await.unwrap();
    assert!(!document().await.is_ok_and(|it| it.status() == 200));
}
