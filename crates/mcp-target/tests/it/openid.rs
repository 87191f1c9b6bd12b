//! OpenID Connect: who granted it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::target::{EMAIL, Target};

fn decode(part: &str) -> Value {
    serde_json::from_slice(&BASE64URL.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn openid_gives_an_id_token_and_userinfo_with_what_the_scopes_name() {
    let target = Target::start().await;
    let id = target.register().await;
    for (scope, named) in [
        ("openid mcp:read", vec![]),
        ("openid email", vec!["email", "email_verified"]),
        ("openid profile", vec!["name", "preferred_username"]),
    ] {
        let code = target.code(&id, &[("scope", scope), ("nonce", "n-1")]).await;
        let (_, grant) = target.exchange(&id, &code, &[]).await;
        let id_token = grant["id_token"].as_str().unwrap();
        let parts: Vec<_> = id_token.split('.').collect();
        let (header, claims) = (decode(parts[0]), decode(parts[1]));
        let (_, jwks) = target.get("/jwks").await;
        assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": jwks["keys"][0]["kid"]}));
        assert_eq!(claims["iss"], target.issuer);
        assert_eq!((&claims["aud"], &claims["nonce"]), (&json!(id), &json!("n-1")));
        assert!(claims["auth_time"].as_u64() <= claims["iat"].as_u64());
        // It is no access token.
        assert_eq!(target.knock(id_token).await, 401);

        let userinfo = format!("{}/userinfo", target.issuer);
        let bearer = grant["access_token"].as_str().unwrap();
        let told = target.http.get(userinfo).bearer_auth(bearer).send().await.unwrap();
        let told: Value = told.json().await.unwrap();
        assert_eq!(told["sub"], claims["sub"]);
        for name in ["name", "preferred_username", "email", "email_verified"] {
            assert_eq!(told.get(name).is_some(), named.contains(&name), "{scope}: {name}");
            assert_eq!(told.get(name), claims.get(name));
        }
        assert!(told.get("email").is_none_or(|it| it == EMAIL));
    }
}

#[tokio::test]
async fn userinfo_is_for_tokens_with_openid() {
    let target = Target::start().await;
    let plain = target.bearer("mcp:read").await;
    for (bearer, status, challenge) in [
        (None, 401, "Bearer"),
        (Some("made up"), 401, r#"Bearer error="invalid_token""#),
        (Some(plain.as_str()), 403, r#"Bearer error="insufficient_scope", scope="openid""#),
    ] {
        let mut request = target.http.post(format!("{}/userinfo", target.issuer));
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), status);
        assert_eq!(refused.headers()["www-authenticate"], challenge);
    }
}
