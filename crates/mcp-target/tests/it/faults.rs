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
async fn slash_issuer() {
    let target = Target::faulty(Fault::SlashIssuer).await;
    let issuer = format!("{}/", target.issuer);
    let (_, metadata) = target.get(METADATA).await;
    assert_eq!(metadata["issuer"], issuer);
    assert_eq!(metadata["token_endpoint"], format!("{}/token", target.issuer));
    let (_, metadata) = target.get("/.well-known/oauth-protected-resource/mcp").await;
    assert_eq!(metadata["authorization_servers"], json!([issuer]));
    let url = target.authorize_url(&target.register().await, &[]);
    let callback = Person::new(&target).approve(&url).await;
    assert_eq!(parameter(&callback, "iss").as_ref(), Some(&issuer));
    let bearer = target.bearer("mcp:read openid").await;
    assert_eq!(claims(&bearer)["iss"], issuer);
    assert_eq!(target.knock(&bearer).await, 200);
}

#[tokio::test]
async fn openid_only() {
    let target = Target::faulty(Fault::OpenidOnly).await;
    let address = format!("{}{METADATA}", target.issuer);
    assert_eq!(target.http.get(address).send().await.unwrap().status(), 404);
    let (status, metadata) = target.get("/.well-known/openid-configuration").await;
    assert_eq!((status, &metadata["issuer"]), (200, &json!(target.issuer)));
}

#[tokio::test]
async fn root_metadata_only() {
    let target = Target::faulty(Fault::RootMetadataOnly).await;
    let challenged = target.http.post(&target.resource).send().await.unwrap();
    assert_eq!(challenged.headers()["www-authenticate"], r#"Bearer scope="mcp:read""#);
    let root = format!("{}/.well-known/oauth-protected-resource", target.issuer);
    assert_eq!(target.http.get(format!("{root}/mcp")).send().await.unwrap().status(), 404);
    let metadata: Value = target.http.get(root).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["resource"], target.resource);
}

#[tokio::test]
async fn registration_429_and_no_registration() {
    let body = json!({"redirect_uris": [REDIRECT_URI]});
    for (fault, status) in [(Fault::Registration429, 429), (Fault::NoRegistration, 404)] {
        let target = Target::faulty(fault).await;
        let address = format!("{}/register", target.issuer);
        let refused = target.http.post(address).json(&body).send().await.unwrap();
        assert_eq!(refused.status(), status);
        assert_eq!(refused.headers().contains_key("x-retry-after"), status == 429);
        assert!(!refused.headers().contains_key("retry-after"));
        let (_, metadata) = target.get(METADATA).await;
        assert_eq!(metadata.get("registration_endpoint").is_some(), status == 429);
    }
}

#[tokio::test]
async fn the_shapes_of_a_registration() {
    let body =
        json!({"redirect_uris": [REDIRECT_URI], "application_type": "native", "scope": "mcp:read"});
    let scopes = "mcp:read offline_access openid profile email";
    for (fault, status, method, scope) in [
        (Fault::Registration200, 200, "none", "mcp:read"),
        (Fault::NativeOnly, 201, "none", "mcp:read"),
        (Fault::ImposedSecret, 201, "client_secret_post", "mcp:read"),
        (Fault::WidenedScope, 201, "none", scopes),
    ] {
        let target = Target::faulty(fault).await;
        let (got, client) = target.post("/register", &body).await;
        assert_eq!((got, &client["scope"]), (status, &json!(scope)), "{fault:?}");
        assert_eq!(client["token_endpoint_auth_method"], method);
        assert_eq!(client["client_secret"].is_string(), method != "none");
    }
}

#[tokio::test]
async fn native_only() {
    let target = Target::faulty(Fault::NativeOnly).await;
    let (status, error) = target.post("/register", &json!({"redirect_uris": [REDIRECT_URI]})).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_redirect_uri")));
}

#[tokio::test]
async fn imposed_secret() {
    let target = Target::faulty(Fault::ImposedSecret).await;
    let (_, client) = target.post("/register", &json!({"redirect_uris": [REDIRECT_URI]})).await;
    let id = client["client_id"].as_str().unwrap();
    let secret = client["client_secret"].as_str().unwrap();
    let code = target.code(id, &[]).await;
    assert_eq!(target.exchange(id, &code, &[]).await.0, 401, "without it");
    assert_eq!(target.exchange(id, &code, &[("client_secret", secret)]).await.0, 200);
}

#[tokio::test]
async fn exact_port() {
    let target = Target::faulty(Fault::ExactPort).await;
    let id = target.register().await;
    let other = REDIRECT_URI.replace("4711", "4712");
    let url = target.authorize_url(&id, &[("redirect_uri", &other)]);
    assert_eq!(Person::new(&target).open(url.as_str()).await.status, 400);
    Person::new(&target).approve(&target.authorize_url(&id, &[])).await;
}

#[tokio::test]
async fn error_page() {
    let target = Target::faulty(Fault::ErrorPage).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let page = Person::new(&target).open(url.as_str()).await;
    assert_eq!((page.status, page.url.path()), (500, "/error"));
    assert_eq!(parameter(&page.url, "error").as_deref(), Some("server_error"));
    assert!(page.html.contains(r#"role="alert""#));
}

#[tokio::test]
async fn repeated_code() {
    let target = Target::faulty(Fault::RepeatedCode).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let callback = Person::new(&target).approve(&url).await;
    let codes: std::collections::BTreeSet<_> =
        callback.query_pairs().filter(|(name, _)| name == "code").map(|(_, it)| it).collect();
    assert_eq!(codes.len(), 2);
}

#[tokio::test]
async fn unknown_scope_dropped() {
    let target = Target::faulty(Fault::UnknownScopeDropped).await;
    let id = target.register().await;
    let code = target.code(&id, &[("scope", "mcp:read mcp:write")]).await;
    assert_eq!(target.exchange(&id, &code, &[]).await.1["scope"], "mcp:read");
}

#[tokio::test]
async fn unknown_scope_granted() {
    let target = Target::faulty(Fault::UnknownScopeGranted).await;
    let id = target.register().await;
    for scope in ["mcp:read mcp:write", "mcp:write"] {
        let code = target.code(&id, &[("scope", scope)]).await;
        assert_eq!(target.exchange(&id, &code, &[]).await.1["scope"], scope);
    }
}

#[tokio::test]
async fn offline_needs_consent() {
    let target = Target::faulty(Fault::OfflineNeedsConsent).await;
    let id = target.register().await;
    let scope = ("scope", "mcp:read offline_access");
    for (prompt, expect) in [("", false), ("login", false), ("login consent", true)] {
        let code = target.code(&id, &[scope, ("prompt", prompt)]).await;
        let (_, answer) = target.exchange(&id, &code, &[]).await;
        assert_eq!(answer["refresh_token"].is_string(), expect, "{prompt}");
        assert_eq!(answer["scope"] == scope.1, expect, "{prompt}");
    }
    let code = target.code(&id, &[("scope", "offline_access")]).await;
    assert_eq!(target.exchange(&id, &code, &[]).await.1["scope"], "mcp:read");
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
