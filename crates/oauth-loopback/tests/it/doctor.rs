use serde_json::json;

use crate::program::{Running, program};
use crate::server::{Script, Server};

/// What the doctor finds, with the address left out, and its exit code.
async fn examined(script: Script) -> String {
    let server = Server::start(script).await;
    let (output, said) = Running::start(program(&["doctor", &server.mcp()])).end().await;
    assert!(server.seen("/register").is_empty() && server.seen("/authorize").is_empty());
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    format!("{found}{said}exit {}", output.status.code().expect("it ended by itself"))
        .replace(&server.origin, "ORIGIN")
}

#[tokio::test]
async fn a_server_that_conforms_is_described() {
    let script =
        Script { resource: json!({ "scopes_supported": ["mcp:read"] }), ..Script::default() };
    insta::assert_snapshot!(examined(script).await, @"
    ok    challenge of the resource       names no scope
    ok    protected resource metadata     resource `ORIGIN/mcp`
    ok    authorization server metadata   issuer `ORIGIN`
    ok    authorization endpoint          ORIGIN/authorize
    ok    token endpoint                  ORIGIN/token
    ok    PKCE                            S256
    ok    client registration             ORIGIN/register
    ok    scope to ask for                mcp:read
    note  refresh token                   offline_access is not offered; there may be none
    ok    iss in the callback             announced
    ok    revocation                      ORIGIN/revoke
    exit 0
    ");
}

#[tokio::test]
async fn a_server_without_a_challenge_is_not_said_to_have_one() {
    let found = examined(Script { challenge: None, ..Script::default() }).await;
    let first = found.lines().next().expect("a finding");
    insta::assert_snapshot!(first, @"note  challenge of the resource       there is none; the metadata was found at its well-known address");
}

#[tokio::test]
async fn every_requirement_that_is_missed_is_named() {
    let script = Script {
        metadata: json!({
            "code_challenge_methods_supported": null, "registration_endpoint": null,
            "token_endpoint": "{origin}/token?a=\u{1b}[31m",
        }),
        ..Script::default()
    };
    insta::assert_snapshot!(examined(script).await, @"
    ok    challenge of the resource       names no scope
    ok    protected resource metadata     resource `ORIGIN/mcp`
    ok    authorization server metadata   issuer `ORIGIN`
    ok    authorization endpoint          ORIGIN/authorize
    ok    token endpoint                  ORIGIN/token?a=[31m
    FAIL  PKCE                            not advertised [MCP authorization, Authorization Code Protection: code_challenge_methods_supported lists S256]
    FAIL  client registration             not offered; give --client-id [MCP authorization, Client Registration Approaches]
    ok    scope to ask for                none is named, so the server chooses
    note  refresh token                   offline_access is not offered; there may be none
    ok    iss in the callback             announced
    ok    revocation                      ORIGIN/revoke
    error: 2 of 11 findings will not do for a sign-in
    exit 1
    ");
}

#[tokio::test]
async fn a_discovery_that_ends_early_says_how_far_it_came() {
    let script = Script { metadata: json!({ "issuer": "{origin}/" }), ..Script::default() };
    insta::assert_snapshot!(examined(script).await, @"
    ok    challenge of the resource       conforms
    ok    protected resource metadata     conforms
    FAIL  authorization server metadata   the metadata at ORIGIN/.well-known/oauth-authorization-server is of the issuer `ORIGIN/`, not of `ORIGIN`, and must not be used [RFC 8414 section 3.3: the issuer is identical to the one that was asked]
    error: 1 of 3 findings will not do for a sign-in
    exit 1
    ");
    let script = Script { resource: json!({ "resource": "{origin}/other" }), ..Script::default() };
    insta::assert_snapshot!(examined(script).await, @"
    ok    challenge of the resource       conforms
    FAIL  protected resource metadata     the metadata at ORIGIN/.well-known/oauth-protected-resource/mcp describes the resource `ORIGIN/other`, which does not cover `ORIGIN/mcp` [RFC 9728 section 3.3: the resource is that of the server that was asked]
    error: 1 of 2 findings will not do for a sign-in
    exit 1
    ");
}
