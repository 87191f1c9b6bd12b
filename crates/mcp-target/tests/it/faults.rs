use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use mcp_target::Fault;
use serde_json::{Value, json};

use crate::person::Person;
use crate::session::Session;
use crate::target::{REDIRECT_URI, Target, parameter};

const METADATA: &str = "/.well-known/oauth-authorization-server";

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("a JWT has three parts");
    serde_json::from_slice(&BASE64URL.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn no_pkce() {
    let (_, metadata) = Target::faulty(Fault::NoPkce).await.get(METADATA).await;
    assert_eq!(metadata.get("code_challenge_methods_supported"), None);
}

#[tokio::test]
async fn wrong_metadata_issuer() {
    let target = Target::faulty(Fault::WrongMetadataIssuer).await;
    let (_, metadata) = target.get(METADATA).await;
    assert_eq!(metadata["issuer"], format!("{}/other", target.issuer));
}

#[tokio::test]
async fn wrong_resource() {
    let target = Target::faulty(Fault::WrongResource).await;
    let (_, metadata) = target.get("/.well-known/oauth-protected-resource/mcp").await;
    assert_eq!(metadata["resource"], format!("{}/other", target.issuer));
}

#[tokio::test]
async fn registration_403() {
    let target = Target::faulty(Fault::Registration403).await;
    let (status, error) = target.post("/register", &json!({"redirect_uris": [REDIRECT_URI]})).await;
    assert_eq!((status, &error["error"]), (403, &json!("access_denied")));
}

#[tokio::test]
async fn no_forward() {
    let target = Target::faulty(Fault::NoForward).await;
    let page =
        Person::new(&target).sign_in(&target.authorize_url(&target.register().await, &[])).await;
    assert!(page.html.contains("Authorize application"));
    assert_eq!(page.html.matches("<button").count(), 1);
    assert!(page.html.contains(">Deny</button>"));
}

#[tokio::test]
async fn deny() {
    let target = Target::faulty(Fault::Deny).await;
    let page =
        Person::new(&target).sign_in(&target.authorize_url(&target.register().await, &[])).await;
    assert_eq!(parameter(&page.url, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&page.url, "state").as_deref(), Some("some state"));
}

#[tokio::test]
async fn no_callback() {
    let target = Target::faulty(Fault::NoCallback).await;
    let mut person = Person::new(&target);
    let consent = person.sign_in(&target.authorize_url(&target.register().await, &[])).await;
    let page = person.decide(&consent, "approve").await;
    assert_eq!(page.status, 200);
    assert!(page.url.as_str().starts_with(&target.issuer));
    assert!(page.html.contains("Thank you"));
}

#[tokio::test]
async fn wrong_iss_and_no_iss() {
    for fault in [Fault::WrongIss, Fault::NoIss] {
        let target = Target::faulty(fault).await;
        let url = target.authorize_url(&target.register().await, &[]);
        let callback = Person::new(&target).approve(&url).await;
        let expect = (fault == Fault::WrongIss).then(|| format!("{}/other", target.issuer));
        assert_eq!(parameter(&callback, "iss"), expect);
        assert!(parameter(&callback, "code").is_some());
        let (_, metadata) = target.get(METADATA).await;
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    }
}

#[tokio::test]
async fn token_500() {
    let target = Target::faulty(Fault::Token500).await;
    let client_id = target.register().await;
    let code = target.code(&client_id, &[]).await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let response =
        target.http.post(format!("{}/token", target.issuer)).form(&form).send().await.unwrap();
    assert_eq!(response.status(), 500);
}

#[tokio::test]
async fn opaque_token() {
    let target = Target::faulty(Fault::OpaqueToken).await;
    let bearer = target.bearer("mcp:read").await;
    assert!(!bearer.contains('.'));
    let response = Session::post(&target, Some(&bearer), None, &Session::initialize_body()).await;
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn no_workspace() {
    let claims = claims(&Target::faulty(Fault::NoWorkspace).await.bearer("mcp:read").await);
    assert_eq!(claims.get("workspace_id"), None);
    assert!(claims["sub"].is_string());
}

#[tokio::test]
async fn short_token() {
    let claims = claims(&Target::faulty(Fault::ShortToken).await.bearer("mcp:read").await);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 5);
}
