//! Servers as they are: what departs from the specifications and yet means one thing.

use std::net::{Ipv4Addr, Ipv6Addr};

use oauth_loopback::{Config, Error, LoopbackListener, authorize};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::client_store::mint;
use crate::server::{
    Instead, OPENID_METADATA, RESOURCE_METADATA, ROOT_RESOURCE_METADATA, SERVER_METADATA, Script,
    Server,
};
use crate::token_endpoint::minted;
use crate::{discovered, http};

const JSON: &str = "application/json";
const ROOT: (&str, Instead) = (
    ROOT_RESOURCE_METADATA,
    Instead::Answer(
        200,
        JSON,
        r#"{"resource":"{origin}/mcp","authorization_servers":["{origin}"]}"#,
    ),
);

/// One odd answer at the first address does not end the search.
#[tokio::test]
async fn what_is_no_such_document_leads_to_the_next_address() {
    for odd in [
        Instead::Answer(200, JSON, "{}"),
        Instead::Answer(200, JSON, r#"{"error":"not_found"}"#),
        Instead::Answer(200, JSON, r#"{"resource":"https://other.example/mcp"}"#),
        Instead::Answer(401, JSON, ""),
        Instead::Redirect(302, "https://login.example/"),
    ] {
        let instead = vec![(RESOURCE_METADATA, odd), ROOT];
        let server = Server::start(Script { instead, ..Script::default() }).await;
        assert_eq!(discovered(&server).await.resource, Some(server.mcp()));
    }
}

#[tokio::test]
async fn the_metadata_of_another_issuer_leads_to_the_next_address() {
    let other = r#"{"issuer":"https://other.example","token_endpoint":"https://other.example/t"}"#;
    let instead = vec![(SERVER_METADATA, Instead::Answer(200, JSON, other))];
    let server = Server::start(Script { openid: true, instead, ..Script::default() }).await;
    assert_eq!(discovered(&server).await.issuer(), server.origin);
    assert_eq!(server.seen(OPENID_METADATA).len(), 1);
}

#[tokio::test]
async fn every_address_that_a_challenge_names_is_asked() {
    let challenge =
        Some("Bearer resource_metadata=\"{origin}/gone\", resource_metadata=\"{origin}/metadata\"");
    let (_, Instead::Answer(_, _, document)) = ROOT else { unreachable!() };
    let gone = |path| (path, Instead::Answer(404, "text/plain", "gone"));
    let instead = vec![
        gone("/gone"),
        gone(RESOURCE_METADATA),
        gone(ROOT_RESOURCE_METADATA),
        ("/metadata", Instead::Answer(200, JSON, document)),
    ];
    let server = Server::start(Script { challenge, instead, ..Script::default() }).await;
    assert_eq!(discovered(&server).await.resource, Some(server.mcp()));
}

#[tokio::test]
async fn members_are_taken_as_servers_write_them() {
    let metadata = json!({
        "registration_endpoint": "{origin}/register",
        "revocation_endpoint": "",
        "scopes_supported": "mcp:read offline_access",
        "authorization_response_iss_parameter_supported": "true",
    });
    let registration = json!({ "client_id": 17, "client_secret_expires_at": "0", "scope": ["mcp:read"],
        "registration_client_uri": "{origin}/register/17", "registration_access_token": "" });
    let token = json!({ "scope": ["mcp:read", "mcp:write"], "expires_in": "60", "error": "" });
    let (_, grant) = minted(Script { metadata, registration, token, ..Script::default() }).await;
    assert_eq!(grant.client_id, "17");
    let deleted = grant.delete_client(&http()).await;
    assert!(matches!(deleted, Err(Error::NotOffered { .. })), "{deleted:?}");
    assert_eq!(grant.token.scope.as_deref(), Some("mcp:read mcp:write"));
    assert_eq!(grant.token.expires_in, Some(60));
}

#[tokio::test]
async fn a_registration_asks_for_no_grant_that_the_server_lacks() {
    for (known, asked) in [
        (json!(["authorization_code"]), json!(["authorization_code"])),
        (json!(null), json!(["authorization_code", "refresh_token"])),
    ] {
        let metadata = json!({ "grant_types_supported": known });
        let (server, _) = minted(Script { metadata, ..Script::default() }).await;
        let sent: serde_json::Value =
            serde_json::from_slice(&server.seen("/register")[0].body).expect("JSON");
        assert_eq!(sent["grant_types"], asked);
    }
}

#[tokio::test]
async fn a_scope_that_may_not_be_named_at_a_refresh_is_left_out() {
    let refused = r#"{"error":"invalid_request","error_description":"no scope here"}"#;
    let (server, mut grant) = minted(Script::default()).await;
    server.say_once(("/token", 400, &[], refused));
    grant.refresh(&http()).await.expect("the second request names none");
    let sent = server.seen("/token");
    assert_eq!(sent[1].form.get("scope").map(String::as_str), Some("mcp:read"));
    assert_eq!(sent[2].form.get("scope"), None);
    assert_eq!(grant.token.scope.as_deref(), Some("mcp:read"));
}

#[tokio::test]
async fn a_client_is_named_beside_basic_where_a_server_wants_it() {
    let registration =
        json!({ "client_secret": "s3cret", "token_endpoint_auth_method": "client_secret_basic" });
    let refused = r#"{"error":"invalid_request","error_description":"client_id is missing"}"#;
    let first = vec![("/token", 400, &[][..], refused)];
    let (server, _) = minted(Script { registration, first, ..Script::default() }).await;
    let sent = server.seen("/token");
    assert_eq!(sent[0].form.get("client_id"), None);
    assert_eq!(sent[1].form["client_id"], "client-1");
}

#[tokio::test]
async fn an_issuer_that_is_missing_is_called_missing() {
    let server =
        Server::start(Script { callback: json!({ "iss": null }), ..Script::default() }).await;
    let error = mint(&Config::resource(server.mcp())).await.expect_err("it was promised");
    assert!(matches!(error, Error::CallbackIssuer { missing: true, .. }), "{error}");
    assert!(error.to_string().contains("has no `iss`"), "{error}");
}

/// A browser may take `localhost` for either, and nobody else may listen on the other.
#[tokio::test]
async fn localhost_is_heard_on_both_families() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.is_err() {
        return;
    }
    let server = Server::start(Script::default()).await;
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let port = free.local_addr().expect("it is bound").port();
    drop(free);
    let redirect_uri = format!("http://localhost:{port}/callback");
    let listener = LoopbackListener::bind_to(&redirect_uri).await.expect("it is free");
    let taken = LoopbackListener::bind_to(&format!("http://[::1]:{port}/callback")).await;
    assert!(matches!(taken, Err(Error::Listen { .. })));
    let config = Config::resource(server.mcp());
    let client = http();
    let grant = authorize(&client, listener, &config, async |opening| {
        TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.map(drop)?;
        let answer = http().get(opening.url).send().await.expect("an answer");
        let to =
            answer.headers()["location"].to_str().expect("ASCII").replace("localhost", "[::1]");
        http()
            .get(to)
            .header("host", format!("localhost:{port}"))
            .send()
            .await
            .map(drop)
            .map_err(std::io::Error::other)
    });
    assert!(grant.await.is_ok());
}
