//! A browser that ends nowhere: the password may be wrong, or the client.

use std::convert::Infallible;

use oauth_loopback::{Config, Error, LoopbackListener, authorize};
use serde_json::json;

use crate::client_store::{Store, mint, registered};
use crate::http;
use crate::server::{Script, Server};

fn deletable() -> Script {
    let registration = json!({
        "registration_client_uri": "{origin}/client", "registration_access_token": "manage",
    });
    Script { registration, ..Script::default() }
}

/// A flow whose browser fails; returns the `prompt` of each opening.
async fn lost(config: &Config) -> Vec<Option<String>> {
    let listener = LoopbackListener::bind().await.expect("a free port");
    let (http, mut opened) = (http(), Vec::new());
    let outcome = authorize(&http, listener, config, async |opening| {
        let prompt = opening.url.query_pairs().find(|(name, _)| name == "prompt");
        opened.push(prompt.map(|(_, it)| it.into_owned()));
        Err(std::io::Error::other("wrong password, or an error page"))
    });
    assert!(matches!(outcome.await, Err(Error::Browser { .. })));
    opened
}

#[tokio::test]
async fn a_browser_that_ends_nowhere_is_not_sent_again_and_only_the_second_one_costs_the_client() {
    let server = Server::start(deletable()).await;
    let store = Store::new();
    let config = store.config(&server);
    mint(&config).await.expect("the script conforms");
    // Without a page first, but a server may show one and the browser may have typed a password there.
    assert_eq!(lost(&config).await, [Some("none".to_owned())]);
    assert_eq!(store.read()["clients"][0]["doubted"], true);
    assert_eq!(lost(&config).await, [None]);
    assert_eq!(store.read()["clients"], json!([]));
    assert_eq!((registered(&server), server.seen("/client").len()), (1, 1));
    mint(&config).await.expect("another client");
    assert_eq!(registered(&server), 2);
}

#[tokio::test]
async fn a_success_clears_the_doubt() {
    let server = Server::start(deletable()).await;
    let store = Store::new();
    let config = store.config(&server);
    mint(&config).await.expect("the script conforms");
    for _ in 0..2 {
        lost(&config).await;
        mint(&config).await.expect("the same client");
    }
    assert_eq!(store.read()["clients"][0]["doubted"], false);
    assert_eq!((registered(&server), server.seen("/client").len()), (1, 0));
}

#[tokio::test]
async fn a_browser_that_ends_well_without_a_callback_is_not_sent_again_either() {
    let server = Server::start(Script::default()).await;
    let store = Store::new();
    let mut config = store.config(&server);
    mint(&config).await.expect("the script conforms");
    config.timeout *= 100;
    let listener = LoopbackListener::bind().await.expect("a free port");
    let (http, mut opened) = (http(), 0);
    let outcome = authorize(&http, listener, &config, async |_| {
        opened += 1;
        tokio::time::pause();
        Ok::<_, Infallible>(())
    });
    assert!(matches!(outcome.await, Err(Error::NoCallbackAfterBrowser { .. })));
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn a_client_that_is_replaced_is_deleted_where_the_server_lets() {
    for first in [
        ("/authorize", 400, &[][..], "<h1>Unknown client</h1>"),
        ("/token", 400, &[], r#"{"error":"invalid_target"}"#),
    ] {
        let server = Server::start(deletable()).await;
        let store = Store::new();
        let config = store.config(&server);
        mint(&config).await.expect("the script conforms");
        server.say_once(first);
        mint(&config).await.expect("a new client");
        let deleted = server.seen("/client");
        assert_eq!((registered(&server), deleted.len()), (2, 1), "{first:?}");
        assert_eq!(deleted[0].method, "DELETE");
    }
}
