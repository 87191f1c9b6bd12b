//! Clients that authenticate.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64URL};
use mcp_target::{ConfidentialClient, Fault};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};

use crate::person::Person;
use crate::target::{REDIRECT_URI, Target, parameter};

pub(crate) const ID: &str = "a client";
pub(crate) const SECRET: &str = "s3cret: 100%";

/// A target that knows one client beforehand.
pub(crate) async fn with_client(change: impl FnOnce(&mut mcp_target::Config)) -> Target {
    Target::with(|it| {
        let redirect_uris = vec![REDIRECT_URI.to_owned()];
        it.clients =
            vec![ConfidentialClient { id: ID.into(), secret: SECRET.into(), redirect_uris }];
        change(it);
    })
    .await
}

/// As it stands in Basic.
pub(crate) const BASIC: Option<(&str, &str)> = Some(("a+client", "s3cret%3A+100%25"));

fn client_credentials(target: &Target) -> Vec<(&str, &str)> {
    vec![("grant_type", "client_credentials"), ("resource", &target.resource)]
}

#[tokio::test]
async fn a_client_acts_for_itself_in_the_workspace_of_the_first_user() {
    let target = with_client(|_| {}).await;
    let form = client_credentials(&target);
    let (status, token) = target.form("/token", BASIC, &form).await;
    assert_eq!(status, 200, "{token}");
    assert_eq!(token.get("refresh_token"), None);
    let bearer = token["access_token"].as_str().unwrap();
    let claims: Value =
        serde_json::from_slice(&BASE64URL.decode(bearer.split('.').nth(1).unwrap()).unwrap())
            .unwrap();
    assert_eq!((&claims["sub"], &claims["workspace_id"]), (&json!(ID), &json!("ws-1")));
    assert_eq!(target.knock(bearer).await, 200);

    for scope in ["offline_access", "openid", "mcp:write"] {
        let mut form = form.clone();
        form.push(("scope", scope));
        let (status, error) = target.form("/token", BASIC, &form).await;
        assert_eq!((status, &error["error"]), (400, &json!("invalid_scope")), "{scope}");
    }
}

#[tokio::test]
async fn a_secret_is_shown_in_one_way_and_has_to_be_right() {
    let target = with_client(|_| {}).await;
    let public = target.register().await;
    for (basic, fields, status, expect) in [
        (BASIC, vec![], 200, ""),
        (BASIC, vec![("client_id", ID)], 200, ""),
        (None, vec![("client_id", ID), ("client_secret", SECRET)], 200, ""),
        (None, vec![("client_id", ID)], 401, "invalid_client"),
        (None, vec![("client_id", ID), ("client_secret", "wrong")], 401, "invalid_client"),
        (Some(("a+client", "wrong")), vec![], 401, "invalid_client"),
        (Some(("nobody", "wrong")), vec![], 401, "invalid_client"),
        (BASIC, vec![("client_id", "another")], 400, "invalid_request"),
        (BASIC, vec![("client_secret", SECRET)], 400, "invalid_request"),
        (None, vec![("client_id", public.as_str())], 400, "unauthorized_client"),
        (None, vec![("client_id", &public), ("client_secret", "x")], 401, "invalid_client"),
    ] {
        let mut form = client_credentials(&target);
        form.extend(&fields);
        let (got, answer) = target.form("/token", basic, &form).await;
        let error = answer["error"].as_str().unwrap_or_default();
        assert_eq!((got, error), (status, expect), "{basic:?} {fields:?}");
    }
}

#[tokio::test]
async fn a_registered_client_authenticates_as_it_said_and_in_no_other_way() {
    let target = Target::start().await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let metadata = json!({
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_method": method,
        });
        let (_, client) = target.post("/register", &metadata).await;
        assert_eq!(client["token_endpoint_auth_method"], method);
        let id = client["client_id"].as_str().unwrap();
        let secret = client["client_secret"].as_str().unwrap();
        let form = client_credentials(&target);
        let (basic, _) = target.form("/token", Some((id, secret)), &form).await;
        let mut posted = form;
        posted.extend([("client_id", id), ("client_secret", secret)]);
        let (post, _) = target.form("/token", None, &posted).await;
        let expect = if method == "client_secret_basic" { (200, 401) } else { (401, 200) };
        assert_eq!((basic, post), expect, "{method}");

        let code = target.code(id, &[]).await;
        assert_eq!(target.exchange(id, &code, &[]).await.0, 401, "{method}");
    }
    for method in ["client_secret_jwt", "private_key_jwt"] {
        let metadata =
            json!({"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": method});
        let (status, error) = target.post("/register", &metadata).await;
        assert_eq!((status, &error["error"]), (400, &json!("invalid_client_metadata")));
    }
}

/// A key pair of a client.
enum Key {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Key {
    fn es256() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::Es256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    /// Made for these tests with `openssl genpkey -algorithm RSA`.
    fn rs256() -> Self {
        let pem = include_str!("../keys/rsa-pkcs8.pem").lines();
        let base64: String = pem.filter(|it| !it.starts_with("-----")).collect();
        Self::Rs256(RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap())
    }

    fn eddsa() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::EdDsa(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    fn jwk(&self) -> Value {
        match self {
            Self::Es256(it) => {
                let (x, y) = it.public_key().as_ref()[1..].split_at(32);
                let (x, y) = (BASE64URL.encode(x), BASE64URL.encode(y));
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
            }
            Self::Rs256(it) => {
                let it: RsaPublicKeyComponents<Vec<u8>> = it.public().into();
                json!({"kty": "RSA", "n": BASE64URL.encode(it.n), "e": BASE64URL.encode(it.e)})
            }
            Self::EdDsa(it) => {
                let x = BASE64URL.encode(it.public_key());
                json!({"kty": "OKP", "crv": "Ed25519", "x": x})
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    fn assertion(&self, claims: &Value) -> String {
        self.assertion_as(self.algorithm(), claims)
    }

    /// An assertion that says it is signed with `algorithm`, and is with that of this key.
    fn assertion_as(&self, algorithm: &str, claims: &Value) -> String {
        let part = |it: &Value| BASE64URL.encode(it.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": algorithm})), part(claims));
        let (message, random) = (signed.as_bytes(), SystemRandom::new());
        let signature = match self {
            Self::Es256(it) => it.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rs256(it) => {
                let mut signature = vec![0; it.public().modulus_len()];
                it.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::EdDsa(it) => it.sign(message).as_ref().to_vec(),
        };
        format!("{signed}.{}", BASE64URL.encode(signature))
    }
}

fn signs_with(keys: &[&Key]) -> Value {
    let mut jwks: Vec<Value> = vec![json!({"kty": "oct"})];
    jwks.extend(keys.iter().map(|it| it.jwk()));
    json!({
        "grant_types": ["client_credentials"],
        "response_types": [],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": jwks},
    })
}

async fn show(target: &Target, assertion: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let mut form = client_credentials(target);
    let assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    form.extend([("client_assertion_type", assertion_type), ("client_assertion", assertion)]);
    form.extend(more);
    target.form("/token", None, &form).await
}

#[tokio::test]
async fn a_client_signs_with_any_of_its_keys_and_each_with_its_own_algorithm() {
    let target = Target::start().await;
    let keys = [Key::es256(), Key::rs256(), Key::eddsa()];
    let [es256, rs256, eddsa] = &keys;
    let (status, client) = target.post("/register", &signs_with(&[es256, rs256, eddsa])).await;
    assert_eq!(status, 201, "{client}");
    assert_eq!(client["jwks"]["keys"], json!([es256.jwk(), rs256.jwk(), eddsa.jwk()]));
    let id = client["client_id"].as_str().unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let algorithms = ["ES256", "RS256", "EdDSA", "none", "PS256"];
    for key in &keys {
        for algorithm in algorithms {
            let jti = format!("{algorithm} by {}", key.algorithm());
            let claims =
                json!({"iss": id, "sub": id, "aud": target.issuer, "exp": now + 60, "jti": jti});
            let expect = if algorithm == key.algorithm() { 200 } else { 401 };
            let (status, answer) = show(&target, &key.assertion_as(algorithm, &claims), &[]).await;
            assert_eq!(status, expect, "{jti}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_client_assertion_is_good_once_for_this_server_by_this_client() {
    let target = Target::start().await;
    let key = Key::es256();
    let (status, client) = target.post("/register", &signs_with(&[&key])).await;
    assert_eq!(status, 201, "{client}");
    assert_eq!(client.get("client_secret"), None);
    let id = client["client_id"].as_str().unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let good = |jti: &str| json!({"iss": id, "sub": id, "aud": target.issuer, "exp": now + 60, "iat": now, "jti": jti});
    let with = |name: &str, value: Value| {
        let mut claims = good(&format!("{name} {value}"));
        claims[name] = value;
        key.assertion(&claims)
    };
    let token_endpoint = format!("{}/token", target.issuer);
    for (what, assertion, expect) in [
        ("good", key.assertion(&good("1")), 200),
        ("seen before", key.assertion(&good("1")), 401),
        ("another time", key.assertion(&good("2")), 200),
        ("the token endpoint", with("aud", json!([token_endpoint])), 200),
        ("another audience", with("aud", json!("https://other.example")), 401),
        ("another issuer", with("iss", json!("somebody")), 401),
        ("another subject", with("sub", json!("somebody")), 401),
        ("expired", with("exp", json!(now - 1)), 401),
        ("too long", with("exp", json!(now + 600)), 401),
        ("too early", with("nbf", json!(now + 600)), 401),
        ("no jti", with("jti", Value::Null), 401),
        ("another key", Key::es256().assertion(&good("3")), 401),
        ("no JWT", "x".to_owned(), 401),
        ("parts of no JWT", "x.y.z".to_owned(), 401),
        ("a fraction", with("exp", json!(now as f64 + 60.5)), 200),
        ("a fraction too early", with("iat", json!(now as f64 + 600.5)), 401),
    ] {
        let (status, answer) = show(&target, &assertion, &[]).await;
        assert_eq!(status, expect, "{what}: {answer}");
        assert!(status == 200 || answer["error"] == "invalid_client", "{what}: {answer}");
    }
}

#[tokio::test]
async fn a_client_is_given_the_scope_that_it_registered_and_no_other() {
    for (fault, scope, expect) in [
        (None, "openid mcp:read", "invalid_scope"),
        (None, "mcp:read offline_access", ""),
        (Some(Fault::WidenedScope), "openid mcp:read", ""),
        (Some(Fault::UnknownScopeDropped), "openid mcp:read", "invalid_scope"),
        (Some(Fault::UnknownScopeDropped), "mcp:read mcp:write", ""),
    ] {
        let target = Target::with(|it| it.faults = fault.into_iter().collect()).await;
        let metadata = json!({"redirect_uris": [REDIRECT_URI], "scope": "mcp:read offline_access"});
        let (_, client) = target.post("/register", &metadata).await;
        let url = target.authorize_url(client["client_id"].as_str().unwrap(), &[("scope", scope)]);
        let answer = Person::new(&target).open(url.as_str()).await.url;
        let error = parameter(&answer, "error").unwrap_or_default();
        assert_eq!(error, expect, "{fault:?} {scope}");
    }
    let target = Target::start().await;
    let metadata = json!({
        "grant_types": ["client_credentials"],
        "response_types": [],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid",
    });
    let (_, client) = target.post("/register", &metadata).await;
    let basic = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let (status, error) = target.form("/token", Some(basic), &client_credentials(&target)).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_scope")));
}
