use std::time::Duration;

use oauth_loopback::{Error, Grant, LoopbackListener, UnverifiedClaims};
use serde_json::json;

use crate::server::{Instead, Script, Server};
use crate::{browser, http, mint, request, visit};

async fn refusal(script: Script) -> String {
    let server = Server::start(script).await;
    mint(&server)
        .await
        .expect_err("the script refuses")
        .to_string()
        .replace(&server.origin, "ORIGIN")
}

fn answering(status: u16, kind: &'static str, body: &'static str) -> Script {
    Script { instead: vec![("/token", Instead::Answer(status, kind, body))], ..Script::default() }
}

pub(crate) async fn minted(script: Script) -> (std::sync::Arc<Server>, Grant) {
    let server = Server::start(script).await;
    let grant = mint(&server).await.expect("the script conforms");
    (server, grant)
}

#[tokio::test]
async fn the_code_becomes_a_token_for_the_resource() {
    let (server, grant) = minted(Script::default()).await;
    assert_eq!(grant.resource.as_deref(), Some(server.mcp().as_str()));
    assert_eq!(grant.issuer, server.origin);
    assert_eq!(grant.client_id, "client-1");
    assert!(grant.ends_at().is_some());
    let claims = UnverifiedClaims::decode(&grant.token.access_token).expect("a JWT");
    assert_eq!(claims.audience(), [server.mcp()]);
    for path in ["/authorize", "/token"] {
        assert_eq!(server.seen(path)[0].form["resource"], server.mcp(), "{path}");
    }
    assert_eq!(server.seen("/authorize")[0].form["code_challenge_method"], "S256");
}

#[tokio::test]
async fn a_mint_makes_no_request_that_the_protocol_does_not_need() {
    let (server, _) = minted(Script::default()).await;
    let expected = [
        "POST /mcp",
        "GET /.well-known/oauth-protected-resource/mcp",
        "GET /.well-known/oauth-authorization-server",
        "POST /register",
        "GET /authorize",
        "POST /token",
    ];
    assert_eq!(server.requests(), expected);
}

#[tokio::test]
async fn a_client_asks_for_no_more_than_it_was_registered_for_unless_it_is_told_to() {
    let script = || Script {
        resource: json!({ "scopes_supported": ["mcp:read", "mcp:write"] }),
        registration: json!({ "scope": "mcp:read other" }),
        ..Script::default()
    };
    let (server, _) = minted(script()).await;
    assert_eq!(server.seen("/authorize")[0].form["scope"], "mcp:read");

    let server = Server::start(script()).await;
    let mut config = oauth_loopback::Config::resource(server.mcp());
    config.scope = vec!["mcp:write".to_owned()];
    crate::client_store::mint(&config).await.expect("the script does not mind");
    assert_eq!(server.seen("/authorize")[0].form["scope"], "mcp:write");
}

#[tokio::test]
async fn the_resource_is_sent_in_the_spelling_of_the_metadata() {
    let (server, grant) =
        minted(Script { resource: json!({ "resource": "{origin}" }), ..Script::default() }).await;
    assert_eq!(server.seen("/token")[0].form["resource"], server.origin);
    assert_eq!(grant.resource.as_deref(), Some(server.origin.as_str()));
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words_whatever_its_status() {
    const JSON: &str = "application/json";
    insta::assert_snapshot!(refusal(answering(400, JSON, r#"{"error":"invalid_grant","error_description":"expired"}"#)).await, @"exchanging the code for a token: ORIGIN/token answered 400: invalid_grant: expired");
    insta::assert_snapshot!(refusal(answering(401, JSON, r#"{"error":"invalid_request"}"#)).await, @"exchanging the code for a token: ORIGIN/token answered 401: invalid_request");
    insta::assert_snapshot!(refusal(answering(500, JSON, r#"{"error":"server_error"}"#)).await, @"exchanging the code for a token: ORIGIN/token answered 500: server_error");
    insta::assert_snapshot!(refusal(answering(200, JSON, r#"{"error":"invalid_client"}"#)).await, @"exchanging the code for a token: ORIGIN/token answered 200: invalid_client: the client is not known there, or not by this secret or key; check them, or register it again");
    insta::assert_snapshot!(refusal(answering(502, "text/html", "<h1>Bad gateway</h1>")).await, @"exchanging the code for a token: ORIGIN/token answered 502: an HTML page");
    insta::assert_snapshot!(refusal(answering(503, "text/plain", "come\nback")).await, @"exchanging the code for a token: ORIGIN/token answered 503: text/plain without JSON");
    insta::assert_snapshot!(refusal(answering(200, "text/html", "<h1>Welcome</h1>")).await, @"exchanging the code for a token: ORIGIN/token answered 200, but not as the specification describes: text/html without JSON");
    insta::assert_snapshot!(refusal(answering(200, JSON, r#"{"access_token":"a"}"#)).await, @"exchanging the code for a token: ORIGIN/token answered 200, but not as the specification describes: missing field `token_type`");
    insta::assert_snapshot!(refusal(answering(200, JSON, r#""eyJ.secret.token""#)).await, @"exchanging the code for a token: ORIGIN/token answered 200, but not as the specification describes: a text where an object was expected");
}

#[tokio::test]
async fn only_bearer_tokens_are_taken_in_any_spelling() {
    let (_, grant) =
        minted(Script { token: json!({ "token_type": "bearer" }), ..Script::default() }).await;
    assert_eq!(grant.token.token_type, "bearer");
    insta::assert_snapshot!(refusal(Script { token: json!({ "token_type": "DPoP" }), ..Script::default() }).await, @"exchanging the code for a token: ORIGIN/token issued a token of type `DPoP` where Bearer was expected");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_code() {
    let script = Script {
        instead: vec![("/token", Instead::Redirect(307, "/elsewhere"))],
        ..Script::default()
    };
    let server = Server::start(script).await;
    let error = mint(&server).await.expect_err("a redirect is no token");
    assert!(error.to_string().contains("307"), "{error}");
    assert!(server.seen("/elsewhere").is_empty());
}

#[tokio::test]
async fn what_was_sent_in_secret_is_struck_from_what_the_server_echoes() {
    let echo = r#"{"error":"invalid_grant","error_description":"no {code} with {code_verifier}"}"#;
    let server = Server::start(answering(400, "application/json", echo)).await;
    let error = mint(&server).await.expect_err("the script refuses");
    let said = error.to_string().replace(&server.origin, "ORIGIN");
    insta::assert_snapshot!(said, @"exchanging the code for a token: ORIGIN/token answered 400: invalid_grant: no … with …");
    let sent = &server.seen("/token")[0].form;
    assert!(!format!("{error:?}").contains(&sent["code_verifier"]));
}

#[tokio::test]
async fn an_empty_token_is_none() {
    let (_, mut grant) =
        minted(Script { token: json!({ "refresh_token": "" }), ..Script::default() }).await;
    let error = grant.refresh(&http()).await.expect_err("there is none");
    assert!(matches!(error, Error::NoRefreshToken), "{error}");
    insta::assert_snapshot!(refusal(Script { token: json!({ "access_token": "" }), ..Script::default() }).await, @"exchanging the code for a token: ORIGIN/token answered 200, but not as the specification describes: an empty `access_token`");
}

#[tokio::test]
async fn an_empty_refresh_token_leaves_the_one_of_before() {
    let refreshed = json!({ "refresh_token": "" });
    let (_, mut grant) = minted(Script { refreshed, ..Script::default() }).await;
    let before = grant.token.refresh_token.clone().expect("it was granted");
    grant.refresh(&http()).await.expect("a token");
    let after = grant.token.refresh_token.as_ref().expect("the one of before");
    assert_eq!(after.reveal(), before.reveal());
}

#[tokio::test]
async fn nothing_between_request_and_grant_prints_its_secrets() {
    let server = Server::start(Script::default()).await;
    let listener = LoopbackListener::bind().await.expect("a free port");
    let request = request(&server, listener.redirect_uri()).await;
    let mut said = format!("{request:?}");
    let code = request
        .wait_for_code(listener, Duration::from_secs(10), async |opening| {
            said += &format!("{opening:?}");
            visit(opening).await
        })
        .await
        .expect("a code");
    said += &format!("{code:?}");
    let grant = code.exchange(&http()).await.expect("the script conforms");
    said += &format!("{grant:?}");
    let (authorized, exchanged) =
        (&server.seen("/authorize")[0].form, &server.seen("/token")[0].form);
    let token = grant.token.access_token.reveal();
    for secret in
        [&authorized["state"], &exchanged["code"], &exchanged["code_verifier"], token, "refresh-1"]
    {
        assert!(!said.contains(secret), "{secret} stands in {said}");
    }
}

#[tokio::test]
async fn a_scope_that_is_left_out_is_the_one_that_was_asked_for() {
    let resource = json!({ "scopes_supported": ["mcp:read", "mcp:write"] });
    let quiet =
        Script { resource: resource.clone(), token: json!({ "scope": null }), ..Script::default() };
    let (_, grant) = minted(quiet).await;
    assert_eq!(grant.token.scope.as_deref(), Some("mcp:read mcp:write"));
    let (_, grant) = minted(Script { resource, ..Script::default() }).await;
    assert_eq!(grant.token.scope.as_deref(), Some("mcp:read"));
}

#[tokio::test]
async fn a_client_that_was_given_a_secret_authenticates_as_it_was_told() {
    let secret =
        |method: &str| json!({ "client_secret": "s:cret", "token_endpoint_auth_method": method });
    let (server, _) =
        minted(Script { registration: secret("client_secret_post"), ..Script::default() }).await;
    let seen = &server.seen("/token")[0];
    assert_eq!(
        (seen.form["client_secret"].as_str(), seen.headers.get("authorization")),
        ("s:cret", None)
    );

    let (server, grant) =
        minted(Script { registration: secret("client_secret_basic"), ..Script::default() }).await;
    let seen = &server.seen("/token")[0];
    // "client-1:s%3Acret": both halves are form-encoded before Basic.
    assert_eq!(seen.headers["authorization"], "Basic Y2xpZW50LTE6cyUzQWNyZXQ=");
    // A name in the body would be a second way to authenticate.
    assert_eq!((seen.form.get("client_id"), seen.form.get("client_secret")), (None, None));
    assert!(!format!("{grant:?}").contains("s:cret"));
}

#[tokio::test]
async fn a_refresh_sends_resource_and_scope_again_and_keeps_the_rotated_token() {
    let (server, mut grant) = minted(Script::default()).await;
    grant.refresh(&http()).await.expect("the script conforms");
    grant.refresh(&http()).await.expect("the rotated token is as good");
    assert_eq!(server.seen("/token")[2].form["refresh_token"], "refresh-2");
    let sent = &server.seen("/token")[1].form;
    assert_eq!(sent["grant_type"], "refresh_token");
    assert_eq!(sent["refresh_token"], "refresh-1");
    assert_eq!(sent["resource"], server.mcp());
    assert_eq!(sent["scope"], "mcp:read");
    assert_eq!(sent["client_id"], "client-1");
    UnverifiedClaims::decode(&grant.token.access_token)
        .expect("still a JWT, for the resource was named");
}

#[tokio::test]
async fn a_refresh_without_a_new_refresh_token_keeps_the_old_one_and_the_scope() {
    let quiet = json!({ "refresh_token": null, "scope": null });
    let (server, mut grant) = minted(Script { refreshed: quiet, ..Script::default() }).await;
    for _ in 0..2 {
        grant.refresh(&http()).await.expect("the script conforms");
    }
    let sent = &server.seen("/token")[2].form;
    assert_eq!((sent["refresh_token"].as_str(), sent["scope"].as_str()), ("refresh-1", "mcp:read"));
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_grant_as_it_was() {
    let (_, grant) =
        minted(Script { token: json!({ "refresh_token": null }), ..Script::default() }).await;
    assert!(matches!(grant.clone().refresh(&http()).await, Err(Error::NoRefreshToken)));

    let (_, mut grant) =
        minted(Script { refreshed: json!({ "token_type": "mac" }), ..Script::default() }).await;
    let before = grant.token.access_token.reveal().to_owned();
    assert!(matches!(grant.refresh(&http()).await, Err(Error::TokenType { .. })));
    assert_eq!(grant.token.access_token.reveal(), before);
}

#[tokio::test]
async fn without_the_resource_the_token_is_opaque_and_that_is_explained() {
    // The scripted server does what real ones do, which is why the resource must always be sent.
    let server = Server::start(Script::default()).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "refresh-1")];
    let answer = browser()
        .post(format!("{}/token", server.origin))
        .form(&form)
        .send()
        .await
        .expect("an answer");
    let token: oauth_loopback::TokenResponse = answer.json().await.expect("a token response");
    let error = UnverifiedClaims::decode(&token.access_token).expect_err("no JWT");
    insta::assert_snapshot!(error, @"the access token is opaque, not a JWT");
}
