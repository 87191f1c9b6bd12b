//! The scopes in a registration, which some servers let nobody choose.

use std::sync::Arc;

use oauth_loopback::{Config, Error, Step};
use serde_json::{Value, json};

use crate::client_store::mint;
use crate::server::{Instead, Script, Server};

const TYPE: &[(&str, &str)] = &[("content-type", "application/json")];
const POLICY: &str = r#"{"error":"insufficient_scope","error_description":"clientScope"}"#;

fn script(resource: Value) -> Script {
    let metadata = json!({ "scopes_supported": ["openid", "mcp:read", "offline_access"] });
    Script { resource, metadata, ..Script::default() }
}

fn config(server: &Server, scope: &[&str]) -> Config {
    let mut config = Config::resource(server.mcp());
    config.scope = scope.iter().map(|&it| it.to_owned()).collect();
    config
}

/// The `scope` of each registration.
fn sent(server: &Arc<Server>) -> Vec<Option<String>> {
    let seen = server.seen("/register");
    seen.iter()
        .map(|it| {
            let sent: Value = serde_json::from_slice(&it.body).expect("JSON");
            sent.get("scope").map(|it| it.as_str().expect("a text").to_owned())
        })
        .collect()
}

#[tokio::test]
async fn it_names_what_somebody_wants_and_nothing_where_nobody_does() {
    let listed = json!({ "scopes_supported": ["mcp:read"] });
    for (resource, given, expected) in [
        (json!({}), &[][..], None),
        (listed.clone(), &[], Some("mcp:read offline_access")),
        (listed, &["mcp:write"], Some("mcp:write")),
    ] {
        let server = Server::start(script(resource)).await;
        mint(&config(&server, given)).await.expect("the script conforms");
        assert_eq!(sent(&server), [expected.map(str::to_owned)]);
    }
}

#[tokio::test]
async fn a_registration_that_is_refused_for_its_scope_is_made_once_more_without() {
    const METADATA: &str =
        r#"{"error":"invalid_client_metadata","error_description":"Unknown Scope openid"}"#;
    const SCOPE: &str = r#"{"error":"invalid_scope"}"#;
    for (status, body) in [(403, POLICY), (400, METADATA), (400, SCOPE)] {
        let resource = json!({ "scopes_supported": ["openid", "mcp:read"] });
        let first = vec![("/register", status, TYPE, body)];
        let server = Server::start(Script { first, ..script(resource) }).await;
        mint(&config(&server, &[])).await.expect("without a scope it is taken");
        let sent = sent(&server);
        assert_eq!(sent, [Some("openid mcp:read offline_access".to_owned()), None]);
        let asked = &server.seen("/authorize")[0].form["scope"];
        assert_eq!(asked, "openid mcp:read offline_access", "the request names them still");
    }
}

#[tokio::test]
async fn one_that_is_refused_for_something_else_is_not_made_again() {
    for body in [
        r#"{"error":"invalid_client_metadata","error_description":"client_name"}"#,
        r#"{"error":"invalid_redirect_uri"}"#,
    ] {
        let resource = json!({ "scopes_supported": ["mcp:read"] });
        let instead = vec![("/register", Instead::Answer(400, "application/json", body))];
        let server = Server::start(Script { instead, ..script(resource) }).await;
        mint(&config(&server, &[])).await.expect_err("it is refused");
        assert_eq!(sent(&server).len(), 1);
    }
}

#[tokio::test]
async fn whoever_named_the_scopes_is_told_of_them_first() {
    for (given, code) in [(&["nonsense"][..], "insufficient_scope"), (&[], "access_denied")] {
        let resource = json!({ "scopes_supported": ["mcp:read"] });
        let first = vec![
            ("/register", 403, TYPE, POLICY),
            ("/register", 401, TYPE, r#"{"error":"access_denied"}"#),
        ];
        let server = Server::start(Script { first, ..script(resource) }).await;
        let refused = mint(&config(&server, given)).await.expect_err("both are refused");
        let Error::Refused(refused) = refused else { panic!("{refused}") };
        assert_eq!((refused.step, refused.error.as_deref()), (Step::Registration, Some(code)));
        assert_eq!(sent(&server).len(), 2);
    }
}
