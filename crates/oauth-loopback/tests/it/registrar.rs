//! Which client is used: given, documented or registered, and how it is registered.

use std::sync::Arc;

use oauth_loopback::{AccessToken, ClientInformation, Config, Error, LoopbackListener, authorize};
use serde_json::{Value, json};

use crate::client_store::{mint, registered};
use crate::server::{Instead, Script, Server};
use crate::{http, visit};

#[tokio::test]
async fn a_server_that_knows_no_public_clients_is_asked_for_a_secret() {
    let server = Server::start(Script {
        metadata: json!({ "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"] }),
        registration: json!({ "client_secret": "hush" }),
        ..Script::default()
    })
    .await;
    mint(&Config::resource(server.mcp())).await.expect("the script conforms");
    let sent: Value = serde_json::from_slice(&server.seen("/register")[0].body).expect("JSON");
    assert_eq!(sent["token_endpoint_auth_method"], "client_secret_post");
    assert_eq!(server.seen("/token")[0].form["client_secret"], "hush");
}

#[tokio::test]
async fn a_server_whose_clients_must_be_linked_is_given_the_resource_once() {
    let server = Server::start(Script {
        first: vec![("/token", 400, &[], r#"{"error":"invalid_target"}"#)],
        ..Script::default()
    })
    .await;
    let config = Config::resource(server.mcp());
    mint(&config).await.expect("the second client is linked");
    let sent: Vec<Value> = server
        .seen("/register")
        .iter()
        .map(|it| serde_json::from_slice(&it.body).expect("JSON"))
        .collect();
    assert_eq!(sent.len(), 2);
    assert!(sent[0].get("resources").is_none());
    assert_eq!(sent[1]["resources"], json!([server.mcp()]));

    let refused = Instead::Answer(400, "application/json", r#"{"error":"invalid_target"}"#);
    let server =
        Server::start(Script { instead: vec![("/token", refused)], ..Script::default() }).await;
    assert!(mint(&Config::resource(server.mcp())).await.is_err());
    assert_eq!(registered(&server), 2);
}

const DOCUMENT: &str = "https://client.example/metadata.json";

#[tokio::test]
async fn the_order_is_preregistered_then_document_then_registration() {
    let reads = || Script {
        metadata: json!({ "client_id_metadata_document_supported": true }),
        ..Script::default()
    };
    let used = async |script: Script, client: Option<&str>| {
        let server: Arc<Server> = Server::start(script).await;
        let mut config = Config::resource(server.mcp());
        config.client = client.map(ClientInformation::preregistered);
        config.client_metadata_url = Some(DOCUMENT.to_owned());
        let grant = mint(&config).await.expect("the script conforms");
        (grant.client_id, registered(&server))
    };
    assert_eq!(used(reads(), Some("me")).await, ("me".to_owned(), 0));
    assert_eq!(used(reads(), None).await, (DOCUMENT.to_owned(), 0));
    assert_eq!(used(Script::default(), None).await, ("client-1".to_owned(), 1));
}

#[tokio::test]
async fn an_initial_access_token_goes_with_the_registration_and_stays_secret() {
    let echo = r#"{"error":"invalid_token","error_description":"not good: initial-secret"}"#;
    let server =
        Server::start(Script { first: vec![("/register", 401, &[], echo)], ..Script::default() })
            .await;
    let mut config = Config::resource(server.mcp());
    config.initial_access_token = Some(AccessToken::new("initial-secret".to_owned()));
    let error = mint(&config).await.expect_err("the first answer refuses");
    let said = format!("{error} {error:?} {config:?}");
    assert!(error.to_string().contains('…') && !said.contains("initial-secret"), "{said}");
    mint(&config).await.expect("the second does not");
    assert_eq!(server.seen("/register")[1].headers["authorization"], "Bearer initial-secret");
}

#[tokio::test]
async fn a_server_that_says_when_to_come_back_is_asked_once_more() {
    for (header, when) in [
        ("retry-after", "0"),
        ("x-retry-after", "0"),
        ("retry-after", "Sat, 21 Nov 2020 11:02:03 GMT"),
    ] {
        let headers: &'static [(&str, &str)] = Box::leak(Box::new([(header, when)]));
        let busy = ("/register", 429, headers, "");
        let server = Server::start(Script { first: vec![busy], ..Script::default() }).await;
        mint(&Config::resource(server.mcp())).await.expect("it is less busy");
        assert_eq!(registered(&server), 2, "{header}");

        let server = Server::start(Script { first: vec![busy, busy], ..Script::default() }).await;
        assert!(mint(&Config::resource(server.mcp())).await.is_err(), "one wait is enough");
    }
    let busy = ("/register", 429, &[("retry-after", "86400")][..], "");
    let server = Server::start(Script { first: vec![busy], ..Script::default() }).await;
    let error = mint(&Config::resource(server.mcp())).await.expect_err("a day is too long");
    assert!(error.to_string().ends_with("too many requests, retry after 86400"), "{error}");
    assert_eq!(registered(&server), 1);
}

#[tokio::test]
async fn a_redirect_uri_of_ones_own_is_on_loopback_with_any_path() {
    let free = LoopbackListener::bind().await.expect("a free port");
    let port = url::Url::parse(free.redirect_uri()).expect("a URL").port().expect("a port");
    drop(free);
    let uri = format!("http://localhost:{port}/oauth/done");
    let server = Server::start(Script::default()).await;
    let listener = LoopbackListener::bind_to(&uri).await.expect("it was just free");
    assert_eq!(listener.redirect_uri(), uri);
    let mut config = Config::resource(server.mcp());
    config.client = Some(ClientInformation::preregistered("me"));
    authorize(&http(), listener, &config, visit).await.expect("the script conforms");
    assert_eq!(server.seen("/token")[0].form["redirect_uri"], uri);

    for uri in [
        "https://127.0.0.1:1/x",
        "http://0.0.0.0:1/x",
        "http://a.example:1/x",
        "http://127.0.0.1:0/x",
        "http://127.0.0.1:1/x?y",
        "http://u@127.0.0.1:1/x",
        "x",
    ] {
        let refused = LoopbackListener::bind_to(uri).await;
        assert!(matches!(refused, Err(Error::RedirectUri { .. })), "{uri}");
    }
}
