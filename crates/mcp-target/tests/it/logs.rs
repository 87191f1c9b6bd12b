use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::person::Person;
use crate::session::Session;
use crate::target::{EMAIL, PASSWORD, Target, VERIFIER, parameter};

/// Does something with a target in a process of its own, and tells it to end.
async fn visited(arguments: &[&str], visit: impl AsyncFnOnce(&Target)) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-target"))
        .args(arguments)
        .env("LOADTEST_EMAIL", EMAIL)
        .env("LOADTEST_PASSWORD", PASSWORD)
        .env("MAKE_CLIENT_ID", "registered-before")
        .env("OAUTH_CLIENT_SECRET", "a client's secret")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    visit(&Target::elsewhere(ready["issuer"].as_str().unwrap())).await;
    let process = child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(process).status().await.unwrap().success());
    child
}

/// The same, and returns what it said.
async fn run(arguments: &[&str], visit: impl AsyncFnOnce(&Target)) -> Output {
    visited(arguments, visit).await.wait_with_output().await.unwrap()
}

#[tokio::test]
async fn whoever_reads_no_log_is_served_and_ends_it_all_the_same() {
    // More lines than a pipe holds, and than wait and are being written.
    const REQUESTS: usize = 6000;
    let served = async {
        let visit = async |target: &Target| {
            let health = format!("{}/health", target.issuer);
            for _ in 0..REQUESTS {
                assert_eq!(target.http.get(&health).send().await.unwrap().status(), 200);
            }
        };
        let mut child = visited(&["--log", "json", "--log-level", "debug"], visit).await;
        let ended = child.wait().await.unwrap();
        (ended, child.wait_with_output().await.unwrap())
    };
    let served = timeout(Duration::from_secs(120), served).await;
    let (ended, output) = served.expect("nothing waits for a reader");
    assert_eq!(ended.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    // What the pipe holds.
    assert!(output.stderr.len() > 60_000, "{} bytes", output.stderr.len());
}

#[tokio::test]
async fn a_whole_sign_in_leaves_no_secret_in_the_most_talkative_log() {
    let mut secrets = vec![PASSWORD.to_owned(), "correct+horse".to_owned(), VERIFIER.to_owned()];
    let output = run(&["--log", "json", "--log-level", "trace"], async |target| {
        let client_id = target.register().await;
        let mut person = Person::new(target);
        let login = person.open(target.authorize_url(&client_id, &[]).as_str()).await;
        secrets.push(login.request().to_owned());
        person.send_login(&login, "not the password").await;
        secrets.push("not the password".to_owned());
        let consent = person.send_login(&login, PASSWORD).await;
        secrets.push(person.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned());
        let callback = person.decide(&consent, "approve").await.url;
        let code = parameter(&callback, "code").unwrap();
        let (status, tokens) = target.exchange(&client_id, &code, &[]).await;
        assert_eq!(status, 200, "{tokens}");
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let refresh_token = text(&tokens["refresh_token"]);
        let (status, newer) = target.refresh(&client_id, &refresh_token, &[]).await;
        assert_eq!(status, 200, "{newer}");

        let with_secret = target.http.post(format!("{}/token", target.issuer));
        let with_secret = with_secret.basic_auth("registered-before", Some("a client's secret"));
        let form = [("grant_type", "authorization_code"), ("code", "an-old-code")];
        with_secret.form(&form).send().await.unwrap();
        // "registered-before:a client's secret"
        secrets.push("cmVnaXN0ZXJlZC1iZWZvcmU6YSBjbGllbnQncyBzZWNyZXQ".to_owned());
        secrets.extend(["a client's secret".to_owned(), "an-old-code".to_owned(), code]);

        let bearer = text(&newer["access_token"]);
        let session = Session::open_with(target, bearer.clone()).await;
        session.call("executeSQL", json!({"sql": "SELECT 'said-in-private'"})).await;
        assert_eq!(session.close().await, 202);
        let wrong = format!("{bearer}x");
        Session::post(target, Some(&wrong), None, &Session::initialize_body()).await;
        // What was rotated before ends all that came of it.
        assert_eq!(target.refresh(&client_id, &refresh_token, &[]).await.0, 400);
        secrets.extend([text(&tokens["access_token"]), refresh_token, bearer]);
        secrets.extend([text(&newer["refresh_token"]), "said-in-private".to_owned(), session.id]);
    })
    .await;

    let log = String::from_utf8(output.stderr).unwrap();
    let events: Vec<Value> = log.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    for (message, count) in [
        ("sign-in refused", 1),
        ("signed in", 1),
        ("token issued", 2),
        ("token refused", 2),
        ("bearer refused", 1),
    ] {
        let found = events.iter().filter(|it| it["message"] == message).count();
        assert_eq!(found, count, "{message} in {log}");
    }
    let request = events.iter().find(|it| it["message"] == "request" && it["route"] == "/token");
    let request = request.expect("the request is logged");
    assert_eq!((&request["method"], &request["status"]), (&json!("POST"), &json!(200)));
    assert!(request["duration_ms"].is_f64());
    for event in &events {
        assert!(event["target"].as_str().unwrap().starts_with("mcp_target"), "{event}");
    }
    for secret in secrets {
        assert!(secret.len() > 8 && !log.contains(&secret), "{secret} in {log}");
    }
    assert!(!log.contains('?'), "a query string in {log}");
}

#[tokio::test]
async fn the_log_says_as_much_as_it_is_asked_to() {
    let visit = async |target: &Target| {
        target.register().await;
        let (status, _) = target.post("/register", &json!({"redirect_uris": []})).await;
        assert_eq!(status, 400);
    };
    for (arguments, lines) in [
        (&[][..], 0),
        (&["--log", "off", "--log-level", "trace"], 0),
        (&["--log", "text"], 1),
        (&["--log-level", "debug"], 3),
        (&["--log", "json", "--log-level", "error"], 0),
    ] {
        let log = String::from_utf8(run(arguments, visit).await.stderr).unwrap();
        assert_eq!(log.lines().count(), lines, "{arguments:?}: {log}");
        assert_eq!(log.contains("registration refused"), lines > 0, "{log}");
    }
}
