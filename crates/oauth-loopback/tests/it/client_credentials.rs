//! What a client proves itself with.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64URL};
use oauth_loopback::{ClientInformation, ClientKey, client_credentials};
use ring::signature::{self, KeyPair as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{done, failure, minted, program};
use crate::server::{Script, Server};
use crate::{discovered, http};

fn key_file(pkcs8: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("client.pem");
    let encoded = BASE64_STANDARD.encode(pkcs8);
    std::fs::write(
        &path,
        format!("-----BEGIN PRIVATE KEY-----\n{encoded}\n-----END PRIVATE KEY-----\n"),
    )
    .expect("a file");
    (folder, path)
}

fn offering(methods: Value) -> Script {
    Script {
        metadata: json!({ "token_endpoint_auth_methods_supported": methods, "authorization_endpoint": null }),
        token: json!({ "refresh_token": null }),
        ..Script::default()
    }
}

#[tokio::test]
async fn a_client_gets_a_token_with_its_secret_where_the_server_takes_it() {
    for (method, basic) in [("client_secret_basic", true), ("client_secret_post", false)] {
        let server = Server::start(offering(json!([method]))).await;
        let mut command = program(&["client-credentials", &server.mcp(), "--client-id", "me"]);
        command.env("LOADTEST_CLIENT_SECRET", "hush");
        let (printed, _) = done(command).await;
        assert!(printed.contains("\"access_token\""), "{printed}");
        let sent = &server.seen("/token")[0];
        assert_eq!(sent.form["grant_type"], "client_credentials");
        assert_eq!(sent.form["resource"], server.mcp());
        assert_eq!(sent.headers.contains_key("authorization"), basic);
        assert_eq!(sent.form.get("client_secret").is_some_and(|it| it == "hush"), !basic);
        assert!(server.seen("/register").is_empty());
    }
}

#[tokio::test]
async fn a_key_signs_an_assertion_for_the_issuer() {
    let random = ring::rand::SystemRandom::new();
    let pkcs8 = signature::EcdsaKeyPair::generate_pkcs8(
        &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &random,
    )
    .expect("a key");
    let (_folder, path) = key_file(pkcs8.as_ref());
    let server = Server::start(offering(json!(["private_key_jwt"]))).await;
    let mut command = program(&[
        "client-credentials",
        &server.mcp(),
        "--client-id",
        "me",
        "--scope",
        "mcp:read",
        "--format",
        "header",
    ]);
    command.env("LOADTEST_CLIENT_KEY_FILE", &path);
    assert!(done(command).await.0.starts_with("Authorization: Bearer e30."));

    let sent = &server.seen("/token")[0].form;
    assert_eq!(sent["scope"], "mcp:read");
    assert_eq!(
        sent["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let (signed, signed_with) = sent["client_assertion"].rsplit_once('.').expect("three parts");
    let key = signature::EcdsaKeyPair::from_pkcs8(
        &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        pkcs8.as_ref(),
        &random,
    )
    .expect("a key");
    signature::UnparsedPublicKey::new(
        &signature::ECDSA_P256_SHA256_FIXED,
        key.public_key().as_ref(),
    )
    .verify(signed.as_bytes(), &BASE64URL.decode(signed_with).expect("base64url"))
    .expect("the key's own signature");
    let parts: Vec<Value> = signed
        .split('.')
        .map(|it| serde_json::from_slice(&BASE64URL.decode(it).expect("base64url")).expect("JSON"))
        .collect();
    assert_eq!(parts[0]["alg"], "ES256");
    assert_eq!((&parts[1]["iss"], &parts[1]["sub"]), (&json!("me"), &json!("me")));
    assert_eq!(parts[1]["aud"], server.origin);
    assert!(parts[1]["exp"].as_u64() > parts[1]["iat"].as_u64() && parts[1]["jti"].is_string());
}

#[tokio::test]
async fn an_assertion_is_good_for_one_request_so_the_next_one_is_signed_again() {
    let random = ring::rand::SystemRandom::new();
    let pkcs8 = signature::Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let (_folder, path) = key_file(pkcs8.as_ref());
    let busy = ("/token", 429, &[("retry-after", "0")][..], "");
    let server =
        Server::start(Script { first: vec![busy], ..offering(json!(["private_key_jwt"])) }).await;
    let mut client = ClientInformation::preregistered("me");
    let pem = std::fs::read(path).expect("it is ours");
    client.client_key = Some(ClientKey::from_pem(&pem).expect("a key"));
    client_credentials(&http(), &discovered(&server).await, &client, &[], &[])
        .await
        .expect("it is less busy");
    let ids: Vec<Value> = server
        .seen("/token")
        .iter()
        .map(|it| {
            let claims = it.form["client_assertion"].split('.').nth(1).expect("three parts");
            let claims = BASE64URL.decode(claims).expect("base64url");
            serde_json::from_slice::<Value>(&claims).expect("JSON")["jti"].clone()
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_client_without_a_secret_is_told_where_to_put_one() {
    let arguments = ["client-credentials", "http://127.0.0.1:1/mcp", "--client-id", "me"];
    let said = failure(program(&arguments)).await;
    assert!(said.contains("LOADTEST_CLIENT_SECRET"), "{said}");
    let (_folder, path) = key_file(b"no key");
    let mut command = program(&arguments);
    command.env("LOADTEST_CLIENT_KEY_FILE", &path);
    let said = failure(command).await;
    assert!(said.contains("the client's key is neither EC P-256 nor RSA nor Ed25519"), "{said}");
}

#[tokio::test]
async fn a_preregistered_client_uses_its_secret_in_the_browser_flow_too() {
    let server = Server::start(Script::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("grant.json");
    let file = path.to_str().expect("UTF-8");
    let mut command = program(&[&server.mcp(), "--client-id", "me", "--out", file]);
    command.env("LOADTEST_CLIENT_SECRET", "hush");
    minted(command).await;
    // "me:hush"
    let sent = |it: usize| server.seen("/token")[it].headers["authorization"].clone();
    assert_eq!(sent(0), "Basic bWU6aHVzaA==");
    assert!(!std::fs::read_to_string(&path).expect("it is ours").contains("hush"));

    let mut command = program(&["refresh", file]);
    command.env("LOADTEST_CLIENT_SECRET", "hush");
    done(command).await;
    assert_eq!(sent(1), "Basic bWU6aHVzaA==");
}
