//! Everything in Redis: shared by two targets, kept over a restart of either, unreadable, and never lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use mcp_target::{Config, Redis, TokenKind};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::person::Person;
use crate::redis_server::{Between, PASSWORD, RedisServer, redis, url};
use crate::session::Session;
use crate::target::{EMAIL, Target};

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// Of a client that may refresh.
fn metadata() -> Value {
    let grant_types = ["authorization_code", "refresh_token"];
    json!({"redirect_uris": [crate::target::REDIRECT_URI], "grant_types": grant_types})
}

fn refresh_token(answer: &(u16, Value)) -> String {
    assert_eq!(answer.0, 200, "{answer:?}");
    answer.1["refresh_token"].as_str().unwrap().to_owned()
}

async fn list_tools(target: &Target, bearer: &str, session: &str) -> u16 {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    Session::post(target, Some(bearer), Some(session), &body).await.status().as_u16()
}

/// Asks until the answer is no 503.
async fn until_available(mut ask: impl AsyncFnMut() -> (u16, Value)) -> (u16, Value) {
    let asking = async {
        loop {
            let answer = ask().await;
            if answer.0 != 503 {
                return answer;
            }
            assert_eq!(answer.1["error"], "temporarily_unavailable");
        }
    };
    tokio::time::timeout(LONG, asking).await.expect("Redis is there")
}

#[tokio::test]
#[ignore = "needs redis"]
async fn two_targets_share_clients_codes_and_refresh_tokens() {
    let server = RedisServer::start();
    let a = Target::with(|it| server.keep(it)).await;
    let b = Target::with(|it| server.keep(it)).await;
    let client_id = a.register().await;
    let code = a.code(&client_id, &[]).await;
    let first = refresh_token(&b.exchange(&client_id, &code, &[]).await);
    let second = refresh_token(&a.refresh(&client_id, &first, &[]).await);
    let third = refresh_token(&b.refresh(&client_id, &second, &[]).await);
    let fourth = refresh_token(&b.refresh(&client_id, &third, &[]).await);
    // What A remembers of this family is two rotations old.
    let fifth = refresh_token(&a.refresh(&client_id, &fourth, &[]).await);
    let (status, error) = b.refresh(&client_id, &third, &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")));
    let (status, error) = a.refresh(&client_id, &fifth, &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")), "the family is revoked");

    let code = a.code(&client_id, &[]).await;
    let token = refresh_token(&a.exchange(&client_id, &code, &[]).await);
    assert_eq!(b.exchange(&client_id, &code, &[]).await.0, 400, "a code is good once");
    assert_eq!(a.refresh(&client_id, &token, &[]).await.0, 400, "and its tokens end then");
}

#[tokio::test]
#[ignore = "needs redis"]
async fn one_of_many_that_use_a_refresh_token_at_once_succeeds() {
    let server = RedisServer::start();
    let targets =
        [Target::with(|it| server.keep(it)).await, Target::with(|it| server.keep(it)).await];
    let client_id = targets[0].register().await;
    let code = targets[0].code(&client_id, &[]).await;
    let token = refresh_token(&targets[0].exchange(&client_id, &code, &[]).await);
    let mut calls = JoinSet::new();
    for number in 0..20 {
        let target = &targets[number % 2];
        let form = [
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", client_id.clone()),
            ("refresh_token", token.clone()),
            ("resource", target.resource.clone()),
        ];
        let request = target.http.post(format!("{}/token", target.issuer)).form(&form);
        calls.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.iter().filter(|it| **it == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|it| **it == 400).count(), 19, "{answers:?}");
}

#[tokio::test]
#[ignore = "needs redis"]
async fn a_restart_of_the_target_costs_no_sign_in_and_no_session() {
    let server = RedisServer::start();
    let before = Target::with(|it| server.keep(it)).await;
    let client_id = before.register().await;
    let mut person = Person::new(&before);
    let callback = person.approve(&before.authorize_url(&client_id, &[])).await;
    let code = crate::target::parameter(&callback, "code").unwrap();
    let token = refresh_token(&before.exchange(&client_id, &code, &[]).await);
    let session = Session::open(&before).await.id.clone();
    let ended = Session::open(&before).await;
    let (ended, status) = (ended.id.clone(), ended.close().await);
    assert_eq!(status, 202);
    let cookie = person.cookie.take();
    before.stop().await.unwrap();

    let after = Target::with(|it| server.keep(it)).await;
    let other = Target::with(|it| server.keep(it)).await;
    for target in [&after, &other] {
        let mut person = Person::new(target);
        person.cookie.clone_from(&cookie);
        let page = person.open(target.authorize_url(&client_id, &[]).as_str()).await;
        assert!(page.html.contains("Authorize application"), "{page:?}");
        let bearer = target.bearer("mcp:read").await;
        assert_eq!(list_tools(target, &bearer, &session).await, 200);
        assert_eq!(list_tools(target, &bearer, &ended).await, 404);
        assert_eq!(list_tools(target, &bearer, "made-up").await, 404);
    }
    refresh_token(&after.refresh(&client_id, &token, &[]).await);
}

#[tokio::test]
#[ignore = "needs redis"]
async fn nothing_in_redis_can_be_read() {
    let server = RedisServer::start();
    let target = Target::with(|it| server.keep(it)).await;
    let client_id = target.register().await;
    let mut person = Person::new(&target);
    let callback = person.approve(&target.authorize_url(&client_id, &[])).await;
    let code = crate::target::parameter(&callback, "code").unwrap();
    let answer = target.exchange(&client_id, &code, &[]).await;
    let token = refresh_token(&answer);
    let (family, secret) = token.split_once('.').unwrap();
    let newer = refresh_token(&target.refresh(&client_id, &token, &[]).await);
    let session = Session::open(&target).await;
    let cookie = person.cookie.as_ref().unwrap().split_once('=').unwrap().1;
    let access = answer.1["access_token"].as_str().unwrap();
    let written = server.written();
    assert!(written.len() > 2000);
    for it in [
        &client_id,
        &code,
        family,
        secret,
        &newer,
        access,
        cookie,
        &session.id,
        EMAIL,
        "mcp:read",
        "redirect_uri",
        "clientInfo",
        "a secret",
    ] {
        assert!(!written.windows(it.len()).any(|part| part == it.as_bytes()), "{it}");
    }
}

#[tokio::test]
#[ignore = "needs redis"]
async fn a_redis_that_cannot_be_used_is_said_at_start_without_its_password() {
    let server = RedisServer::start();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (url, expect) in [
        (url(free), format!("no Redis answers at 127.0.0.1:{free}: ")),
        (
            format!("redis://:wrong-one@127.0.0.1:{}", server.port),
            format!(
                "Redis at 127.0.0.1:{} refuses the user or the password; put them into REDIS_URL",
                server.port
            ),
        ),
        (
            format!("redis://127.0.0.1:{}", server.port),
            "refuses the user or the password".to_owned(),
        ),
        (format!("http://:{PASSWORD}@127.0.0.1"), "the URL of Redis is not one".to_owned()),
    ] {
        let config = Config { redis: Some(Redis::new(url.as_str())), ..Config::new(Vec::new()) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let err = mcp_target::serve(listener, config, std::future::pending()).await.unwrap_err();
        let text = err.to_string();
        assert!(text.contains(&expect), "{text}");
        assert!(!text.contains(PASSWORD) && !text.contains("wrong-one"), "{text}");
    }
}

#[tokio::test]
#[ignore = "needs redis"]
async fn a_write_whose_answer_was_lost_may_be_repeated() {
    let server = RedisServer::start();
    let between = Between::start(server.port).await;
    let target = Target::with(|it| it.redis = Some(redis(between.port))).await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[]).await;
    between.swallow(true);
    assert_eq!(target.exchange(&client_id, &code, &[]).await.0, 503);
    between.swallow(false);
    let exchange = async || target.exchange(&client_id, &code, &[]).await;
    let first = refresh_token(&until_available(exchange).await);

    between.swallow(true);
    assert_eq!(target.refresh(&client_id, &first, &[]).await.0, 503);
    between.swallow(false);
    let refresh = async || target.refresh(&client_id, &first, &[]).await;
    let second = refresh_token(&until_available(refresh).await);
    // Now it was answered, so it is a reuse.
    let third = refresh_token(&target.refresh(&client_id, &second, &[]).await);
    assert_eq!(target.refresh(&client_id, &first, &[]).await.0, 400);
    assert_eq!(target.refresh(&client_id, &third, &[]).await.0, 400);
}

#[tokio::test]
#[ignore = "needs redis"]
async fn an_end_whose_answer_was_lost_may_be_repeated_and_ends_the_access_token() {
    let server = RedisServer::start();
    let between = Between::start(server.port).await;
    let target = Target::with(|it| it.redis = Some(redis(between.port))).await;
    for what in ["revocation", "reuse", "second use of the code", "deletion of the client"] {
        let (_, client) = target.post("/register", &metadata()).await;
        let id = client["client_id"].as_str().unwrap();
        let code = target.code(id, &[]).await;
        let answer = target.exchange(id, &code, &[]).await;
        let first = refresh_token(&answer);
        let bearer = answer.1["access_token"].as_str().unwrap();
        if what == "reuse" {
            refresh_token(&target.refresh(id, &first, &[]).await);
        }
        assert_eq!(target.knock(bearer).await, 200, "{what}");
        let end = async || match what {
            "revocation" => {
                target.form("/revoke", None, &[("token", &first), ("client_id", id)]).await
            }
            "reuse" => target.refresh(id, &first, &[]).await,
            "second use of the code" => target.exchange(id, &code, &[]).await,
            _ => {
                let request = target.http.delete(format!("{}/register/{id}", target.issuer));
                let token = client["registration_access_token"].as_str().unwrap();
                let status = request.bearer_auth(token).send().await.unwrap().status();
                (status.as_u16(), json!({"error": "temporarily_unavailable"}))
            }
        };
        between.swallow(true);
        assert_eq!(end().await.0, 503, "{what}");
        between.swallow(false);
        until_available(end).await;
        assert_eq!(target.knock(bearer).await, 401, "{what}");
    }
}

#[tokio::test]
#[ignore = "needs redis"]
async fn the_pool_is_as_large_as_asked_for_and_no_larger() {
    let server = RedisServer::start();
    let target = Target::with(|it| it.redis = Some(Redis { pool: 3, ..redis(server.port) })).await;
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let request = target.http.post(format!("{}/register", target.issuer));
        let metadata =
            json!({"redirect_uris": ["http://127.0.0.1:1/"], "application_type": "native"});
        let request = request.json(&metadata);
        calls.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    assert_eq!(calls.join_all().await, [201; 50]);
    let list: String = ::redis::cmd("CLIENT").arg("LIST").query(&mut server.connection()).unwrap();
    // The one that asks is among them.
    assert_eq!(list.lines().count(), 3 + 1, "{list}");
}

#[tokio::test]
#[ignore = "needs redis"]
async fn without_redis_sessions_of_this_process_go_on_and_others_are_told_to_wait() {
    let mut server = RedisServer::start();
    let target = Target::with(|it| server.keep(it)).await;
    let session = Session::open(&target).await;
    let get = async |path| target.http.get(format!("{}{path}", target.issuer)).send().await;
    assert_eq!(get("/ready").await.unwrap().status(), 200);
    server.kill();
    assert_eq!(get("/ready").await.unwrap().status(), 503);
    assert_eq!(get("/health").await.unwrap().status(), 200);
    assert_eq!(list_tools(&target, &session.bearer, &session.id).await, 200);
    assert_eq!(list_tools(&target, &session.bearer, "of-another-process").await, 503);
    let body = Session::initialize_body();
    let new = Session::post(&target, Some(&session.bearer), None, &body).await;
    assert_eq!(new.status(), 503);
    assert_eq!(session.close().await, 503, "it may still be there, so the client asks again");
    server.start_again();
    let close = async || (session.close().await, json!({"error": "temporarily_unavailable"}));
    assert_eq!(until_available(close).await.0, 202);
    assert_eq!(list_tools(&target, &session.bearer, &session.id).await, 404);
}

/// What a client of the load holds, and how it went so far.
struct Client {
    id: String,
    token: tokio::sync::Mutex<String>,
    refreshed: AtomicUsize,
    refused: AtomicUsize,
}

/// Refreshes without end. Every answer is a token or 503.
async fn refresh_on(target: Arc<Target>, client: Arc<Client>) {
    loop {
        let mut token = client.token.lock().await;
        let answer = target.refresh(&client.id, &token, &[]).await;
        if answer.0 == 503 {
            client.refused.fetch_add(1, SeqCst);
        } else {
            *token = refresh_token(&answer);
            client.refreshed.fetch_add(1, SeqCst);
        }
    }
}

/// Until each client counts `more` than now.
async fn until_each(clients: &[Arc<Client>], count: impl Fn(&Client) -> usize, more: usize) {
    let start: Vec<_> = clients.iter().map(|it| count(it)).collect();
    let waiting = async {
        while clients.iter().zip(&start).any(|(it, start)| count(it) < start + more) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("every client goes on");
}

#[tokio::test]
#[ignore = "needs redis"]
async fn a_redis_killed_in_the_middle_of_a_refresh_load_loses_nothing() {
    for kind in [TokenKind::Jwt, TokenKind::Opaque] {
        loses_nothing(kind).await;
    }
}

async fn loses_nothing(kind: TokenKind) {
    let mut server = RedisServer::start();
    let target = Target::with(|it| {
        server.keep(it);
        it.token_kind = kind;
    });
    let target = Arc::new(target.await);
    let mut clients = Vec::new();
    for _ in 0..20 {
        let id = target.register().await;
        let code = target.code(&id, &[]).await;
        let token = refresh_token(&target.exchange(&id, &code, &[]).await).into();
        let (refreshed, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        clients.push(Arc::new(Client { id, token, refreshed, refused }));
    }
    let mut load = JoinSet::new();
    for client in &clients {
        load.spawn(refresh_on(target.clone(), client.clone()));
    }
    let refreshed = |it: &Client| it.refreshed.load(SeqCst);
    for _ in 0..5 {
        until_each(&clients, refreshed, 10).await;
        server.kill();
        // Each is told, again and again: nobody hangs.
        until_each(&clients, |it| it.refused.load(SeqCst), 10).await;
        server.start_again();
    }
    until_each(&clients, refreshed, 10).await;
    assert!(load.try_join_next().is_none(), "no client was refused for good");
}
