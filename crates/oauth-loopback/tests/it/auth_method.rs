//! `--client-auth-method`, which comes before what the metadata suggests.

use serde_json::{Value, json};

use crate::program::{done, failure, minted, program};
use crate::server::{Script, Seen, Server};

/// How a request to the token endpoint proved who the client is.
fn shown(it: &Seen) -> &'static str {
    match (it.headers.contains_key("authorization"), &it.form) {
        (true, _) => "client_secret_basic",
        (_, form) if form.contains_key("client_secret") => "client_secret_post",
        (_, form) if form.contains_key("client_assertion") => "private_key_jwt",
        _ => "none",
    }
}

fn suggesting(method: &str) -> Script {
    let metadata = json!({ "token_endpoint_auth_methods_supported": [method] });
    Script { metadata, ..Script::default() }
}

#[tokio::test]
async fn a_client_with_a_secret_uses_it_as_it_is_told_also_at_a_refresh() {
    for (method, suggested) in [
        ("client_secret_basic", "client_secret_post"),
        ("client_secret_post", "client_secret_basic"),
        ("none", "client_secret_basic"),
    ] {
        let server = Server::start(suggesting(suggested)).await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("grant.json");
        let (mcp, file) = (server.mcp(), path.to_str().expect("UTF-8"));
        let mut command =
            program(&[&mcp, "--client-id", "ci", "--client-auth-method", method, "--out", file]);
        command.env("LOADTEST_CLIENT_SECRET", "hush");
        minted(command).await;
        let mut command = program(&["refresh", file]);
        command.env("LOADTEST_CLIENT_SECRET", "hush");
        done(command).await;
        let seen: Vec<_> = server.seen("/token").iter().map(shown).collect();
        assert_eq!(seen, [method; 2]);
    }
}

#[tokio::test]
async fn a_client_is_registered_for_it() {
    let registration = json!({ "client_secret": "hush" });
    let server = Server::start(Script { registration, ..suggesting("client_secret_basic") }).await;
    minted(program(&[&server.mcp(), "--client-auth-method", "client_secret_post"])).await;
    let sent: Value = serde_json::from_slice(&server.seen("/register")[0].body).expect("JSON");
    assert_eq!(sent["token_endpoint_auth_method"], "client_secret_post");
    assert_eq!(shown(&server.seen("/token")[0]), "client_secret_post");
}

#[tokio::test]
async fn a_server_that_registers_another_way_is_told_and_the_client_is_deleted() {
    let registration = json!({ "token_endpoint_auth_method": "none" });
    let server = Server::start(Script { registration, ..suggesting("none") }).await;
    let told =
        failure(program(&[&server.mcp(), "--client-auth-method", "client_secret_basic"])).await;
    let says = "the client was to authenticate by `client_secret_basic`, and the server registered it for `none`";
    assert!(told.contains(says), "{told}");
    assert_eq!(server.seen("/authorize").len(), 0);
}

#[tokio::test]
async fn a_client_that_has_both_shows_the_one_that_is_named() {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa-pkcs8.pem");
    for method in ["private_key_jwt", "client_secret_basic"] {
        let server = Server::start(Script::default()).await;
        let mcp = server.mcp();
        let mut command = program(&[
            "client-credentials",
            &mcp,
            "--client-id",
            "ci",
            "--client-auth-method",
            method,
        ]);
        command.env("LOADTEST_CLIENT_SECRET", "hush").env("LOADTEST_CLIENT_KEY_FILE", key);
        done(command).await;
        assert_eq!(shown(&server.seen("/token")[0]), method);
    }
}

#[tokio::test]
async fn what_it_needs_is_missed_before_anyone_is_asked() {
    for (method, missed) in [
        ("client_secret_post", "LOADTEST_CLIENT_SECRET is not set"),
        ("private_key_jwt", "LOADTEST_CLIENT_KEY_FILE is not set"),
    ] {
        let arguments =
            ["http://127.0.0.1:1/mcp", "--client-id", "ci", "--client-auth-method", method];
        let said = failure(program(&arguments)).await;
        assert!(said.contains(missed) && said.contains(method), "{said}");
    }
    let arguments = ["http://127.0.0.1:1/mcp", "--client-auth-method", "private_key_jwt"];
    assert!(failure(program(&arguments)).await.contains("--client-id"));
    let output = program(&["http://127.0.0.1:1/mcp", "--client-auth-method", "guess"]).output();
    assert_eq!(output.await.expect("it runs").status.code(), Some(2));
}
