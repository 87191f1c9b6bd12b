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
