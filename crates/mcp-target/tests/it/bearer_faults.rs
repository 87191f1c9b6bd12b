//! What the MCP endpoint says of a token, and where it says that its metadata is.

use mcp_target::Fault;
use serde_json::{Value, json};

use crate::session::Session;
use crate::target::Target;

#[derive(Debug, PartialEq)]
struct Refusal {
    status: u16,
    error: Value,
    challenge: Option<String>,
}

async fn refusal(target: &Target, bearer: Option<&str>) -> Refusal {
    let response = Session::post(target, bearer, None, &Session::initialize_body()).await;
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|it| it.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    assert_eq!(response.headers().get("retry-after"), None);
    Refusal { status, error: response.json().await.unwrap(), challenge }
}

#[tokio::test]
async fn every_token_is_refused_in_the_words_of_the_fault() {
    for (fault, status, error) in [
        (Fault::MissingWorkspaceClaim, 401, "missing_workspace_claim"),
        (Fault::MissingSubject, 401, "missing_subject"),
        (Fault::MissingClientId, 401, "missing_client_id"),
        (Fault::CrossWorkspaceDenied, 403, "cross_workspace_denied"),
        (Fault::PasswordChangeRequired, 403, "password_change_required"),
        (Fault::InsufficientScope, 403, "insufficient_scope"),
    ] {
        let target = Target::faulty(fault).await;
        let bearer = target.bearer("mcp:read").await;
        let refused = refusal(&target, Some(&bearer)).await;
        assert_eq!((refused.status, &refused.error), (status, &json!({"error": error})));
        let has_challenge = fault == Fault::InsufficientScope;
        assert_eq!(refused.challenge.is_some(), has_challenge, "{fault:?}");
        if let Some(it) = refused.challenge {
            assert!(it.contains("error=\"insufficient_scope\"") && it.contains(&target.issuer));
        }
        // Nobody without one learns more than how to get one.
        let without = refusal(&target, None).await;
        assert_eq!((without.status, without.error), (401, json!({"error": "missing_bearer"})));
    }
}

#[tokio::test]
async fn any_token() {
    let target = Target::faulty(Fault::AnyToken).await;
    let session = Session::open_with(&target, "no-token-of-ours".to_owned()).await;
    assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
    // Nor does it matter what a token of ours is good for.
    let session = Session::open_with(&target, target.bearer("openid").await).await;
    assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
    assert_eq!(refusal(&target, None).await.status, 401);
}

#[tokio::test]
async fn no_challenge() {
    let target = Target::faulty(Fault::NoChallenge).await;
    for bearer in [None, Some("x")] {
        let refused = refusal(&target, bearer).await;
        assert_eq!((refused.status, refused.challenge), (401, None));
    }
    Session::open(&target).await;
}

#[tokio::test]
async fn misdirected_and_region_unavailable() {
    let target = Target::faulty(Fault::Misdirected).await;
    let refused = refusal(&target, None).await;
    assert_eq!((refused.status, &refused.error["error"]), (421, &json!("misdirected_request")));
    assert!(refused.error["correctApiUrl"].as_str().unwrap().starts_with("https://"));

    let target = Target::faulty(Fault::RegionUnavailable).await;
    let refused = refusal(&target, None).await;
    let unavailable = json!({"error": "region_unavailable"});
    assert_eq!((refused.status, refused.error), (503, unavailable));
}

#[tokio::test]
async fn auth_unavailable() {
    let target = Target::faulty(Fault::AuthUnavailable).await;
    // Opening takes two requests.
    let session = Session::open(&target).await;
    for _ in 3..=9 {
        assert_eq!(session.call("listEntities", json!({})).await["isError"], false);
    }
    for _ in 0..2 {
        let response = session.send(&Session::call_body()).await;
        assert_eq!(response.status(), 503);
        let error: Value = response.json().await.unwrap();
        assert_eq!(error, json!({"error": "auth_unavailable"}));
    }
}

#[tokio::test]
async fn root_metadata_only() {
    let target = Target::faulty(Fault::RootMetadataOnly).await;
    let challenge = refusal(&target, None).await.challenge.unwrap();
    assert_eq!(challenge, "Bearer scope=\"mcp:read\"");
    let path = "/.well-known/oauth-protected-resource";
    assert_eq!(target.get(path).await.1["resource"], json!(target.resource));
    let response = target.http.get(format!("{}{path}/mcp", target.issuer)).send().await.unwrap();
    assert_eq!(response.status(), 404);
}
