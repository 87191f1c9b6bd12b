use oauth_loopback::{AuthorizationRequest, ClientInformation, ClientMetadata, Error, register};
use serde_json::{Value, json};

use crate::client_store::{Store, mint as remembering};
use crate::server::{Instead, Script, Server};
use crate::{discovered, http, mint};

async fn registered(script: Script) -> (String, Result<ClientInformation, Error>) {
    let server = Server::start(script).await;
    let metadata = ClientMetadata::native("Load test", "http://127.0.0.1:4711/callback");
    let outcome = register(&http(), &discovered(&server).await, &metadata).await;
    (server.origin.clone(), outcome)
}

async fn refusal(script: Script) -> String {
    let (origin, outcome) = registered(script).await;
    outcome.expect_err("the script refuses").to_string().replace(&origin, "ORIGIN")
}

fn answering(status: u16, body: &'static str) -> Script {
    Script {
        instead: vec![("/register", Instead::Answer(status, "application/json", body))],
        ..Script::default()
    }
}

#[tokio::test]
async fn the_client_is_native_and_its_redirect_uri_is_the_one_that_is_listened_on() {
    let server = Server::start(Script {
        resource: json!({ "scopes_supported": ["mcp:read"] }),
        ..Script::default()
    })
    .await;
    mint(&server).await.expect("the script conforms");
    let sent: Value =
        serde_json::from_slice(&server.seen("/register")[0].body).expect("a JSON body");
    assert_eq!(sent["application_type"], "native");
    assert_eq!(sent["token_endpoint_auth_method"], "none");
    assert_eq!(sent["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(sent["scope"], "mcp:read");
    let authorize = &server.seen("/authorize")[0].form;
    assert_eq!(sent["redirect_uris"], json!([authorize["redirect_uri"]]));
    assert_eq!(authorize["redirect_uri"], server.seen("/token")[0].form["redirect_uri"]);
}

#[tokio::test]
async fn both_200_and_201_are_success() {
    for status in [200, 201] {
        let (_, client) = registered(answering(status, r#"{"client_id":"abc"}"#)).await;
        assert_eq!(client.expect("a client").client_id, "abc");
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    insta::assert_snapshot!(refusal(answering(400, r#"{"error":"invalid_redirect_uri","error_description":"no \u001b[31mloopback"}"#)).await, @"registering the client: ORIGIN/register answered 400: invalid_redirect_uri: no [31mloopback: the server does not take this redirect URI");
    insta::assert_snapshot!(refusal(answering(403, r#"{"message":"Missing Origin","code":"MISSING_ORIGIN"}"#)).await, @"registering the client: ORIGIN/register answered 403: MISSING_ORIGIN: registration here wants an initial access token");
    insta::assert_snapshot!(refusal(answering(500, "")).await, @"registering the client: ORIGIN/register answered 500");
    insta::assert_snapshot!(refusal(answering(200, r#"{"client":"abc"}"#)).await, @"registering the client: ORIGIN/register answered 200, but not as the specification describes: missing field `client_id`");
}

#[tokio::test]
async fn a_server_that_keeps_another_redirect_uri_is_refused_but_one_without_the_port_is_not() {
    let (_, client) = registered(Script {
        registration: json!({ "redirect_uris": ["http://127.0.0.1/callback"] }),
        ..Script::default()
    })
    .await;
    client.expect("any port of loopback will do");
    insta::assert_snapshot!(refusal(Script { registration: json!({ "redirect_uris": ["https://a.example/cb"] }), ..Script::default() }).await, @r#"the client was registered without the redirect URI `http://127.0.0.1:4711/callback`; the server kept ["https://a.example/cb"]"#);
}

#[tokio::test]
async fn nothing_is_registered_where_the_flow_cannot_go_on() {
    insta::assert_snapshot!(refusal(Script { metadata: json!({ "registration_endpoint": null }), ..Script::default() }).await, @"the authorization server `ORIGIN` offers no registration");
    let server = Server::start(Script {
        metadata: json!({ "code_challenge_methods_supported": null }),
        ..Script::default()
    })
    .await;
    assert!(matches!(mint(&server).await, Err(Error::PkceUnadvertised { .. })));
    assert!(server.seen("/register").is_empty());
}

#[tokio::test]
async fn a_client_of_one_issuer_is_not_used_at_another() {
    let (_, client) = registered(Script::default()).await;
    let other = Server::start(Script::default()).await;
    let refused = AuthorizationRequest::new(
        &discovered(&other).await,
        &client.expect("the script conforms"),
        "http://127.0.0.1:4711/callback",
        &[],
    );
    assert!(matches!(refused, Err(Error::ForeignClient { .. })));
}

#[tokio::test]
async fn a_secret_that_ends_in_the_far_future_is_one_that_lasts() {
    let store = Store::new();
    for ends in [u64::MAX, u64::MAX / 2, i64::MAX as u64] {
        let registration = json!({ "client_secret": "hush", "client_secret_expires_at": ends });
        let server = Server::start(Script { registration, ..Script::default() }).await;
        let config = store.config(&server);
        for _ in 0..2 {
            remembering(&config).await.expect("the script conforms");
        }
        assert_eq!(server.seen("/register").len(), 1, "{ends}: it is remembered");
    }
}
