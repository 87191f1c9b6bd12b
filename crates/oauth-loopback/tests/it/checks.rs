//! What the program checks a token for before it hands it out.

use serde_json::json;

use crate::browser;
use crate::program::{Running, program};
use crate::server::{Instead, Script, Server};

#[tokio::test]
async fn a_token_is_handed_out_if_it_is_what_was_asked_for() {
    let server = Server::start(Script::default()).await;
    let mcp = server.mcp();
    let issuer = format!("iss={}", server.origin);
    for arguments in [
        vec!["--check", "--scope", "mcp:read"],
        vec!["--claim", "aud", "--claim", &issuer],
        vec!["--lives-for", "3000"],
    ] {
        let mut running = Running::start(program(&[&[mcp.as_str()], &arguments[..]].concat()));
        browser().get(running.address().await).send().await.expect("a page");
        let (output, said) = running.end().await;
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!output.stdout.is_empty() && server.seen("/revoke").is_empty(), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_what_was_asked_for_is_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("grant.json");
    let file = file.to_str().expect("UTF-8");
    let opaque = json!({ "access_token": "opaque" });
    // `{"exp":1}`, and nothing in the response that says so.
    let ended = json!({ "access_token": "e30.eyJleHAiOjF9.c2ln", "expires_in": null });
    // `{"exp":9999999999}`, and a response that says something else.
    let short = json!({ "access_token": "e30.eyJleHAiOjk5OTk5OTk5OTl9.c2ln", "expires_in": 5 });
    let none = json!({});
    for (arguments, token, why) in [
        (vec!["--check"], &opaque, "the access token is opaque, not a JWT"),
        (vec!["--check", "--scope", "mcp:write"], &none, "lacks the scope `mcp:write`"),
        (vec!["--claim", "team"], &none, "has no claim `team`; it has"),
        (vec!["--claim", "iss=x"], &none, "not `x`"),
        (vec!["--lives-for", "4000"], &opaque, "but 4000 s are needed"),
        (vec!["--lives-for", "60"], &short, "s more, but 60 s are needed"),
        (vec!["--lives-for", "60"], &ended, "lives for 0 s more, but 60 s are needed"),
    ] {
        let metadata = json!({ "revocation_endpoint": "{origin}/revoke" });
        let instead = vec![("/revoke", Instead::Answer(200, "text/plain", ""))];
        let script = Script { metadata, instead, token: token.clone(), ..Script::default() };
        let server = Server::start(script).await;
        let mcp = server.mcp();
        let command_line = [&[mcp.as_str(), "--out", file], &arguments[..]].concat();
        let mut running = Running::start(program(&command_line));
        browser().get(running.address().await).send().await.expect("a page");
        let (output, said) = running.end().await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(why), "{arguments:?}: {said}");
        assert_eq!(server.seen("/revoke").len(), 2, "{arguments:?}: both tokens");
        assert!(!std::path::Path::new(file).exists(), "{arguments:?}");
    }
}
