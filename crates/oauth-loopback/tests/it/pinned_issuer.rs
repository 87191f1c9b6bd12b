//! An issuer beside a resource, which says where a password may go.

use oauth_loopback::{Config, Discovery, Error, LoopbackListener, authorize, discover_at};
use serde_json::json;

use crate::program::{Running, failure, minted, program};
use crate::server::{SERVER_METADATA, Script, Server};
use crate::{http, visit};

#[tokio::test]
async fn the_server_that_is_named_is_the_only_one_that_is_asked() {
    let ours = Server::start(Script::default()).await;
    let theirs = Server::start(Script::default()).await;
    for servers in [[&theirs.origin, &ours.origin], [&ours.origin, &theirs.origin]] {
        let resource = json!({ "authorization_servers": servers });
        let server = Server::start(Script { resource, ..Script::default() }).await;
        let printed = minted(program(&[&server.mcp(), "--issuer", &ours.origin])).await;
        assert!(printed.contains("access_token"), "{printed}");
        let sent = ours.seen("/authorize").last().expect("it was asked").form.clone();
        assert_eq!(sent["resource"], server.mcp(), "it is still for the resource");
    }
    assert!(theirs.requests().is_empty());
}

#[tokio::test]
async fn a_resource_that_names_another_is_refused_before_a_browser_opens() {
    let server = Server::start(Script::default()).await;
    for pinned in ["https://auth.example.test", &format!("{}/", server.origin)] {
        let said = failure(program(&[&server.mcp(), "--issuer", pinned])).await;
        let said = said.replace(&server.origin, "ORIGIN");
        let pinned = pinned.replace(&server.origin, "ORIGIN");
        let expected = format!(
            "error: the authorization server is `ORIGIN`, and not `{pinned}`, which alone may be used; if it is the same server, spell it as the resource does (`--issuer`)\n"
        );
        assert_eq!(said, expected);
    }
    assert!(server.seen(SERVER_METADATA).is_empty() && server.seen("/register").is_empty());
}

#[tokio::test]
async fn what_was_discovered_before_is_held_against_it_too() {
    let server = Server::start(Script::default()).await;
    let found: Discovery =
        discover_at(&http(), &server.mcp(), &server.origin).await.expect("it is named");
    let mut config = Config::discovered(found);
    config.pinned_issuer = Some("https://auth.example.test".to_owned());
    let listener = LoopbackListener::bind().await.expect("a free port");
    let refused = authorize(&http(), listener, &config, visit).await;
    assert!(matches!(refused, Err(Error::OtherIssuer { .. })), "{refused:?}");
    assert!(server.seen("/register").is_empty());
}

#[tokio::test]
async fn the_doctor_looks_at_an_authorization_server_alone() {
    let server = Server::start(Script::default()).await;
    let examined = async |arguments: &[&str]| {
        let (output, said) = Running::start(program(arguments)).end().await;
        let found = String::from_utf8(output.stdout).expect("UTF-8");
        (output.status.code(), format!("{found}{said}").replace(&server.origin, "ORIGIN"))
    };
    let (code, found) = examined(&["doctor", "--issuer", &server.origin]).await;
    assert_eq!(code, Some(0), "{found}");
    assert!(found.starts_with("ok    authorization server metadata   issuer `ORIGIN`"), "{found}");
    assert!(!found.contains("resource"), "{found}");
    assert!(server.seen("/mcp").is_empty());

    let elsewhere = format!("{}/nowhere", server.origin);
    let (code, found) = examined(&["doctor", "--issuer", &elsewhere]).await;
    assert_eq!((code, found.matches("FAIL").count()), (Some(1), 1), "{found}");
    assert!(found.starts_with("FAIL  authorization server metadata"), "{found}");

    let pinned = ["doctor", &server.mcp(), "--issuer", "https://auth.example.test"];
    let (code, found) = examined(&pinned).await;
    assert_eq!(code, Some(1), "{found}");
    assert!(found.contains("FAIL  protected resource metadata"), "{found}");
    assert_eq!(examined(&["doctor"]).await.0, Some(2));
}
