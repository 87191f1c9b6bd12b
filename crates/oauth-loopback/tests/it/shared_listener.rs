//! One redirect URI for many requests.

use std::collections::HashMap;

use oauth_loopback::{
    AuthorizationRequest, Config, Error, LoopbackListener, SharedListener, authorize,
};
use reqwest::StatusCode;
use tokio::net::TcpStream;
use tokio::sync::{Barrier, oneshot};

use crate::callback::{Callback, LONG};
use crate::server::{Script, Server};
use crate::{browser, http, request, visit};

async fn bind() -> LoopbackListener {
    LoopbackListener::bind().await.expect("a free port")
}

async fn listening(
    server: &Server,
    shared: &SharedListener,
) -> (AuthorizationRequest, LoopbackListener) {
    (request(server, shared.redirect_uri()).await, shared.listener())
}

fn query_of(request: &AuthorizationRequest) -> HashMap<String, String> {
    request.url().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn each_request_gets_the_callback_with_its_own_state() {
    let server = Server::start(Script::default()).await;
    let work = bind().await.share(async |shared: &SharedListener| {
        let (one, other) = (
            request(&server, shared.redirect_uri()).await,
            request(&server, shared.redirect_uri()).await,
        );
        let (uri, one_state) = (shared.redirect_uri(), query_of(&one)["state"].clone());
        let other_state = query_of(&other)["state"].clone();
        assert_eq!(query_of(&one)["redirect_uri"], uri);
        let both_wait = Barrier::new(2);
        let one = one.wait_for_code(shared.listener(), LONG, async |mut opening| {
            both_wait.wait().await;
            let answer = format!("{uri}?code=for-other&state={other_state}&iss={}", server.origin);
            let page = browser().get(answer).send().await.expect("a page");
            assert_eq!(page.status(), StatusCode::OK);
            // The request whose state it was not still waits.
            let denied =
                format!("{uri}?error=access_denied&state={one_state}&iss={}", server.origin);
            assert_eq!(
                browser().get(denied).send().await.expect("a page").status(),
                StatusCode::FORBIDDEN
            );
            opening.code_arrived().await;
            Ok::<_, std::io::Error>(())
        });
        let other = other.wait_for_code(shared.listener(), LONG, async |mut opening| {
            both_wait.wait().await;
            opening.code_arrived().await;
            Ok::<_, std::io::Error>(())
        });
        tokio::join!(one, other)
    });
    let (one, other) = work.await.expect("it listens");
    assert!(matches!(one, Err(Error::Denied { .. })), "{one:?}");
    other.expect("its code came through the other's browser");
}

#[tokio::test]
async fn a_state_is_good_for_one_request_and_for_as_long_as_that_waits() {
    let server = Server::start(Script::default()).await;
    let work = bind().await.share(async |shared: &SharedListener| {
        let first = request(&server, shared.redirect_uri()).await;
        let mut late = String::new();
        let outcome = first.wait_for_code(shared.listener(), LONG, async |opening| {
            let callback = Callback::new(opening, &server);
            late = format!("{}{}", callback.uri, callback.answer());
            assert_eq!(callback.get(&callback.answer()).await.0, StatusCode::OK);
            assert_eq!(callback.get(&callback.answer()).await.0, StatusCode::GONE);
            Ok::<_, std::io::Error>(())
        });
        outcome.await.expect("the code");
        let second = request(&server, shared.redirect_uri()).await;
        let outcome = second.wait_for_code(shared.listener(), LONG, async |opening| {
            let callback = Callback::new(opening, &server);
            let again = browser().get(&late).send().await.expect("a page");
            assert_eq!(again.status(), StatusCode::BAD_REQUEST);
            assert_eq!(callback.get(&callback.answer()).await.0, StatusCode::OK);
            Ok::<_, std::io::Error>(())
        });
        outcome.await.expect("the second code");
    });
    work.await.expect("it listens");
}

#[tokio::test]
async fn a_request_that_outlives_the_socket_is_told_so_at_once() {
    let server = Server::start(Script::default()).await;
    let waits = async |(request, listener): (AuthorizationRequest, LoopbackListener)| {
        let open = async |_| std::future::pending::<Result<(), std::io::Error>>().await;
        let waiting = request.wait_for_code(listener, LONG * 1000, open);
        let outcome = tokio::time::timeout(LONG, waiting).await.expect("at once");
        let error = outcome.expect_err("nobody listens");
        assert!(matches!(error, Error::Listen { .. }), "{error}");
    };

    let (give, given) = oneshot::channel();
    let sharing = bind().await.share(async |shared: &SharedListener| {
        give.send(listening(&server, shared).await).expect("it is waited for");
        listening(&server, shared).await
    });
    let (late, ()) =
        tokio::join!(sharing, async { waits(given.await.expect("it was given")).await });
    waits(late.expect("it listens")).await;

    let (give, given) = oneshot::channel();
    let sharing = bind().await.share(async |shared: &SharedListener| {
        give.send(listening(&server, shared).await).expect("it is waited for");
        std::future::pending::<()>().await
    });
    let given = tokio::select! {
        it = given => it.expect("it was given"),
        _ = sharing => panic!("it is not done"),
    };
    waits(given).await;
}

#[tokio::test]
async fn what_came_for_another_request_is_not_quoted() {
    let server = Server::start(Script::default()).await;
    let work = bind().await.share(async |shared: &SharedListener| {
        let waiting = request(&server, shared.redirect_uri()).await.wait_for_code(
            shared.listener(),
            LONG,
            async |opening| {
                let callback = Callback::new(opening, &server);
                callback.get("?code=stray&state=other").await;
                tokio::time::pause();
                std::future::pending::<Result<(), std::io::Error>>().await
            },
        );
        waiting.await
    });
    let error = work.await.expect("it listens").expect_err("no callback");
    assert!(matches!(error, Error::NoCallback { ignored: None, .. }), "{error}");
}

#[tokio::test]
async fn a_connection_is_used_again_and_the_port_is_closed_at_the_end() {
    let server = Server::start(Script::default()).await;
    let mut authority = String::new();
    let work = bind().await.share(async |shared: &SharedListener| {
        authority = shared.redirect_uri()["http://".len()..].trim_end_matches("/callback").into();
        for _ in 0..3 {
            let mut config = Config::resource(server.mcp());
            config.timeout = LONG;
            authorize(&http(), shared.listener(), &config, visit).await.expect("a token");
        }
        let page = browser().get(shared.redirect_uri()).send().await.expect("a page");
        assert_eq!(page.headers().get("connection"), None);
    });
    work.await.expect("it listens");
    TcpStream::connect(&authority).await.expect_err("the port is closed");
}
