//! Faults of the token endpoint, and of what it gives out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use mcp_target::Fault;
use serde_json::{Value, json};

use crate::target::Target;

async fn grant(target: &Target) -> (String, Value) {
    let id = target.register().await;
    let code = target.code(&id, &[]).await;
    let (status, grant) = target.exchange(&id, &code, &[]).await;
    assert_eq!(status, 200, "{grant}");
    (id, grant)
}

fn refresh_token(grant: &Value) -> &str {
    grant["refresh_token"].as_str().expect("there is a refresh token")
}

#[tokio::test]
async fn opaque_without_resource() {
    let target = Target::faulty(Fault::OpaqueWithoutResource).await;
    let (id, good) = grant(&target).await;
    assert_eq!(target.knock(good["access_token"].as_str().unwrap()).await, 200);
    let code = target.code(&id, &[]).await;
    let (status, without) = target.exchange(&id, &code, &[("resource", "")]).await;
    assert_eq!(status, 200);
    let (status, refreshed) = target.refresh(&id, refresh_token(&good), &[("resource", "")]).await;
    assert_eq!(status, 200);
    for answer in [without, refreshed] {
        let bearer = answer["access_token"].as_str().unwrap();
        assert!(!bearer.contains('.'));
        assert_eq!(target.knock(bearer).await, 401);
    }
}

#[tokio::test]
async fn resource_500() {
    let target = Target::faulty(Fault::Resource500).await;
    let (id, good) = grant(&target).await;
    let refresh_token = refresh_token(&good);
    let form =
        [("grant_type", "refresh_token"), ("client_id", &id), ("refresh_token", refresh_token)];
    let answer = target.http.post(format!("{}/token", target.issuer)).form(&form).send().await;
    assert_eq!(answer.unwrap().status(), 500);
    assert_eq!(target.refresh(&id, refresh_token, &[]).await.0, 200);
}

#[tokio::test]
async fn audience_list() {
    let target = Target::faulty(Fault::AudienceList).await;
    let bearer = target.bearer("mcp:read").await;
    let claims = BASE64URL.decode(bearer.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], json!([target.resource]));
    assert_eq!(target.knock(&bearer).await, 200);
}

#[tokio::test]
async fn the_shapes_of_a_token_response() {
    for (fault, name, expect) in [
        (Fault::EmptyStrings, "id_token", json!("")),
        (Fault::EmptyStrings, "scope", json!("")),
        (Fault::StringExpiresIn, "expires_in", json!("3600")),
        (Fault::ScopeList, "scope", json!(["mcp:read", "offline_access"])),
        (Fault::LowercaseBearer, "token_type", json!("bearer")),
    ] {
        let target = Target::faulty(fault).await;
        let (_, grant) = grant(&target).await;
        assert_eq!(grant[name], expect, "{fault:?}");
        assert_eq!(target.knock(grant["access_token"].as_str().unwrap()).await, 200);
    }
    let target = Target::faulty(Fault::EmptyStrings).await;
    let id = target.register().await;
    let code = target.code(&id, &[("scope", "mcp:read")]).await;
    assert_eq!(target.exchange(&id, &code, &[]).await.1["refresh_token"], "");
}

#[tokio::test]
async fn cacheable_token() {
    let target = Target::faulty(Fault::CacheableToken).await;
    let id = target.register().await;
    let code = target.code(&id, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", id.as_str()),
        ("code", code.as_str()),
        ("code_verifier", crate::target::VERIFIER),
        ("redirect_uri", crate::target::REDIRECT_URI),
        ("resource", target.resource.as_str()),
    ];
    let address = format!("{}/token", target.issuer);
    let answer = target.http.post(address).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("cache-control"));
}

#[tokio::test]
async fn grant_401() {
    let target = Target::faulty(Fault::Grant401).await;
    let id = target.register().await;
    let code = target.code(&id, &[]).await;
    for (status, answer) in [
        target.exchange(&id, "made up", &[]).await,
        target.exchange(&id, &code, &[("code_verifier", "wrong")]).await,
        target.refresh(&id, "made.up", &[]).await,
    ] {
        assert_eq!((status, &answer["error"]), (401, &json!("invalid_grant")));
    }
    assert_eq!(target.exchange(&id, &code, &[("resource", "")]).await.0, 400);
}

#[tokio::test]
async fn no_rotation() {
    let target = Target::faulty(Fault::NoRotation).await;
    let (id, grant) = grant(&target).await;
    for _ in 0..4 {
        let (status, answer) = target.refresh(&id, refresh_token(&grant), &[]).await;
        assert_eq!((status, answer.get("refresh_token")), (200, None));
    }
}

#[tokio::test]
async fn late_rotation() {
    let target = Target::faulty(Fault::LateRotation).await;
    let (id, grant) = grant(&target).await;
    let first = refresh_token(&grant);
    for _ in 0..2 {
        let (status, answer) = target.refresh(&id, first, &[]).await;
        assert_eq!((status, answer.get("refresh_token")), (200, None));
    }
    let (_, third) = target.refresh(&id, first, &[]).await;
    let (status, fourth) = target.refresh(&id, refresh_token(&third), &[]).await;
    assert_eq!(status, 200);
    assert_ne!(refresh_token(&fourth), refresh_token(&third));
    assert_eq!(target.refresh(&id, first, &[]).await.0, 400);
}

#[tokio::test]
async fn reuse_grace() {
    let target = Target::faulty(Fault::ReuseGrace).await;
    let (id, grant) = grant(&target).await;
    let first = refresh_token(&grant);
    let (_, second) = target.refresh(&id, first, &[]).await;
    let (again, third) = target.refresh(&id, first, &[]).await;
    let (late, _) = target.refresh(&id, refresh_token(&second), &[]).await;
    let (newest, _) = target.refresh(&id, refresh_token(&third), &[]).await;
    assert_eq!((again, late, newest), (200, 200, 200));
    let unknown = format!("{}.wrong", first.split('.').next().unwrap());
    assert_eq!(target.refresh(&id, &unknown, &[]).await.0, 400);
    assert_eq!(target.refresh(&id, first, &[]).await.0, 400, "the family has ended");
}

#[tokio::test]
async fn refresh_refused() {
    let target = Target::faulty(Fault::RefreshRefused).await;
    let (id, grant) = grant(&target).await;
    let (status, answer) = target.refresh(&id, refresh_token(&grant), &[]).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
}
