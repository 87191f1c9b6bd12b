use std::io::{Read as _, Write as _};
use std::time::Duration;

use oauth_loopback::{Error, discover};
use serde_json::json;

use crate::discovery::refusal;
use crate::server::{Instead, RESOURCE_METADATA, SERVER_METADATA, Script, Server};
use crate::{discovered, http};

#[tokio::test]
async fn endpoints_and_metadata_are_https_or_on_loopback() {
    for script in [
        Script {
            metadata: json!({ "authorization_endpoint": "http://a.example/authorize" }),
            ..Script::default()
        },
        Script {
            metadata: json!({ "token_endpoint": "http://a.example/token" }),
            ..Script::default()
        },
        Script {
            metadata: json!({ "registration_endpoint": "http://a.example/register" }),
            ..Script::default()
        },
        Script {
            resource: json!({ "authorization_servers": ["http://a.example"] }),
            ..Script::default()
        },
        Script {
            challenge: Some("Bearer resource_metadata=\"http://a.example/m\""),
            ..Script::default()
        },
    ] {
        let said = refusal(script).await;
        assert!(said.contains("a.example") && said.contains("must be https"), "{said}");
    }
    let said = refusal(Script {
        metadata: json!({ "authorization_endpoint": "file:///bin/sh" }),
        ..Script::default()
    })
    .await;
    insta::assert_snapshot!(said, @"the authorization endpoint `file:///bin/sh` is no plain http or https address: it has another scheme");
}

#[tokio::test]
async fn metadata_may_redirect_on_its_own_origin_alone() {
    let moved = (RESOURCE_METADATA, Instead::Redirect(302, "/moved"));
    let document = r#"{"resource":"{origin}/mcp","authorization_servers":["{origin}"]}"#;
    let there = ("/moved", Instead::Answer(200, "application/json", document));
    discovered(&*Server::start(Script { instead: vec![moved, there], ..Script::default() }).await)
        .await;

    let away = vec![(RESOURCE_METADATA, Instead::Redirect(302, "https://elsewhere.example/m"))];
    insta::assert_snapshot!(refusal(Script { instead: away, ..Script::default() }).await, @"reading the protected resource metadata: ORIGIN/.well-known/oauth-protected-resource/mcp redirects to `https://elsewhere.example/m`, which is not followed");

    let round = vec![(RESOURCE_METADATA, Instead::Redirect(307, RESOURCE_METADATA))];
    let said = refusal(Script { instead: round, ..Script::default() }).await;
    assert!(said.contains("not followed"), "{said}");
}

#[tokio::test]
async fn a_client_that_follows_redirects_by_itself_is_found_out() {
    let elsewhere = Server::start(Script::default()).await;
    let away = Box::leak(format!("{}{RESOURCE_METADATA}", elsewhere.origin).into_boxed_str());
    let script = Script {
        instead: vec![(RESOURCE_METADATA, Instead::Redirect(302, away))],
        ..Script::default()
    };
    let server = Server::start(script).await;
    let error =
        discover(&crate::browser(), &server.mcp()).await.expect_err("another origin answered");
    assert!(matches!(error, Error::Redirected { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_left() {
    let script = Script { instead: vec![(SERVER_METADATA, Instead::Silence)], ..Script::default() };
    let server = Server::start(script).await;
    let hasty = crate::builder().timeout(Duration::from_millis(200)).build().expect("a client");
    let error = discover(&hasty, &server.mcp()).await.expect_err("silence");
    assert!(
        matches!(&error, Error::Unanswered { url, .. } if url.ends_with(SERVER_METADATA)),
        "{error}"
    );
}

#[tokio::test]
async fn a_flood_is_cut_with_and_without_an_announced_length() {
    let script = Script { instead: vec![(RESOURCE_METADATA, Instead::Flood)], ..Script::default() };
    assert!(refusal(script).await.contains("more than 1048576 bytes"));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
            while stream.write_all(&[b' '; 65_536]).is_ok() {}
        }
    });
    let error =
        discover(&http(), &format!("http://{address}/mcp")).await.expect_err("an endless document");
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}
