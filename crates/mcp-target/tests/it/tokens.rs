use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::target::{REDIRECT_URI, Target};

fn decode(part: &str) -> Value {
    serde_json::from_slice(&BASE64URL.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn the_access_token_is_a_jwt_that_the_published_key_verifies() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[]).await;
    let (status, response) = target.exchange(&client_id, &code, &[]).await;
    assert_eq!(status, 200);
    assert_eq!(response["token_type"], "Bearer");
    assert_eq!(response["expires_in"], 3600);
    assert_eq!(response["scope"], "mcp:read offline_access");

    let token = response["access_token"].as_str().unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let (header, claims) = (decode(parts[0]), decode(parts[1]));
    let (_, jwks) = target.get("/jwks").await;
    let key = &jwks["keys"][0];
    assert_eq!(header, json!({"alg": "ES256", "typ": "at+jwt", "kid": key["kid"]}));
    let mut point = vec![4];
    for name in ["x", "y"] {
        point.extend(BASE64URL.decode(key[name].as_str().unwrap()).unwrap());
    }
    let signed = &token[..token.rfind('.').unwrap()];
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &BASE64URL.decode(parts[2]).unwrap())
        .unwrap();

    assert_eq!(claims["iss"], target.issuer);
    assert_eq!(claims["aud"], target.resource);
    assert_eq!(claims["client_id"], client_id);
    assert_eq!(claims["scope"], "mcp:read offline_access");
    assert_eq!(claims["workspace_id"], "ws-1");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    assert!(claims["sub"].as_str().unwrap().starts_with("user-"));
    assert!(claims["jti"].is_string());
}

#[tokio::test]
async fn a_wrong_token_request_is_refused_by_name() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let other = target.register().await;
    for (name, value, status, expect) in [
        ("grant_type", "", 400, "invalid_request"),
        ("grant_type", "password", 400, "unsupported_grant_type"),
        ("client_id", "", 400, "invalid_request"),
        ("client_id", "nobody", 401, "invalid_client"),
        ("client_id", other.as_str(), 400, "invalid_grant"),
        ("code", "", 400, "invalid_request"),
        ("code", "made up", 400, "invalid_grant"),
        ("code_verifier", "", 400, "invalid_request"),
        ("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong", 400, "invalid_grant"),
        ("redirect_uri", "", 400, "invalid_request"),
        ("redirect_uri", "http://127.0.0.1:4712/callback", 400, "invalid_grant"),
        ("resource", "", 400, "invalid_target"),
        ("resource", "https://other.example/mcp", 400, "invalid_target"),
    ] {
        let code = target.code(&client_id, &[]).await;
        let (got, error) = target.exchange(&client_id, &code, &[(name, value)]).await;
        assert_eq!((got, &error["error"]), (status, &json!(expect)), "{name}={value}");
    }
}

#[tokio::test]
async fn an_incomplete_request_does_not_cost_the_code() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[]).await;
    target.exchange(&client_id, &code, &[("resource", "")]).await;
    target.exchange(&client_id, &code, &[("code_verifier", "")]).await;
    assert_eq!(target.exchange(&client_id, &code, &[]).await.0, 200);
}

#[tokio::test]
async fn a_code_has_one_try_at_its_verifier() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[]).await;
    target.exchange(&client_id, &code, &[("code_verifier", "wrong")]).await;
    let (status, error) = target.exchange(&client_id, &code, &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_second_use_of_a_code_revokes_what_the_first_was_given() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[]).await;
    let (_, first) = target.exchange(&client_id, &code, &[]).await;
    let (status, error) = target.exchange(&client_id, &code, &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")));
    let (status, error) =
        target.refresh(&client_id, first["refresh_token"].as_str().unwrap(), &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_body_that_is_no_form_or_repeats_itself_is_refused() {
    let target = Target::start().await;
    let (status, error) = target.post("/token", &json!({"grant_type": "authorization_code"})).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_request")));
    let (status, error) =
        target.token(&[("grant_type", "refresh_token"), ("grant_type", "refresh_token")]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn a_client_that_authenticates_is_told_that_it_must_not() {
    let target = Target::start().await;
    let request =
        target.http.post(format!("{}/token", target.issuer)).basic_auth("id", Some("secret"));
    let response = request.form(&[("grant_type", "refresh_token")]).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], r#"Basic realm="NovaMart""#);
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "invalid_client");
}

#[tokio::test]
async fn a_refresh_token_rotates_and_its_reuse_ends_the_family() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[]).await;
    let (_, grant) = target.exchange(&client_id, &code, &[]).await;
    let first = grant["refresh_token"].as_str().unwrap();

    let (status, second) = target.refresh(&client_id, first, &[("scope", "mcp:read")]).await;
    assert_eq!((status, &second["scope"]), (200, &json!("mcp:read")));
    assert_ne!(second["access_token"], grant["access_token"]);
    let second = second["refresh_token"].as_str().unwrap();
    assert_ne!(second, first);
    let (status, third) = target.refresh(&client_id, second, &[]).await;
    assert_eq!((status, &third["scope"]), (200, &json!("mcp:read offline_access")));
    let third = third["refresh_token"].as_str().unwrap();

    let (status, error) = target.refresh(&client_id, second, &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")), "a token used before");
    let (status, error) = target.refresh(&client_id, third, &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")), "its successor");
}

#[tokio::test]
async fn a_wrong_refresh_is_refused_by_name_and_does_not_cost_the_token() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let other = target.register().await;
    let code = target.code(&client_id, &[("scope", "offline_access")]).await;
    let (_, grant) = target.exchange(&client_id, &code, &[]).await;
    let token = grant["refresh_token"].as_str().unwrap();
    for (name, value, expect) in [
        ("refresh_token", "", "invalid_request"),
        ("refresh_token", "made up", "invalid_grant"),
        ("refresh_token", "made.up", "invalid_grant"),
        ("client_id", other.as_str(), "invalid_grant"),
        ("resource", "", "invalid_target"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("scope", "mcp:read", "invalid_scope"),
    ] {
        let (status, error) = target.refresh(&client_id, token, &[(name, value)]).await;
        assert_eq!((status, &error["error"]), (400, &json!(expect)), "{name}={value}");
    }
    assert_eq!(target.refresh(&client_id, token, &[]).await.0, 200);
}

#[tokio::test]
async fn a_refresh_token_needs_the_scope_and_the_grant_type() {
    let target = Target::start().await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[("scope", "mcp:read")]).await;
    let (_, grant) = target.exchange(&client_id, &code, &[]).await;
    assert_eq!(grant.get("refresh_token"), None);

    let (_, client) = target.post("/register", &json!({"redirect_uris": [REDIRECT_URI]})).await;
    let client_id = client["client_id"].as_str().unwrap();
    let code = target.code(client_id, &[]).await;
    let (_, grant) = target.exchange(client_id, &code, &[]).await;
    assert_eq!(grant.get("refresh_token"), None);
    let (status, error) = target.refresh(client_id, "any", &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("unauthorized_client")));
}
