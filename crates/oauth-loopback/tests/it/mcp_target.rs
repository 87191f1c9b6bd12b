//! Against `mcp-target`, whose login and consent forms are posted as a browser would post them.

use std::time::{Duration, SystemTime};

use mcp_target::{Config as Target, Fault, Faults, User};
use oauth_loopback::{
    Config, Error, Expected, Grant, LoopbackListener, Opening, UnverifiedClaims, authorize,
};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Response};
use tokio::net::TcpListener;
use url::Url;

use crate::http;

async fn start(faults: &[Fault]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let resource = mcp_target::resource(listener.local_addr().expect("it is bound"));
    let user = User::new("ada@novamart.example", "lovelace", "ws_ada");
    let mut config = Target::new(vec![user]);
    config.faults = faults.iter().copied().collect::<Faults>();
    tokio::spawn(mcp_target::serve(listener, config, std::future::pending()));
    resource
}

async fn mint(resource: &str) -> Result<Grant, Error> {
    let listener = LoopbackListener::bind().await.expect("a free port");
    let mut config = Config::resource(resource);
    config.client_name = "Load test".to_owned();
    config.timeout = Duration::from_secs(10);
    authorize(&http(), listener, &config, sign_in).await
}

/// Signs in and approves, from the authorize URL to the page of the callback.
async fn sign_in(opening: Opening) -> Result<(), reqwest::Error> {
    let http = http();
    let login = next(http.get(opening.url)).await?;
    let request = login
        .query_pairs()
        .find(|(name, _)| name == "request")
        .expect("a login page")
        .1
        .into_owned();
    let form = [
        ("request", request.as_str()),
        ("email", "ada@novamart.example"),
        ("password", "lovelace"),
    ];
    let answer = http.post(login).form(&form).send().await?.error_for_status()?;
    let cookie = answer.headers()[SET_COOKIE]
        .to_str()
        .expect("ASCII")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned();
    let consent = location(&answer);
    let page = http.get(consent.clone()).header(COOKIE, &cookie).send().await?.text().await?;
    if page.contains("Load test") {
        let form = [("request", request.as_str()), ("decision", "approve")];
        let callback = next(http.post(consent).header(COOKIE, &cookie).form(&form)).await?;
        http.get(callback).send().await?;
    }
    Ok(())
}

async fn next(request: RequestBuilder) -> Result<Url, reqwest::Error> {
    Ok(location(&request.send().await?))
}

fn location(answer: &Response) -> Url {
    let to = answer.headers()[LOCATION].to_str().expect("ASCII");
    answer.url().join(to).expect("a URL")
}

async fn initialize(resource: &str, grant: &Grant) -> reqwest::StatusCode {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"0"}}}"#;
    let request = http()
        .post(resource)
        .bearer_auth(grant.token.access_token.reveal())
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    request.body(message).send().await.expect("an answer").status()
}

#[tokio::test]
async fn a_token_is_minted_used_refreshed_and_used_again() {
    let resource = start(&[]).await;
    let mut grant = mint(&resource).await.expect("the target conforms");
    let claims = UnverifiedClaims::decode(&grant.token.access_token).expect("a JWT");
    let scope = ["mcp:read".to_owned()];
    let claims_expected = [("workspace_id".to_owned(), Some("ws_ada".to_owned()))];
    let mut expected = Expected::default();
    expected.issuer = Some(&grant.issuer);
    expected.audience = Some(&resource);
    expected.scope = &scope;
    expected.lives_for = Duration::from_secs(60);
    expected.claims = &claims_expected;
    claims.check(&expected, SystemTime::now()).expect("a token for this resource");
    assert!(initialize(&resource, &grant).await.is_success());

    let first = grant.token.clone();
    grant.refresh(&http()).await.expect("offline_access was granted");
    let secret = |it: &oauth_loopback::TokenResponse| {
        it.refresh_token.as_ref().expect("it rotates").reveal().to_owned()
    };
    assert_ne!(secret(&grant.token), secret(&first));
    assert!(initialize(&resource, &grant).await.is_success());
}

#[tokio::test]
async fn every_fault_of_the_flow_has_its_own_error() {
    type Expected = fn(&Error) -> bool;
    let cases: [(Fault, Expected); 7] = [
        (Fault::NoPkce, |it| matches!(it, Error::PkceUnadvertised { .. })),
        (Fault::WrongIss, |it| matches!(it, Error::CallbackIssuer { .. })),
        (Fault::NoIss, |it| matches!(it, Error::CallbackIssuer { .. })),
        (Fault::WrongMetadataIssuer, |it| matches!(it, Error::IssuerMismatch { .. })),
        (Fault::WrongResource, |it| matches!(it, Error::ResourceMismatch { .. })),
        (Fault::Token500, |it| matches!(it, Error::Refused(it) if it.status == 500)),
        (Fault::Registration403, |it| matches!(it, Error::Refused(it) if it.status == 403)),
    ];
    for (fault, expected) in cases {
        let error = mint(&start(&[fault]).await).await.expect_err("a faulty target");
        assert!(expected(&error), "{fault:?}: {error:?}");
    }
}

#[tokio::test]
async fn metadata_is_found_at_the_root_where_no_challenge_leads_to_it() {
    for fault in [Fault::RootMetadataOnly, Fault::NoChallenge] {
        let resource = start(&[fault]).await;
        let grant = mint(&resource).await.expect("there is metadata");
        assert!(initialize(&resource, &grant).await.is_success(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_token_that_will_not_do_is_noticed_before_it_is_used() {
    let opaque = mint(&start(&[Fault::OpaqueToken]).await).await.expect("a token of a kind");
    assert!(matches!(
        UnverifiedClaims::decode(&opaque.token.access_token),
        Err(Error::OpaqueToken)
    ));
    let short = mint(&start(&[Fault::ShortToken]).await).await.expect("a token for a moment");
    let mut expected = Expected::default();
    expected.lives_for = Duration::from_secs(60);
    let claims = UnverifiedClaims::decode(&short.token.access_token).expect("a JWT");
    assert!(matches!(claims.check(&expected, SystemTime::now()), Err(Error::TokenLifetime { .. })));
}
