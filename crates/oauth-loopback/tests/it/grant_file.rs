//! `--out`, `--format`, `refresh` and `forget`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{done, failure, minted, program};
use crate::server::{Instead, Script, Server};

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("it is ours")).expect("JSON")
}

async fn granted(server: &Server, more: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("grant.json");
    let mcp = server.mcp();
    let arguments = [&[mcp.as_str(), "--out", text(&path)], more].concat();
    assert_eq!(minted(program(&arguments)).await, "");
    (folder, path)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[tokio::test]
async fn a_format_is_one_line_for_a_shell_or_for_a_request() {
    let server = Server::start(Script {
        token: json!({ "access_token": "to~k.en+/-_==" }),
        ..Script::default()
    })
    .await;
    let mcp = server.mcp();
    for (format, expected) in [
        ("env", "LOADTEST_BEARER='to~k.en+/-_=='\n"),
        ("header", "Authorization: Bearer to~k.en+/-_==\n"),
    ] {
        let printed = minted(program(&[&mcp, "--format", format])).await;
        assert_eq!(printed.replace("=to~k.en+/-_==", "='to~k.en+/-_=='"), expected);
    }
}

#[tokio::test]
async fn a_token_that_would_add_a_line_is_not_printed_as_one() {
    let server = Server::start(Script {
        token: json!({ "access_token": "a\nX-Evil: 1" }),
        ..Script::default()
    })
    .await;
    let mut running =
        crate::program::Running::start(program(&[&server.mcp(), "--format", "header"]));
    crate::browser().get(running.address().await).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    assert!(!said.contains("X-Evil"), "{said}");
}

#[tokio::test]
async fn a_refresh_stores_the_rotated_token_and_prints_the_access_token_alone() {
    let server = Server::start(Script::default()).await;
    let (_folder, path) = granted(&server, &[]).await;
    assert_eq!(read(&path)["refresh_token"], "refresh-1");

    let (printed, _) = done(program(&["refresh", text(&path)])).await;
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    assert!(printed.get("refresh_token").is_none());
    let record = read(&path);
    assert_eq!(record["refresh_token"], "refresh-2");
    assert_eq!(record["access_token"], printed["access_token"]);
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);

    let sent = &server.seen("/token")[1].form;
    assert_eq!(sent["refresh_token"], "refresh-1");
    assert_eq!((&sent["resource"], sent["scope"].as_str()), (&server.mcp(), "mcp:read"));
    assert_eq!(sent["client_id"], "client-1");
}

/// A member that the file has a meaning of its own for is not written twice, or the file could not be read again.
#[tokio::test]
async fn what_a_server_says_beyond_the_specification_is_kept() {
    let token = json!({ "id_token": "hush", "expires_at": "soon", "client": 5, "team": ["a"] });
    let server = Server::start(Script { token, ..Script::default() }).await;
    let printed = minted(program(&[&server.mcp()])).await;
    assert!(printed.contains(r#""client":5,"expires_at":"soon","id_token":"hush""#), "{printed}");
    let (_folder, path) = granted(&server, &[]).await;
    let record = read(&path);
    assert_eq!((&record["id_token"], &record["team"]), (&json!("hush"), &json!(["a"])));
    assert!(record["expires_at"].is_u64() && record["client"].is_object(), "{record}");
    done(program(&["refresh", text(&path)])).await;
    assert_eq!(read(&path)["refresh_token"], "refresh-2");
}

#[tokio::test]
async fn a_file_says_when_the_token_itself_ends_if_that_is_earlier() {
    // `{"exp":9999999}`, with an hour in the response.
    let token = json!({ "access_token": "e30.eyJleHAiOjk5OTk5OTl9.c2ln" });
    let server = Server::start(Script { token, ..Script::default() }).await;
    let (_folder, path) = granted(&server, &[]).await;
    assert_eq!(read(&path)["expires_at"], 9_999_999);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_rotated_token_is_stored_although_nobody_can_read_the_answer() {
    let server = Server::start(Script::default()).await;
    let (_folder, path) = granted(&server, &[]).await;
    let mut command = program(&["refresh", text(&path)]);
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a Linux device");
    command.stdout(full);
    let said = failure(command).await;
    assert!(said.contains("failed to write to stdout"), "{said}");
    assert_eq!(read(&path)["refresh_token"], "refresh-2");
}

#[tokio::test]
async fn a_rotated_token_is_stored_although_the_rest_of_the_answer_is_wrong() {
    for (wrong, named) in [
        (json!({ "token_type": 7 }), "`token_type` is a number"),
        (json!({ "access_token": ["hush"] }), "`access_token` is a list"),
        (json!({ "access_token": "" }), "an empty `access_token`"),
        (json!({ "access_token": null }), "missing field `access_token`"),
        (json!({ "token_type": "DPoP" }), "type `DPoP`"),
    ] {
        let mut refreshed = wrong.clone();
        refreshed["refresh_token"] = json!("refresh-2");
        let server = Server::start(Script { refreshed, ..Script::default() }).await;
        let (_folder, path) = granted(&server, &[]).await;
        let before = read(&path);
        let said = failure(program(&["refresh", text(&path)])).await;
        assert!(said.contains(named) && !said.contains("hush"), "{said}");
        let after = read(&path);
        assert_eq!(after["refresh_token"], "refresh-2", "{wrong}");
        assert_eq!(after["access_token"], before["access_token"]);
    }
}

#[tokio::test]
async fn refreshes_at_the_same_time_use_each_refresh_token_once() {
    let server = Server::start(Script {
        refreshed: json!({ "refresh_token": "{echo:refresh_token}+" }),
        ..Script::default()
    })
    .await;
    let (_folder, path) = granted(&server, &[]).await;
    let refresh = || done(program(&["refresh", text(&path)]));
    tokio::join!(refresh(), refresh(), refresh(), refresh());
    let mut used: Vec<String> = server
        .seen("/token")
        .iter()
        .filter_map(|it| it.form.get("refresh_token").cloned())
        .collect();
    assert_eq!(used.len(), 4);
    used.dedup();
    assert_eq!(used, ["refresh-1", "refresh-1+", "refresh-1++", "refresh-1+++"]);
    assert_eq!(read(&path)["refresh_token"], "refresh-1++++");
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_file_as_it_was() {
    let server = Server::start(Script {
        refreshed: json!({ "error": "invalid_grant", "access_token": null }),
        ..Script::default()
    })
    .await;
    let (_folder, path) = granted(&server, &[]).await;
    let before = std::fs::read(&path).expect("it is ours");
    let said = failure(program(&["refresh", text(&path)])).await;
    assert!(said.contains("invalid_grant") && said.contains("sign in again"), "{said}");
    assert_eq!(std::fs::read(&path).expect("it is ours"), before);

    std::fs::write(&path, "{\"access_token\":\"hush\"").expect("it is ours");
    let said = failure(program(&["refresh", text(&path)])).await;
    assert!(said.contains("it is no grant") && !said.contains("hush"), "{said}");
}

#[tokio::test]
async fn no_token_of_a_file_is_sent_in_the_clear_to_another_machine() {
    let server = Server::start(Script::default()).await;
    let (_folder, path) = granted(&server, &[]).await;
    let mut record = read(&path);
    record["token_endpoint"] = json!("http://a.example/token");
    std::fs::write(&path, record.to_string()).expect("it is ours");
    let said = failure(program(&["refresh", text(&path)])).await;
    assert!(said.contains("the token endpoint `http://a.example/token` is refused"), "{said}");
}

#[tokio::test]
async fn forgetting_revokes_the_tokens_deletes_the_client_and_removes_the_file() {
    let registered = json!({
        "registration_client_uri": "{origin}/client", "registration_access_token": "manage",
    });
    let server = Server::start(Script { registration: registered, ..Script::default() }).await;
    let clients = tempfile::tempdir().expect("a folder");
    let clients = clients.path().join("state/clients.json");
    let (_folder, path) = granted(&server, &["--clients", text(&clients)]).await;
    assert_eq!(read(&clients)["clients"][0]["client"]["client_id"], "client-1");

    let (printed, said) =
        done(program(&["forget", text(&path), "--clients", text(&clients)])).await;
    assert_eq!((printed.as_str(), said.as_str()), ("", ""));
    let revoked: Vec<String> =
        server.seen("/revoke").iter().map(|it| it.form["token_type_hint"].clone()).collect();
    assert_eq!(revoked, ["refresh_token", "access_token"]);
    assert_eq!(server.seen("/revoke")[0].form["token"], "refresh-1");
    let deleted = &server.seen("/client")[0];
    assert_eq!(
        (deleted.method.as_str(), &deleted.headers["authorization"]),
        ("DELETE", &"Bearer manage".parse().expect("a header"))
    );
    assert_eq!(read(&clients)["clients"], json!([]));
    assert!(!path.exists());
}

#[tokio::test]
async fn what_a_server_has_forgotten_by_itself_is_no_obstacle() {
    const JSON: &str = "application/json";
    for (status, unknown) in [(401, "/client"), (404, "/client"), (401, "/revoke")] {
        let registration = json!({
            "registration_client_uri": "{origin}/client", "registration_access_token": "manage",
        });
        let gone = Instead::Answer(status, JSON, r#"{"error":"invalid_client"}"#);
        let instead = vec![(unknown, gone)];
        let server = Server::start(Script { registration, instead, ..Script::default() }).await;
        let (_folder, path) = granted(&server, &[]).await;
        assert_eq!(done(program(&["forget", text(&path)])).await.1, "", "{status} {unknown}");
        assert!(!path.exists());
    }
    // A client that was registered beforehand may only lack its secret.
    let gone = Instead::Answer(401, JSON, r#"{"error":"invalid_client"}"#);
    let server =
        Server::start(Script { instead: vec![("/revoke", gone)], ..Script::default() }).await;
    let (_folder, path) = granted(&server, &["--client-id", "me"]).await;
    assert!(failure(program(&["forget", text(&path)])).await.contains("invalid_client"));
    assert!(path.exists());
}

#[tokio::test]
async fn a_kind_of_token_that_is_not_revoked_is_said_unless_another_was() {
    const UNSUPPORTED: &str = r#"{"error":"unsupported_token_type"}"#;
    let forgotten = async |first| {
        let server = Server::start(Script { first, ..Script::default() }).await;
        let (_folder, path) = granted(&server, &[]).await;
        let (_, said) = done(program(&["forget", text(&path)])).await;
        assert!(!path.exists());
        said
    };
    let unsupported = ("/revoke", 400, &[][..], UNSUPPORTED);
    assert!(!forgotten(vec![unsupported]).await.contains("of this kind"));
    assert!(forgotten(vec![unsupported; 2]).await.contains("of this kind"));
}

#[tokio::test]
async fn the_address_of_a_client_is_a_secret() {
    let registration = json!({
        "registration_client_uri": "{origin}/client/hush", "registration_access_token": "manage",
    });
    let echo = r#"{"error":"server_error","error_description":"at {origin}/client/hush"}"#;
    let instead = vec![("/client/hush", Instead::Answer(500, "application/json", echo))];
    let server = Server::start(Script { registration, instead, ..Script::default() }).await;
    let (_folder, path) = granted(&server, &[]).await;
    let said = failure(program(&["forget", text(&path)])).await.replace(&server.origin, "ORIGIN");
    insta::assert_snapshot!(said, @"error: deleting the client: ORIGIN answered 500: server_error: at …");

    let mut record = read(&path);
    record["client"]["registration_client_uri"] = json!("http://a.example/client/hush");
    std::fs::write(&path, record.to_string()).expect("it is ours");
    let said = failure(program(&["forget", text(&path)])).await;
    assert!(said.contains("http://a.example") && !said.contains("hush"), "{said}");
}

#[tokio::test]
async fn what_a_server_cannot_forget_is_said() {
    let server = Server::start(Script {
        metadata: json!({ "revocation_endpoint": null }),
        ..Script::default()
    })
    .await;
    let (_folder, path) = granted(&server, &[]).await;
    let (_, said) = done(program(&["forget", text(&path)])).await;
    let said = said.replace(&server.origin, "ORIGIN");
    insta::assert_snapshot!(said, @"
    note: the authorization server `ORIGIN` offers no revocation of tokens
    note: the authorization server `ORIGIN` offers no deletion of this client
    ");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_server_that_wants_a_secret_of_a_client_without_one_gets_an_empty_one() {
    let missing =
        r#"{"error":"invalid_request","error_description":"client_secret: Field required"}"#;
    let first = ("/revoke", 400, &[("content-type", "application/json")][..], missing);
    let server = Server::start(Script { first: vec![first], ..Script::default() }).await;
    let (_folder, path) = granted(&server, &[]).await;
    done(program(&["forget", text(&path)])).await;
    let seen = server.seen("/revoke");
    let secrets: Vec<Option<&str>> =
        seen.iter().map(|it| it.form.get("client_secret").map(String::as_str)).collect();
    assert_eq!(secrets, [None, Some(""), None]);
    assert_eq!(seen[1].form["token"], "refresh-1");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_revocation_that_fails_keeps_the_file() {
    let refused = Instead::Answer(503, "application/json", r#"{"error":"server_error"}"#);
    let server =
        Server::start(Script { instead: vec![("/revoke", refused)], ..Script::default() }).await;
    let (_folder, path) = granted(&server, &[]).await;
    let said = failure(program(&["forget", text(&path)])).await;
    assert!(said.contains("revoking the token") && said.contains("server_error"), "{said}");
    assert!(path.exists());
}

#[tokio::test]
async fn a_revocation_that_was_answered_200_is_done_whatever_the_body_says() {
    let body = r#"{"error":"invalid_token","error_description":"Token is not active"}"#;
    let answered = Instead::Answer(200, "application/json", body);
    let server =
        Server::start(Script { instead: vec![("/revoke", answered)], ..Script::default() }).await;
    let (_folder, path) = granted(&server, &[]).await;
    let (_, said) = done(program(&["forget", text(&path)])).await;
    assert!(!said.contains("error"), "{said}");
    assert_eq!(server.seen("/revoke").len(), 2);
    assert!(!path.exists());
}

#[tokio::test]
async fn the_client_is_deleted_also_where_its_tokens_could_not_be_revoked() {
    let registration = json!({
        "registration_client_uri": "{origin}/client", "registration_access_token": "manage",
    });
    let refused = || Instead::Answer(503, "application/json", r#"{"error":"server_error"}"#);
    for (deletion, errors) in [(None, 1), (Some(("/client", refused())), 2)] {
        let instead = deletion.into_iter().chain([("/revoke", refused())]).collect();
        let registration = registration.clone();
        let server = Server::start(Script { registration, instead, ..Script::default() }).await;
        let (_folder, path) = granted(&server, &[]).await;
        let said = failure(program(&["forget", text(&path)])).await;
        assert_eq!(server.seen("/revoke").len(), 2, "both tokens are tried");
        assert_eq!(server.seen("/client").len(), 1);
        assert_eq!(said.matches("error: ").count(), errors, "{said}");
        assert!(said.contains("revoking the token"), "{said}");
        assert_eq!(said.contains("deleting the client"), errors == 2, "{said}");
        assert!(path.exists());
    }
}

#[tokio::test]
async fn a_place_for_clients_that_cannot_be_written_is_noticed_before_anyone_registers() {
    let server = Server::start(Script::default()).await;
    let said = failure(program(&[&server.mcp(), "--clients", "/proc/nowhere/clients.json"])).await;
    assert!(said.contains("`/proc/nowhere/clients.json`"), "{said}");
    assert!(server.seen("/register").is_empty());

    // The usual place is a convenience: without it the flow goes on, here to an address that is refused unasked.
    let mut command = program(&["http://a.example/mcp"]);
    command.env("XDG_STATE_HOME", "/proc/nowhere");
    let said = failure(command).await;
    assert!(said.starts_with("note: the client is not remembered:"), "{said}");
    assert!(said.contains("error: the resource `http://a.example/mcp` is refused"), "{said}");
}
