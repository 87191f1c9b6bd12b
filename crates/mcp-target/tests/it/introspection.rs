//! What a token means, and its end before its time.

use std::time::Duration;

use mcp_target::{Fault, TokenKind};
use serde_json::{Value, json};

use crate::clients::{BASIC, ID, with_client};
use crate::target::Target;

async fn meaning(target: &Target, token: &str) -> Value {
    let (status, meaning) = target.form("/introspect", BASIC, &[("token", token)]).await;
    assert_eq!(status, 200, "{meaning}");
    meaning
}

async fn grant(target: &Target) -> (String, Value) {
    let id = target.register().await;
    let code = target.code(&id, &[]).await;
    let (_, grant) = target.exchange(&id, &code, &[]).await;
    (id, grant)
}

#[tokio::test]
async fn an_opaque_token_opens_the_mcp_endpoint_and_is_explained() {
    let target = with_client(|it| it.token_kind = TokenKind::Opaque).await;
    let (id, grant) = grant(&target).await;
    let bearer = grant["access_token"].as_str().unwrap();
    assert!(!bearer.contains('.'));
    assert_eq!(target.knock(bearer).await, 200);
    assert_eq!(target.knock(bearer).await, 200);
    let meaning = meaning(&target, bearer).await;
    assert_eq!(meaning["active"], true);
    assert_eq!(meaning["client_id"], id);
    assert_eq!(meaning["aud"], target.resource);
    assert_eq!(meaning["iss"], target.issuer);
    assert_eq!(meaning["workspace_id"], "ws-1");
    assert_eq!(meaning["scope"], "mcp:read offline_access");
}

#[tokio::test]
async fn only_a_client_that_authenticates_is_told_what_a_token_means() {
    let target = with_client(|_| {}).await;
    let (id, grant) = grant(&target).await;
    let bearer = grant["access_token"].as_str().unwrap();
    assert_eq!(meaning(&target, bearer).await["token_type"], "Bearer");
    for token in ["made-up", "made.up", "a.b.c", grant["refresh_token"].as_str().unwrap()] {
        assert_eq!(meaning(&target, token).await, json!({"active": false}), "{token}");
    }
    let form = [("token", bearer), ("client_id", id.as_str())];
    let (status, error) = target.form("/introspect", None, &form).await;
    assert_eq!((status, &error["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn a_client_reads_its_own_refresh_token_for_as_long_as_it_is_good() {
    own_refresh_token(None, false).await;
    own_refresh_token(Some(Fault::ReuseGrace), true).await;
}

async fn own_refresh_token(fault: Option<Fault>, is_spared: bool) {
    let target = with_client(|it| it.faults = fault.into_iter().collect()).await;
    let code = target.code(ID, &[]).await;
    let redirect_uri = crate::target::REDIRECT_URI;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", crate::target::VERIFIER),
        ("redirect_uri", redirect_uri),
        ("resource", target.resource.as_str()),
    ];
    let (status, grant) = target.form("/token", BASIC, &form).await;
    assert_eq!(status, 200, "{grant}");
    let first = grant["refresh_token"].as_str().unwrap();
    let told = meaning(&target, first).await;
    assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(ID)));

    let resource = target.resource.as_str();
    let form = [("grant_type", "refresh_token"), ("refresh_token", first), ("resource", resource)];
    assert_eq!(target.form("/token", BASIC, &form).await.0, 200);
    assert_eq!(meaning(&target, first).await["active"], is_spared);
}

#[tokio::test]
async fn a_revoked_access_token_is_refused_also_where_it_was_verified_before() {
    for kind in [TokenKind::Jwt, TokenKind::Opaque] {
        let target = with_client(|it| it.token_kind = kind).await;
        let (id, grant) = grant(&target).await;
        let bearer = grant["access_token"].as_str().unwrap();
        assert_eq!(target.knock(bearer).await, 200);
        let other = target.register().await;
        let form = |id| [("token", bearer), ("client_id", id)];
        let (status, error) = target.form("/revoke", None, &form(&other)).await;
        assert_eq!((status, &error["error"]), (400, &json!("unauthorized_client")));
        assert_eq!(target.knock(bearer).await, 200);

        assert_eq!(target.form("/revoke", None, &form(&id)).await.0, 200);
        assert_eq!(target.knock(bearer).await, 401, "{kind:?}");
        assert_eq!(meaning(&target, bearer).await, json!({"active": false}));
        assert_eq!(target.form("/revoke", None, &form(&id)).await.0, 200, "a second time");
        // The refresh token is good for another one.
        let refresh_token = grant["refresh_token"].as_str().unwrap();
        assert_eq!(target.refresh(&id, refresh_token, &[]).await.0, 200);
    }
}

#[tokio::test]
async fn a_revoked_refresh_token_ends_all_that_came_of_its_grant() {
    for kind in [TokenKind::Jwt, TokenKind::Opaque] {
        let target = with_client(|it| it.token_kind = kind).await;
        let (id, first) = grant(&target).await;
        let (_, second) = target.refresh(&id, first["refresh_token"].as_str().unwrap(), &[]).await;
        let bearers = [&first, &second].map(|it| it["access_token"].as_str().unwrap());
        assert_eq!(target.knock(bearers[0]).await, 200);
        let refresh_token = second["refresh_token"].as_str().unwrap();
        let form = [("token", refresh_token), ("client_id", id.as_str())];
        assert_eq!(target.form("/revoke", None, &form).await.0, 200);
        for bearer in bearers {
            assert_eq!(target.knock(bearer).await, 401, "{kind:?}");
        }
        let (status, error) = target.refresh(&id, refresh_token, &[]).await;
        assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")));
    }
}

#[tokio::test]
async fn a_token_is_good_for_as_long_as_was_said() {
    let target = Target::with(|it| it.token_life = Duration::from_secs(90)).await;
    let (_, grant) = grant(&target).await;
    assert_eq!(grant["expires_in"], 90);
}
