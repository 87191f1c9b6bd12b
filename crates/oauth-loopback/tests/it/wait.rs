use std::time::Duration;

use oauth_loopback::{Error, LoopbackListener};
use tokio::net::TcpStream;

use crate::callback::{Callback, LONG, with_callback};
use crate::server::{Script, Server};
use crate::{browser, request, visit, wait_for_code};

#[tokio::test]
async fn the_page_is_delivered_although_the_browser_step_ends_with_the_code() {
    let server = Server::start(Script::default()).await;
    let (send, page) = tokio::sync::oneshot::channel();
    let waiting = wait_for_code(&server, LONG, async |opening| {
        let mut callback = Callback::new(opening, &server);
        let url = format!("{}{}", callback.uri, callback.answer());
        tokio::spawn(async move {
            let answer = browser().get(url).send().await.expect("an answer");
            send.send(answer.text().await.expect("a whole page")).expect("the test waits for it");
        });
        callback.opening.code_arrived().await;
        Ok::<_, std::io::Error>(())
    });
    waiting.await.expect("the code");
    assert!(page.await.expect("a page").ends_with("</html>"));
}

#[tokio::test]
async fn nobody_listens_afterwards_even_if_a_connection_stays_open() {
    let mut address = String::new();
    let mut idle = None;
    with_callback(async |callback| {
        address = callback.uri["http://".len()..].trim_end_matches("/callback").to_owned();
        idle = Some(TcpStream::connect(&address).await.expect("it listens"));
    })
    .await
    .expect("the code");
    TcpStream::connect(&address).await.expect_err("the port is closed");
}

#[tokio::test]
async fn the_wait_has_a_deadline_and_says_what_did_come() {
    let server = Server::start(Script::default()).await;
    let waiting = wait_for_code(&server, LONG, async |opening| {
        let callback = Callback::new(opening, &server);
        callback.get("?code=evil&state=forged").await;
        tokio::time::pause();
        std::future::pending::<Result<(), std::io::Error>>().await
    });
    let error = waiting.await.expect_err("no callback").to_string();
    assert!(error.contains("no callback at http://127.0.0.1:"), "{error}");
    assert!(
        error.ends_with("within 20 s; requests did come, but the last had no state or a wrong one"),
        "{error}"
    );
}

#[tokio::test]
async fn a_browser_that_fails_ends_the_wait_at_once() {
    let server = Server::start(Script::default()).await;
    let waiting = wait_for_code(&server, LONG * 1000, async |_| {
        Err::<(), _>(std::io::Error::other("no chromedriver on PATH"))
    });
    let error = tokio::time::timeout(LONG, waiting)
        .await
        .expect("at once")
        .expect_err("the browser failed");
    let source = std::error::Error::source(&error).expect("the browser's own error").to_string();
    assert_eq!(
        (error.to_string().replace(&server.origin, "ORIGIN").as_str(), source.as_str()),
        ("the browser step at `ORIGIN` failed", "no chromedriver on PATH")
    );
}

#[tokio::test]
async fn a_browser_that_fails_at_a_callback_that_was_not_taken_is_told_with_what_was_wrong_with_it()
{
    let server = Server::start(Script::default()).await;
    let waiting = wait_for_code(&server, LONG * 1000, async |opening| {
        let callback = Callback::new(opening, &server);
        callback.get(&format!("{}&code=another", callback.answer())).await;
        Err::<(), _>(std::io::Error::other("the listener did not take the answer"))
    });
    let error = waiting.await.expect_err("which code is meant is not known").to_string();
    assert!(
        error.ends_with("failed; requests did come, but the last repeated a parameter"),
        "{error}"
    );
}

#[tokio::test]
async fn a_browser_that_ends_well_leaves_ten_seconds_for_the_callback() {
    let server = Server::start(Script::default()).await;
    let listener = LoopbackListener::bind().await.expect("a free port");
    let request = request(&server, listener.redirect_uri()).await;
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let waiting =
        request.wait_for_code(listener, LONG * 1000, async |_| Ok::<_, std::io::Error>(()));
    let error = waiting.await.expect_err("no callback");
    assert!(matches!(error, Error::NoCallbackAfterBrowser { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(12));
}

#[tokio::test]
async fn a_browser_that_fails_after_the_answer_does_not_take_it_away() {
    let server = Server::start(Script::default()).await;
    let waiting = wait_for_code(&server, LONG, async |opening| {
        visit(opening).await.expect("a page");
        Err::<(), _>(std::io::Error::other("could not close the window"))
    });
    waiting.await.expect("the code is here");
}
