use serde_json::json;

use crate::target::Target;

#[tokio::test]
async fn a_challenge_leads_to_the_token_endpoint() {
    let target = Target::start().await;
    let response = target.http.post(&target.resource).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let prm = format!("{}/.well-known/oauth-protected-resource/mcp", target.issuer);
    let challenge = format!(r#"Bearer resource_metadata="{prm}", scope="mcp:read""#);
    assert_eq!(response.headers()["www-authenticate"], challenge.as_str());

    for path in
        ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"]
    {
        let (status, metadata) = target.get(path).await;
        assert_eq!(status, 200);
        assert_eq!(metadata["resource"], target.resource);
        assert_eq!(metadata["authorization_servers"], json!([target.issuer]));
        assert_eq!(metadata["scopes_supported"], json!(["mcp:read", "offline_access"]));
    }

    let (status, metadata) = target.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(status, 200);
    assert_eq!(metadata["issuer"], target.issuer);
    assert_eq!(metadata["token_endpoint"], format!("{}/token", target.issuer));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(
        metadata["token_endpoint_auth_methods_supported"],
        json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"])
    );
}

#[tokio::test]
async fn every_endpoint_of_the_metadata_is_there_and_openid_has_the_same() {
    let target = Target::start().await;
    let (_, metadata) = target.get("/.well-known/oauth-authorization-server").await;
    let (status, openid) = target.get("/.well-known/openid-configuration").await;
    assert_eq!((status, &openid), (200, &metadata));
    let members = metadata.as_object().unwrap();
    let endpoints =
        members.iter().filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    let mut count = 0;
    for (name, address) in endpoints {
        let answer = target.http.get(address.as_str().unwrap()).send().await.unwrap();
        assert_ne!(answer.status(), 404, "{name}");
        count += 1;
    }
    assert_eq!(count, 7);
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["ES256"]));
    for endpoint in ["token", "revocation", "introspection"] {
        let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        assert_eq!(metadata[&name], json!(["ES256", "RS256", "EdDSA"]), "{name}");
    }
    assert_eq!(metadata["protected_resources"], json!([target.resource]));
}

#[tokio::test]
async fn health_needs_no_bearer() {
    let target = Target::start().await;
    let response = target.http.get(format!("{}/health", target.issuer)).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (200, "ok"));
    let response = target.http.get(format!("{}/nowhere", target.issuer)).send().await.unwrap();
    assert_eq!(response.status(), 404);
}
