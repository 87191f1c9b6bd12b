//! `offline_access` at servers that grant it to whoever insists on the consent page.

use serde_json::{Value, json};

use crate::client_store::{Store, mint};
use crate::server::{Instead, SERVER_METADATA, Script, Server};

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
