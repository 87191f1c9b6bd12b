use oauth_loopback::{
    AddressOf, AuthorizationRequest, AuthorizationServerMetadata, ClientInformation, Config,
    Discovery, Error, LoopbackListener, client_credentials, discover,
};
use serde_json::json;

use crate::client_store::mint;
use crate::server::{
    Instead, OPENID_METADATA, RESOURCE_METADATA, ROOT_RESOURCE_METADATA, SERVER_METADATA, Script,
    Server,
};
use crate::{discovered, http};

/// What discovery says of a script that does not conform, with the address left out.
pub(crate) async fn refusal(script: Script) -> String {
    let server = Server::start(script).await;
    let error = discover(&http(), &server.mcp()).await.expect_err("the script does not conform");
    error.to_string().replace(&server.origin, "ORIGIN")
}

#[tokio::test]
async fn the_challenge_names_the_metadata_and_the_metadata_names_the_rest() {
    let server = Server::start(Script {
        challenge: Some(
            "Basic realm=x, Bearer scope=\"mcp:read\", resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp\"",
        ),
        ..Script::default()
    })
    .await;
    let found = discovered(&server).await;
    assert_eq!(found.resource, Some(server.mcp()));
    assert_eq!(found.issuer(), server.origin);
    assert_eq!(found.challenge_scope.as_deref(), Some("mcp:read"));
    assert_eq!(found.authorization_server.token_endpoint, format!("{}/token", server.origin));
}

#[tokio::test]
async fn without_a_named_document_the_path_form_comes_first_and_the_root_is_left_alone() {
    let server = Server::start(Script { challenge: Some("Bearer"), ..Script::default() }).await;
    discovered(&server).await;
    let asked = &server.seen("/mcp")[0];
    assert_eq!((&asked.method, asked.headers.get("authorization")), (&reqwest::Method::POST, None));
    assert_eq!(server.seen(RESOURCE_METADATA).len(), 1);
    assert!(server.seen(ROOT_RESOURCE_METADATA).is_empty());
}

#[tokio::test]
async fn the_root_form_is_asked_when_the_path_form_is_missing_or_a_page() {
    for instead in [
        Instead::Answer(404, "text/plain", ""),
        Instead::Answer(200, "text/html", "<html>app</html>"),
    ] {
        let document = r#"{"resource":"{origin}","authorization_servers":["{origin}"]}"#;
        let root = (ROOT_RESOURCE_METADATA, Instead::Answer(200, "application/json", document));
        let script = Script {
            challenge: None,
            instead: vec![(RESOURCE_METADATA, instead), root],
            ..Script::default()
        };
        let server = Server::start(script).await;
        assert_eq!(discovered(&server).await.resource.as_deref(), Some(server.origin.as_str()));
    }
}

#[tokio::test]
async fn an_issuer_with_a_path_is_looked_up_in_three_places_and_never_at_the_root() {
    let document = r#"{"issuer":"{origin}/t1","authorization_endpoint":"{origin}/a","token_endpoint":"{origin}/t"}"#;
    let script = Script {
        resource: json!({ "authorization_servers": ["{origin}/t1"] }),
        instead: vec![(
            "/t1/.well-known/openid-configuration",
            Instead::Answer(200, "application/json", document),
        )],
        ..Script::default()
    };
    let server = Server::start(script).await;
    assert_eq!(discovered(&server).await.issuer(), format!("{}/t1", server.origin));
    for path in
        ["/.well-known/oauth-authorization-server/t1", "/.well-known/openid-configuration/t1"]
    {
        assert_eq!(server.seen(path).len(), 1, "{path}");
    }
    assert!(server.seen(SERVER_METADATA).is_empty());
    assert!(server.seen(OPENID_METADATA).is_empty());
}

#[tokio::test]
async fn an_openid_document_at_the_root_will_do() {
    let document = r#"{"issuer":"{origin}","authorization_endpoint":"{origin}/a","token_endpoint":"{origin}/t"}"#;
    let script = Script {
        instead: vec![
            (SERVER_METADATA, Instead::Answer(404, "text/plain", "")),
            (OPENID_METADATA, Instead::Answer(200, "application/json", document)),
        ],
        ..Script::default()
    };
    let server = Server::start(script).await;
    assert_eq!(
        discovered(&server).await.authorization_server.token_endpoint,
        format!("{}/t", server.origin)
    );
}

#[tokio::test]
async fn the_issuer_is_compared_letter_by_letter_and_kept_as_it_is_spelled() {
    let slash = Script {
        resource: json!({ "authorization_servers": ["{origin}/"] }),
        metadata: json!({ "issuer": "{origin}/" }),
        ..Script::default()
    };
    let server = Server::start(slash).await;
    assert_eq!(discovered(&server).await.issuer(), format!("{}/", server.origin));

    let added = Script { metadata: json!({ "issuer": "{origin}/" }), ..Script::default() };
    insta::assert_snapshot!(refusal(added).await, @"the metadata at ORIGIN/.well-known/oauth-authorization-server is of the issuer `ORIGIN/`, not of `ORIGIN`, and must not be used");
}

#[tokio::test]
async fn the_next_authorization_server_is_taken_when_the_first_is_not_sound() {
    let two = Script {
        resource: json!({ "authorization_servers": ["{origin}/gone", "{origin}"] }),
        ..Script::default()
    };
    let server = Server::start(two).await;
    assert_eq!(discovered(&server).await.issuer(), server.origin);
    let none = Script { resource: json!({ "authorization_servers": [] }), ..Script::default() };
    insta::assert_snapshot!(refusal(none).await, @"the metadata at ORIGIN/.well-known/oauth-protected-resource/mcp names no authorization server");
}

#[tokio::test]
async fn the_resource_must_cover_the_server_and_is_used_as_it_is_spelled() {
    // One document for every workspace, as a server with many of them publishes.
    let document = r#"{"resource":"{origin}/mcp","authorization_servers":["{origin}"]}"#;
    let wide = Script {
        instead: vec![
            ("/mcp/ws_1", Instead::Answer(401, "text/plain", "")),
            (
                "/.well-known/oauth-protected-resource/mcp/ws_1",
                Instead::Answer(200, "application/json", document),
            ),
        ],
        ..Script::default()
    };
    let server = Server::start(wide).await;
    let found = discover(&http(), &format!("{}/ws_1", server.mcp())).await;
    assert_eq!(found.expect("a prefix covers").resource, Some(server.mcp()));

    let other =
        Script { resource: json!({ "resource": "https://evil.example/mcp" }), ..Script::default() };
    insta::assert_snapshot!(refusal(other).await, @"the metadata at ORIGIN/.well-known/oauth-protected-resource/mcp describes the resource `https://evil.example/mcp`, which does not cover `ORIGIN/mcp`");
}

#[tokio::test]
async fn metadata_for_many_workspaces_is_found_above_them() {
    let nobody = ("/mcp", Instead::Answer(404, "text/plain", "no"));
    let server = Server::start(Script { instead: vec![nobody], ..Script::default() }).await;
    assert_eq!(discovered(&server).await.issuer(), server.origin);
}

#[tokio::test]
async fn what_is_no_oauth_server_is_told_with_what_was_tried() {
    let missing = |path| (path, Instead::Answer(404, "text/plain", "no"));
    let open = Script {
        instead: vec![
            ("/mcp", Instead::Answer(200, "application/json", "{}")),
            missing(RESOURCE_METADATA),
        ],
        ..Script::default()
    };
    insta::assert_snapshot!(refusal(open).await, @"`ORIGIN/mcp` answered 200 OK (application/json) and publishes no protected resource metadata; tried ORIGIN/.well-known/oauth-protected-resource/mcp: 404 Not Found (text/plain); ORIGIN/.well-known/oauth-protected-resource: 404 Not Found");

    let bare =
        Script { challenge: None, instead: vec![missing(RESOURCE_METADATA)], ..Script::default() };
    insta::assert_snapshot!(refusal(bare).await, @"`ORIGIN/mcp` answered 401 Unauthorized without a Bearer challenge and publishes no protected resource metadata; tried ORIGIN/.well-known/oauth-protected-resource/mcp: 404 Not Found (text/plain); ORIGIN/.well-known/oauth-protected-resource: 404 Not Found");

    let wrong = vec![missing("/mcp"), missing(RESOURCE_METADATA)];
    let wrong = Script { instead: wrong, ..Script::default() };
    insta::assert_snapshot!(refusal(wrong).await, @"`ORIGIN/mcp` answered 404 Not Found (text/plain)");

    let page = Instead::Answer(200, "text/html; charset=utf-8", "<html>welcome</html>");
    let homepage = Script {
        instead: vec![("/mcp", page)],
        challenge: None,
        resource: json!({ "resource": null }),
        ..Script::default()
    };
    insta::assert_snapshot!(refusal(homepage).await, @"reading the protected resource metadata: ORIGIN/.well-known/oauth-protected-resource/mcp answered 200, but not as the specification describes: missing field `resource`");

    let no_server = Script {
        instead: vec![
            missing(SERVER_METADATA),
            (OPENID_METADATA, Instead::Answer(500, "text/html", "x")),
        ],
        ..Script::default()
    };
    insta::assert_snapshot!(refusal(no_server).await, @"the authorization server `ORIGIN` publishes no metadata; tried ORIGIN/.well-known/oauth-authorization-server: 404 Not Found (text/plain); ORIGIN/.well-known/openid-configuration: 500 Internal Server Error (text/html)");
}

#[tokio::test]
async fn a_closed_port_and_a_wrong_address_are_told_apart() {
    let listener = LoopbackListener::bind().await.expect("a free port");
    let closed = listener.redirect_uri().to_owned();
    drop(listener);
    let error = discover(&http(), &closed).await.expect_err("nobody listens");
    assert!(matches!(error, Error::Request { .. }), "{error}");
    for address in ["api.example.com/mcp", "ftp://api.example.com/mcp", "", "127.0.0.1:80"] {
        let error = discover(&http(), address).await.expect_err("no address");
        assert!(
            matches!(error, Error::Address { what: AddressOf::Resource, .. }),
            "{address}: {error}"
        );
    }
    let error =
        discover(&http(), "http://api.example.com/mcp").await.expect_err("http on another machine");
    assert!(matches!(error, Error::Insecure { .. }), "{error}");
}

#[tokio::test]
async fn pkce_must_be_advertised_unless_that_is_waived() {
    let silent = Script {
        metadata: json!({ "code_challenge_methods_supported": null }),
        ..Script::default()
    };
    let server = Server::start(silent).await;
    let mut found = discovered(&server).await;
    let client = ClientInformation::preregistered("client-1");
    const REDIRECT_URI: &str = "http://127.0.0.1:4711/callback";
    let error = AuthorizationRequest::new(&found, &client, REDIRECT_URI, &[])
        .expect_err("PKCE is not advertised");
    insta::assert_snapshot!(error.to_string().replace(&server.origin, "ORIGIN"), @"the authorization server `ORIGIN` does not advertise PKCE with S256 (it says nothing about it)");
    found.allow_unadvertised_pkce = true;
    AuthorizationRequest::new(&found, &client, REDIRECT_URI, &[]).expect("it was waived");

    let plain = Script {
        metadata: json!({ "code_challenge_methods_supported": ["plain"] }),
        ..Script::default()
    };
    let mut found = discovered(&*Server::start(plain).await).await;
    found.allow_unadvertised_pkce = true;
    let refused = AuthorizationRequest::new(&found, &client, REDIRECT_URI, &[]);
    assert!(
        matches!(refused, Err(Error::PkceUnadvertised { .. })),
        "only `plain` is no S256, waived or not"
    );
}

#[tokio::test]
async fn scopes_are_those_given_or_challenged_or_published() {
    #[track_caller]
    fn check(found: &oauth_loopback::Discovery, given: &[&str], expected: &[&str]) {
        let given: Vec<String> = given.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(found.scope(&given), expected);
    }
    let published = json!({ "scopes_supported": ["a", "b", "offline_access"] });
    let challenge = Some("Bearer scope=\"c d\"");

    let server = Server::start(Script { resource: published.clone(), ..Script::default() }).await;
    check(&discovered(&server).await, &["x"], &["x"]);
    check(&discovered(&server).await, &[], &["a", "b", "offline_access"]);
    let server =
        Server::start(Script { resource: published.clone(), challenge, ..Script::default() }).await;
    check(&discovered(&server).await, &[], &["c", "d"]);
    let lists = json!({ "scopes_supported": ["c", "offline_access"] });
    let server =
        Server::start(Script { challenge, metadata: lists.clone(), ..Script::default() }).await;
    check(&discovered(&server).await, &[], &["c", "d", "offline_access"]);
    check(&discovered(&server).await, &["c"], &["c"]);
    let lists_no_offline = json!({ "scopes_supported": ["a", "b"] });
    let server = Server::start(Script {
        resource: published,
        metadata: lists_no_offline,
        ..Script::default()
    })
    .await;
    check(&discovered(&server).await, &[], &["a", "b"]);
    let server = Server::start(Script { metadata: lists, ..Script::default() }).await;
    check(&discovered(&server).await, &[], &[]);
}

#[tokio::test]
async fn a_discovery_that_was_kept_is_as_good_as_a_new_one_and_asks_nobody() {
    let script = Script { openid: true, ..Script::default() };
    let server = Server::start(script).await;
    let found = discovered(&server).await;
    let kept = serde_json::to_string(&found).expect("strings and lists");
    let kept: Discovery = serde_json::from_str(&kept).expect("it was written so");
    assert_eq!(format!("{kept:?}"), format!("{found:?}"));
    let asked = server.requests().len();
    let grant = mint(&Config::discovered(kept)).await.expect("the script conforms");
    assert_eq!(grant.resource, Some(server.mcp()));
    assert_eq!(server.requests()[asked..], ["POST /register", "GET /authorize", "POST /token"]);
}

#[tokio::test]
async fn a_discovery_that_was_made_by_hand_keeps_to_the_same_rules() {
    let server = Server::start(Script::default()).await;
    let token_endpoint = format!("{}/token", server.origin);
    let mut known = AuthorizationServerMetadata::new(&server.origin, &token_endpoint);
    known.authorization_endpoint = Some(format!("{}/authorize", server.origin));
    let discovery = Discovery::new(known.clone());
    let client = ClientInformation::preregistered("me");
    let mut config = Config::discovered(discovery);
    config.client = Some(client.clone());
    assert!(matches!(mint(&config).await, Err(Error::PkceUnadvertised { offered: None, .. })));
    config.allow_unadvertised_pkce = true;
    mint(&config).await.expect("it was waived");
    assert_eq!(server.requests(), ["GET /authorize", "POST /token"]);

    known.token_endpoint = "http://a.example/token".to_owned();
    let discovery = Discovery::new(known);
    let refused = client_credentials(&http(), &discovery, &client, &[], &[]).await;
    let what = AddressOf::TokenEndpoint;
    assert!(matches!(refused, Err(Error::Insecure { what: it, .. }) if it == what), "{refused:?}");
}
