//! `offline_access` at servers that grant it to whoever insists on the consent page.

use oauth_loopback::{Config, Error, Grant, LoopbackListener, Opening, Prompt, authorize};
use serde_json::{Value, json};

use crate::client_store::{Store, mint};
use crate::server::{First, Instead, SERVER_METADATA, Script, Server};
use crate::{http, visit};

/// The prompts of two flows for `scope`, and whether each had a refresh token.
async fn minted(script: Script, scope: &[&str]) -> [(Option<String>, bool); 2] {
    let server = Server::start(script).await;
    let store = Store::new();
    let mut config = store.config(&server);
    config.scope = scope.iter().map(|&it| it.to_owned()).collect();
    let flow = async || {
        let grant = mint(&config).await.expect("the script conforms");
        let seen = server.seen("/authorize");
        let prompt = seen.last().expect("it was asked").form.get("prompt").cloned();
        (prompt, grant.token.refresh_token.is_some())
    };
    [flow().await, flow().await]
}

fn openid(metadata: Value) -> Script {
    Script { metadata, openid: true, ..Script::default() }
}

const OFFLINE: &[&str] = &["mcp:read", "offline_access"];

#[tokio::test]
async fn an_openid_provider_is_asked_for_the_consent_page() {
    let listed = openid(json!({ "prompt_values_supported": ["none", "login", "consent"] }));
    let scoped = openid(json!({ "scopes_supported": ["openid", "offline_access"] }));
    let mut elsewhere = openid(json!({}));
    elsewhere.instead.push((SERVER_METADATA, Instead::Answer(404, "text/plain", "")));
    for script in [listed, scoped, elsewhere] {
        // The second time the consent is remembered, but nobody is asked without a page for this scope.
        let asked = (Some("consent".to_owned()), true);
        assert_eq!(minted(script, OFFLINE).await, [asked.clone(), asked]);
    }
}

#[tokio::test]
async fn without_that_scope_nobody_needs_a_page_twice() {
    let script = openid(json!({ "scopes_supported": ["openid"] }));
    assert_eq!(
        minted(script, &["mcp:read"]).await,
        [(None, false), (Some("none".to_owned()), false)]
    );
}

#[tokio::test]
async fn a_server_that_knows_no_such_prompt_does_not_get_it() {
    for metadata in [
        json!({ "scopes_supported": OFFLINE }),
        json!({ "scopes_supported": ["openid"], "prompt_values_supported": ["none"] }),
    ] {
        let script = Script { metadata, ..Script::default() };
        assert_eq!(minted(script, OFFLINE).await, [(None, true), (Some("none".to_owned()), true)]);
    }
}

#[tokio::test]
async fn what_nobody_wanted_insists_on_no_page_unless_the_server_lists_that_page() {
    let scopes = json!({ "scopes_supported": OFFLINE });
    let listing = json!({ "scopes_supported": OFFLINE, "prompt_values_supported": ["consent"] });
    for (metadata, expected) in [(scopes, None), (listing, Some("consent"))] {
        let resource = json!({ "scopes_supported": ["mcp:read"] });
        let server = Server::start(Script { resource, ..openid(metadata) }).await;
        crate::mint(&server).await.expect("the script conforms");
        let sent = &server.seen("/authorize")[0].form;
        assert_eq!(sent["scope"], "mcp:read offline_access");
        assert_eq!(sent.get("prompt").map(String::as_str), expected);
    }
}

/// The prompts that were sent, and whether there is a refresh token in the end.
async fn asked_for(mut script: Script, browser_fails: bool) -> (Vec<Option<String>>, bool) {
    script.metadata = json!({ "scopes_supported": ["openid", "offline_access"] });
    let server = Server::start(script).await;
    let mut config = Config::resource(server.mcp());
    config.scope = OFFLINE.iter().map(|&it| it.to_owned()).collect();
    let listener = LoopbackListener::bind().await.expect("a free port");
    let open = async |opening: Opening| match opening.url.as_str().contains("prompt=") {
        true if browser_fails => Err(std::io::Error::other("an administrator has to approve")),
        _ => visit(opening).await.map_err(std::io::Error::other),
    };
    let grant = authorize(&http(), listener, &config, open).await.expect("there is a token");
    let seen = server.seen("/authorize");
    let prompts = seen.iter().map(|it| it.form.get("prompt").cloned()).collect();
    (prompts, grant.token.refresh_token.is_some())
}

#[tokio::test]
async fn a_server_that_lists_no_prompts_is_asked_for_the_page_if_nothing_else_does() {
    assert_eq!(asked_for(Script::default(), false).await, (vec![None], true));
    let consent = Some("consent".to_owned());
    assert_eq!(asked_for(openid(json!({})), false).await, (vec![None, consent], true));
    // A token that cannot be renewed is better than none.
    assert_eq!(asked_for(openid(json!({})), true).await, (vec![None], false));
}

#[tokio::test]
async fn a_prompt_can_be_chosen_and_left_out() {
    let listing = json!({ "prompt_values_supported": ["none", "consent"] });
    for (prompt, expected) in [
        (Prompt::AsNeeded, Some("consent")),
        (Prompt::Omitted, None),
        (Prompt::Value("select_account".to_owned()), Some("select_account")),
    ] {
        let server = Server::start(openid(listing.clone())).await;
        let store = Store::new();
        let mut config = store.config(&server);
        config.scope = OFFLINE.iter().map(|&it| it.to_owned()).collect();
        config.prompt = prompt;
        // The second client is remembered, and is not asked without a page either.
        for _ in 0..2 {
            mint(&config).await.expect("the script conforms");
        }
        let seen = server.seen("/authorize");
        assert!(seen.iter().all(|it| it.form.get("prompt").map(String::as_str) == expected));
    }
}

/// A server that lists `offline_access` and refuses it, in the callback or for the code.
async fn refusing(first: First, given: &[&str]) -> (Vec<String>, Result<Grant, Error>) {
    let resource = json!({ "scopes_supported": ["mcp:read"] });
    let metadata = json!({ "scopes_supported": OFFLINE });
    let server =
        Server::start(Script { resource, metadata, first: vec![first], ..Script::default() }).await;
    let mut config = Config::resource(server.mcp());
    config.scope = given.iter().map(|&it| it.to_owned()).collect();
    let outcome = mint(&config).await;
    let seen = server.seen("/authorize");
    (seen.iter().map(|it| it.form["scope"].clone()).collect(), outcome)
}

const NOT_ALLOWED: First = (
    "/token",
    400,
    &[("content-type", "application/json")],
    r#"{"error":"not_allowed","error_description":"Offline tokens not allowed for the user"}"#,
);

#[tokio::test]
async fn what_nobody_wanted_is_left_out_once_where_it_is_refused() {
    let (asked, outcome) = refusing(NOT_ALLOWED, &[]).await;
    assert_eq!(asked, ["mcp:read offline_access", "mcp:read"]);
    outcome.expect("without it there is a token");

    // Who asked for it is told, and nothing is tried behind their back.
    let (asked, outcome) = refusing(NOT_ALLOWED, OFFLINE).await;
    assert_eq!(asked, ["mcp:read offline_access"]);
    assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");

    let other = ("/token", 400, NOT_ALLOWED.2, r#"{"error":"invalid_grant"}"#);
    let (asked, outcome) = refusing(other, &[]).await;
    assert_eq!(asked.len(), 1);
    assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_scope_that_was_added_is_named_where_the_flow_fails_without_it_too() {
    let resource = json!({ "scopes_supported": ["mcp:read"] });
    let metadata = json!({ "scopes_supported": OFFLINE });
    let callback = json!({ "code": null, "error": "invalid_scope" });
    let server = Server::start(Script { resource, metadata, callback, ..Script::default() }).await;
    let error = crate::mint(&server).await.expect_err("no scope will do");
    assert_eq!(server.seen("/authorize").len(), 2);
    assert!(error.to_string().contains("`offline_access`"), "{error}");
    let source = std::error::Error::source(&error).expect("what was refused");
    assert!(source.to_string().contains("invalid_scope"), "{source}");
}
