use mcp_target::TokenKind;
use serde_json::{Value, json};

use crate::target::{REDIRECT_URI, Target};

#[tokio::test]
async fn a_public_native_client_is_registered() {
    let target = Target::start().await;
    let metadata = json!({
        "client_name": "k6",
        "redirect_uris": [REDIRECT_URI],
    });
    let (status, client) = target.post("/register", &metadata).await;
    assert_eq!(status, 201);
    assert_eq!(client["client_name"], "k6");
    assert_eq!(client["redirect_uris"], json!([REDIRECT_URI]));
    assert_eq!(client["grant_types"], json!(["authorization_code"]));
    assert_eq!(client["application_type"], "native");
    assert_eq!(client["token_endpoint_auth_method"], "none");
    assert_eq!(client.get("client_secret"), None);
    let (_, other) = target.post("/register", &metadata).await;
    assert_ne!(client["client_id"], other["client_id"]);
}

#[tokio::test]
async fn wrong_metadata_is_refused_by_name() {
    let target = Target::start().await;
    let check = async |changes: Value, expect: &str| {
        let mut metadata = json!({"redirect_uris": [REDIRECT_URI]});
        metadata.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (status, error) = target.post("/register", &metadata).await;
        assert_eq!((status, &error["error"]), (400, &json!(expect)), "{metadata}");
    };
    check(json!({"redirect_uris": []}), "invalid_redirect_uri").await;
    check(json!({"redirect_uris": [REDIRECT_URI, "http://app.example/"]}), "invalid_redirect_uri")
        .await;
    check(json!({"redirect_uris": vec![REDIRECT_URI; 6]}), "invalid_redirect_uri").await;
    let long = format!("{REDIRECT_URI}/{}", "x".repeat(500));
    check(json!({"redirect_uris": [long]}), "invalid_redirect_uri").await;
    check(json!({"application_type": "web"}), "invalid_redirect_uri").await;
    check(json!({"application_type": "desktop"}), "invalid_client_metadata").await;
    check(json!({"grant_types": ["password"]}), "invalid_client_metadata").await;
    check(
        json!({"grant_types": ["client_credentials"], "redirect_uris": []}),
        "invalid_client_metadata",
    )
    .await;
    check(json!({"response_types": ["token"]}), "invalid_client_metadata").await;
    check(json!({"scope": "mcp:write"}), "invalid_client_metadata").await;
    check(json!({"redirect_uris": "no list"}), "invalid_client_metadata").await;
}

#[tokio::test]
async fn a_client_reads_changes_and_deletes_its_registration() {
    let target = Target::start().await;
    let metadata = json!({
        "client_name": "before",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let (_, client) = target.post("/register", &metadata).await;
    let address = client["registration_client_uri"].as_str().unwrap();
    let token = client["registration_access_token"].as_str().unwrap();
    let id = client["client_id"].as_str().unwrap();
    assert_eq!(address, format!("{}/register/{id}", target.issuer));
    assert_eq!(client["client_secret_expires_at"], 0);

    for bearer in ["", "wrong"] {
        let refused = target.http.get(address).bearer_auth(bearer).send().await.unwrap();
        assert_eq!(refused.status(), 401);
    }
    let (_, other) = target.post("/register", &metadata).await;
    let foreign = other["registration_access_token"].as_str().unwrap();
    let refused = target.http.delete(address).bearer_auth(foreign).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let read = target.http.get(address).bearer_auth(token).send().await.unwrap();
    assert_eq!(read.json::<Value>().await.unwrap(), client);

    let put = async |body: Value| {
        let sent = target.http.put(address).bearer_auth(token).json(&body).send().await.unwrap();
        (sent.status().as_u16(), sent.json::<Value>().await.unwrap())
    };
    let (status, error) = put(metadata.clone()).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_client_metadata")));
    let mut changed = metadata.clone();
    changed["client_id"] = id.into();
    changed["client_name"] = "after".into();
    let (status, after) = put(changed.clone()).await;
    assert_eq!((status, &after["client_name"]), (200, &json!("after")));
    assert_eq!(after["client_secret"], client["client_secret"]);
    changed["client_secret"] = "another".into();
    assert_eq!(put(changed).await.0, 400);

    let deleted = target.http.delete(address).bearer_auth(token).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let read = target.http.get(address).bearer_auth(token).send().await.unwrap();
    assert_eq!(read.status(), 401);
}

#[tokio::test]
async fn the_tokens_of_a_deleted_client_end() {
    for kind in [TokenKind::Jwt, TokenKind::Opaque] {
        let target = Target::with(|it| it.token_kind = kind).await;
        let metadata = json!({
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let (_, client) = target.post("/register", &metadata).await;
        let id = client["client_id"].as_str().unwrap();
        let code = target.code(id, &[]).await;
        let (_, grant) = target.exchange(id, &code, &[]).await;
        let bearer = grant["access_token"].as_str().unwrap();
        assert_eq!(target.knock(bearer).await, 200);
        let address = client["registration_client_uri"].as_str().unwrap();
        let token = client["registration_access_token"].as_str().unwrap();
        target.http.delete(address).bearer_auth(token).send().await.unwrap();
        assert_eq!(target.knock(bearer).await, 401, "{kind:?}");
        let refresh_token = grant["refresh_token"].as_str().unwrap();
        assert_eq!(target.refresh(id, refresh_token, &[]).await.0, 401);
    }
}
