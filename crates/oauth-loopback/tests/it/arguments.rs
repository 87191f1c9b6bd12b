//! What is asked of the authorization server.

use crate::program::{done, failure, minted, program};
use crate::server::{Instead, RESOURCE_METADATA, Script, Server};

#[tokio::test]
async fn an_issuer_alone_gives_a_token_for_no_resource() {
    let server = Server::start(Script::default()).await;
    let printed = minted(program(&["--issuer", &server.origin, "--scope", "openid"])).await;
    assert!(printed.contains("\"access_token\":\"opaque\""), "{printed}");
    for path in ["/authorize", "/token"] {
        assert!(!server.seen(path)[0].form.contains_key("resource"), "{path}");
    }
    assert!(server.seen("/mcp").is_empty());
}

#[tokio::test]
async fn an_issuer_is_compared_letter_by_letter() {
    let server = Server::start(Script::default()).await;
    let said = failure(program(&["--issuer", &format!("{}/", server.origin)])).await;
    assert!(said.contains("must not be used"), "{said}");
}

#[tokio::test]
async fn a_challenge_adds_its_scopes_to_those_of_before() {
    let server = Server::start(Script::default()).await;
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"mcp:read mcp:write\"";
    let mcp = server.mcp();
    minted(program(&[&mcp, "--scope", "mcp:read", "--scope", "x", "--challenge", challenge])).await;
    assert_eq!(server.seen("/authorize")[0].form["scope"], "mcp:read x mcp:write");
    let said = failure(program(&[&mcp, "--challenge", "Basic realm=a"])).await;
    assert!(said.contains("holds no Bearer challenge"), "{said}");
}

#[tokio::test]
async fn a_challenge_may_name_the_metadata_where_the_server_does_not() {
    let document = r#"{"resource":"{origin}/mcp","authorization_servers":["{origin}"]}"#;
    let server = Server::start(Script {
        challenge: None,
        instead: vec![
            (RESOURCE_METADATA, Instead::Answer(404, "text/plain", "")),
            ("/elsewhere", Instead::Answer(200, "application/json", document)),
        ],
        ..Script::default()
    })
    .await;
    let challenge =
        format!("Bearer scope=\"x\", resource_metadata=\"{}/elsewhere\"", server.origin);
    minted(program(&[&server.mcp(), "--challenge", &challenge])).await;
    assert_eq!(server.seen("/authorize")[0].form["scope"], "x");
}

#[tokio::test]
async fn parameters_of_the_caller_are_sent_where_they_belong_and_again_with_a_refresh() {
    let server = Server::start(Script::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("grant.json");
    let (mcp, file) = (server.mcp(), path.to_str().expect("UTF-8"));
    minted(program(&[
        &mcp,
        "--authorization-parameter",
        "access_type=offline",
        "--authorization-parameter",
        "login_hint=a=b c",
        "--token-parameter",
        "audience=https://api.example.com",
        "--out",
        file,
    ]))
    .await;
    let authorized = &server.seen("/authorize")[0].form;
    assert_eq!(
        (authorized["access_type"].as_str(), authorized["login_hint"].as_str()),
        ("offline", "a=b c")
    );
    assert!(!authorized.contains_key("audience"));
    done(program(&["refresh", file])).await;
    for it in server.seen("/token") {
        assert_eq!(it.form["audience"], "https://api.example.com", "{}", it.form["grant_type"]);
        assert!(!it.form.contains_key("access_type"));
    }
    let alone =
        ["client-credentials", &mcp, "--client-id", "me", "--token-parameter", "audience=x"];
    let mut command = program(&alone);
    command.env("LOADTEST_CLIENT_SECRET", "hush");
    done(command).await;
    assert_eq!(server.seen("/token")[2].form["audience"], "x");
}

#[tokio::test]
async fn a_parameter_of_the_flow_is_refused_before_anyone_is_asked() {
    for (flag, parameter) in [
        ("--authorization-parameter", "state=x"),
        ("--authorization-parameter", "scope=x"),
        ("--token-parameter", "client_secret=x"),
    ] {
        let server = Server::start(Script::default()).await;
        let said = failure(program(&[&server.mcp(), flag, parameter])).await;
        assert!(said.contains("is set by the flow itself and cannot be given"), "{said}");
        assert_eq!(server.requests(), [""; 0]);
    }
    let output =
        program(&["http://127.0.0.1:1/mcp", "--token-parameter", "audience"]).output().await;
    assert_eq!(output.expect("it runs").status.code(), Some(2));
}
