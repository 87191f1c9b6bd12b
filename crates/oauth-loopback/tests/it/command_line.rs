use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::browser;
use crate::program::{PROGRAM, Running, done, failure, minted, program};
use crate::server::{Instead, Script, Server};

#[tokio::test]
async fn the_token_response_is_all_that_goes_to_stdout() {
    let server = Server::start(Script::default()).await;
    let mut running = Running::start(program(&[&server.mcp()]));
    let address = running.address().await;
    browser().get(address).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    let token: Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["refresh_token"], "refresh-1");
    let mut names: Vec<&String> = token.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(names, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!(output.stdout.iter().filter(|it| **it == b'\n').count(), 1);
}

#[tokio::test]
async fn a_file_replaces_stdout_and_is_for_its_owner_alone() {
    let server = Server::start(Script::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token.json");
    std::fs::write(&path, "old").expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    let file = path.to_str().expect("UTF-8");
    let arguments = ["--client-id", "abc", "--scope", "mcp:read", "--scope", "x", "--out", file];
    let mut running = Running::start(program(&[&[server.mcp().as_str()], &arguments[..]].concat()));
    browser().get(running.address().await).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{said}");
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    let record: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("it is ours")).expect("JSON");
    assert_eq!(record["issuer"], server.origin);
    assert_eq!(record["token_endpoint"], format!("{}/token", server.origin));
    assert_eq!(record["client_id"], "abc");
    assert_eq!(record["resource"], server.mcp());
    assert!(record["expires_at"].as_u64().is_some() && record["access_token"].is_string());
    assert!(server.seen("/register").is_empty());
    assert_eq!(server.seen("/authorize")[0].form["scope"], "mcp:read x");
}

#[tokio::test]
async fn later_steps_of_a_job_get_the_token_and_no_log_shows_it() {
    let server = Server::start(Script::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("env");
    std::fs::write(&path, "BEFORE=1\n").expect("a file");
    let mut command = program(&[&server.mcp(), "--format", "actions"]);
    command.env("GITHUB_ENV", &path);
    let mut running = Running::start(command);
    browser().get(running.address().await).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{said}");
    let handed = std::fs::read_to_string(&path).expect("it is ours");
    let token = handed.strip_prefix("BEFORE=1\nLOADTEST_BEARER=").expect("it is added").trim();
    assert!(said.lines().any(|it| it == format!("::add-mask::{token}")), "{said}");
    assert_eq!(said.matches(token).count(), 1, "{said}");

    let said = failure(program(&[&server.mcp(), "--format", "actions"])).await;
    assert!(said.contains("GITHUB_ENV"), "{said}");
}

#[tokio::test]
async fn the_browser_command_gets_the_address_and_the_clients_name() {
    let server = Server::start(Script::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let told = folder.path().join("told");
    let command = format!(
        "sh -c 'echo \"$OAUTH_CLIENT_NAME\" >{0}; echo \"$0\" >{0}.url; echo noise'",
        told.display()
    );
    let mut command_line = program(&[&server.mcp(), "--client-name", "Load test"]);
    // Out of the environment, as people set it.
    command_line.env("BROWSER", command);
    let running = Running::start(command_line);
    let written = folder.path().join("told.url");
    let address = async {
        loop {
            match std::fs::read_to_string(&written) {
                Ok(it) if it.ends_with('\n') => return it.trim().to_owned(),
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let address = tokio::time::timeout(Duration::from_secs(10), address).await.expect("it runs");
    browser().get(address).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("noise"));
    assert_eq!(std::fs::read_to_string(told).expect("it ran"), "Load test\n");
}

#[tokio::test]
async fn a_browser_command_that_fails_ends_the_flow_with_its_last_words() {
    let server = Server::start(Script::default()).await;
    let said = failure(program(&[
        &server.mcp(),
        "--browser",
        "sh -c 'echo starting >&2; echo error: no page >&2; exit 3'",
    ]))
    .await
    .replace(&server.origin, "ORIGIN");
    assert!(said.contains("\nstarting\n"), "{said}");
    assert!(
        said.ends_with(
            "error: the browser step at `ORIGIN` failed: `sh` ended with exit status: 3: no page\n"
        ),
        "{said}"
    );
    let asked = server.requests().len();
    let said = failure(program(&[&server.mcp(), "--browser", "/nowhere/browser"])).await;
    assert!(said.contains("there is no program `/nowhere/browser`; name another"), "{said}");
    assert_eq!(server.requests().len(), asked, "nobody was asked anything");
    let said = failure(program(&[&server.mcp(), "--browser", "sh -c 'half"])).await;
    assert!(said.contains("a quote is not closed"), "{said}");
}

#[tokio::test]
async fn a_failure_is_one_sentence_on_stderr_and_exit_code_1() {
    let refused =
        Script { callback: json!({ "error": "access_denied", "code": null }), ..Script::default() };
    let server = Server::start(refused).await;
    let mut running = Running::start(program(&[&server.mcp()]));
    browser().get(running.address().await).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said,
        format!(
            "error: the authorization server `{}` did not give a code: access_denied: the user, or a rule of the server, said no; see what this user may do there\n",
            server.origin
        )
    );

    let said = failure(program(&[&server.mcp(), "--timeout", "1"])).await;
    assert!(
        said.contains("error: no callback at http://127.0.0.1:") && said.ends_with("within 1 s\n"),
        "{said}"
    );
    let said = failure(program(&[&server.mcp(), "--out", "/nowhere/token.json"])).await;
    assert!(
        said.starts_with("error: cannot read or write `/nowhere/token.json`: No such file"),
        "{said}"
    );
    let said = failure(program(&["http://127.0.0.1:1/mcp"])).await;
    assert!(
        said.contains("no answer from http://127.0.0.1:1/mcp") && said.contains("refused"),
        "{said}"
    );
}

#[tokio::test]
async fn wrong_usage_exits_with_2_and_help_teaches() {
    for arguments in [&[][..], &["--no-such-flag"], &["http://127.0.0.1:1/mcp", "--timeout", "0"]] {
        let output = program(arguments).output().await.expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let output = program(&["--help"]).output().await.expect("it runs");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    for told in ["Deadlines:", "Proxies:", "Certificates:", "no `resource` parameter"] {
        assert!(help.contains(told), "{told}: {help}");
    }
    for command in ["refresh", "forget", "client-credentials", "doctor"] {
        let output = program(&[command, "--help"]).output().await.expect("it runs");
        let help = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(help.contains("Example:") && help.contains("Exit codes:"), "{help}");
    }
}

#[tokio::test]
async fn the_program_names_the_flag_or_variable_that_helps() {
    let without = |more: Value| {
        let mut metadata = json!({ "registration_endpoint": null });
        metadata
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().into_iter().flatten());
        Script { metadata, ..Script::default() }
    };
    let answer = |status, body| Script {
        instead: vec![("/register", Instead::Answer(status, "application/json", body))],
        ..Script::default()
    };
    for (script, advice) in [
        (without(json!({})), "beforehand (`--client-id`)\n"),
        (
            without(json!({ "client_id_metadata_document_supported": true })),
            "or a client ID metadata document (`--client-metadata-url`)\n",
        ),
        (
            answer(401, "{}"),
            "wants an initial access token; give it one (`LOADTEST_INITIAL_ACCESS_TOKEN`), or use the id of a client registered beforehand (`--client-id`)\n",
        ),
        (
            answer(400, r#"{"error":"invalid_redirect_uri"}"#),
            "this redirect URI; name another (`--redirect-uri http://localhost:PORT/callback`), or use the id of a client registered beforehand (`--client-id`)\n",
        ),
        (
            answer(403, r#"{"error":"insufficient_scope","error_description":"by a policy"}"#),
            "by a policy; name others (`--scope`), or use the id of a client registered beforehand (`--client-id`)\n",
        ),
        (
            answer(422, r#"{"error":"unsupported"}"#),
            "unsupported; use the id of a client registered beforehand (`--client-id`)\n",
        ),
        (
            Script {
                metadata: json!({ "code_challenge_methods_supported": ["plain"] }),
                ..Script::default()
            },
            "(it says `plain`)\n",
        ),
    ] {
        let server = Server::start(script).await;
        let said = failure(program(&[&server.mcp()])).await;
        assert!(said.ends_with(advice), "{said}");
    }
}

#[tokio::test]
async fn pkce_may_be_waived() {
    let silent = || Script {
        metadata: json!({ "code_challenge_methods_supported": null }),
        ..Script::default()
    };
    let server = Server::start(silent()).await;
    assert!(failure(program(&[&server.mcp()])).await.contains("--allow-unadvertised-pkce"));
    let mut running = Running::start(program(&[&server.mcp(), "--allow-unadvertised-pkce"]));
    browser().get(running.address().await).send().await.expect("a page");
    let (output, said) = running.end().await;
    assert_eq!(output.status.code(), Some(0), "{said}");
}

/// Without a TLS provider the program would panic, without TLS it would speak http: neither says `ClientHello`.
#[tokio::test]
async fn https_speaks_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("https://{}/mcp", listener.local_addr().expect("it is bound"));
    let hello = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("someone calls");
        let mut head = [0; 6];
        stream.read_exact(&mut head).await.expect("a greeting");
        head
    });
    let said = failure(program(&[&address])).await;
    assert!(
        said.starts_with("error: asking the resource for its challenge: no answer from https://"),
        "{said}"
    );
    let head = hello.await.expect("it was called");
    assert_eq!(
        (head[0], head[1], head[5]),
        (0x16, 0x03, 0x01),
        "a TLS handshake record with a ClientHello"
    );
}

/// The browser command is the program itself, waiting for a callback that never comes.
#[tokio::test]
async fn the_end_of_the_program_is_the_end_of_the_browser_command() {
    use rustix::process::{Pid, Signal, kill_process};
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::HUP, "SIGHUP"), (Signal::KILL, "")] {
        let server = Server::start(Script::default()).await;
        let command = format!("{PROGRAM} {} --client-name %s", server.mcp());
        let mut running = Running::start(program(&[&server.mcp(), "--browser", &command]));
        let inner = running.address().await;
        let sent: HashMap<String, String> = inner.query_pairs().into_owned().collect();
        let redirect_uri: Url = sent["redirect_uri"].parse().expect("an address");
        let port = redirect_uri.port().expect("a port of its own");
        TcpStream::connect(("127.0.0.1", port)).await.expect("the command listens");

        let id = running.child.id().and_then(|it| Pid::from_raw(it.cast_signed()));
        kill_process(id.expect("it runs"), signal).expect("it runs");
        let ended = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ended)
            .await
            .expect("the command was told to end");
        let (output, said) = running.end().await;
        if signal == Signal::KILL {
            assert_eq!(output.status.code(), None);
        } else {
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains(&format!("error: interrupted by {name}")), "{said}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_before_anyone_signs_in() {
    use std::os::unix::fs::FileTypeExt as _;
    let server = Server::start(Script::default()).await;
    let said = failure(program(&[&server.mcp(), "--out", "/dev/null"])).await;
    assert!(said.contains("it is no regular file"), "{said}");
    assert!(server.seen("/register").is_empty());
    let device = std::fs::metadata("/dev/null").expect("it is there").file_type();
    assert!(device.is_char_device());
}

#[tokio::test]
async fn the_state_is_not_said_where_a_command_opens_the_address() {
    let server = Server::start(Script::default()).await;
    let said = failure(program(&[&server.mcp(), "--browser", "false"])).await;
    assert!(said.contains("opening http://") && !said.contains("state="), "{said}");
}

#[tokio::test]
async fn a_resource_with_a_fragment_is_told_as_such() {
    let server = Server::start(Script::default()).await;
    let said = failure(program(&[&format!("{}#x", server.mcp())])).await;
    assert!(said.contains("has a fragment"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_an_address_or_a_scope_is_wrong_usage() {
    for arguments in [
        ["api.example.com/mcp", "--check"].as_slice(),
        &["--issuer", "localhost:8080"],
        &["doctor", "mcp"],
        &["http://127.0.0.1:1/mcp", "--scope", ""],
        &["http://127.0.0.1:1/mcp", "--claim", "=x"],
        &["http://127.0.0.1:1/mcp", "--client-id", "a", "--redirect-uri", "/callback"],
    ] {
        let output = program(arguments).output().await.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    }
}

/// U+061C turns the direction of a line and shows nothing itself.
#[tokio::test]
async fn no_hidden_character_of_a_stranger_is_said_or_printed() {
    const REFUSED: &str = "{\"error\":\"invalid_grant\",\"error_description\":\"no\u{61c}pe\"}";
    let instead = vec![("/token", Instead::Answer(400, "application/json", REFUSED))];
    let metadata = json!({ "revocation_endpoint": "{origin}/re\u{61c}voke" });
    let server = Server::start(Script { instead, metadata, ..Script::default() }).await;
    let mut running = Running::start(program(&[&server.mcp()]));
    browser().get(running.address().await).send().await.expect("a page");
    let (_, said) = running.end().await;
    assert!(said.ends_with("answered 400: invalid_grant: nope\n"), "{said:?}");

    let last_words = "sh -c 'printf \"no\\330\\234 page\\n\" >&2; exit 3'";
    let said = failure(program(&[&server.mcp(), "--browser", last_words])).await;
    assert!(said.ends_with("`sh` ended with exit status: 3: no page\n"), "{said:?}");

    let (found, _) = done(program(&["doctor", &server.mcp()])).await;
    assert!(found.contains("/revoke\n"), "{found:?}");
}

#[tokio::test]
async fn a_line_break_at_the_end_of_a_variable_is_no_part_of_a_secret() {
    let server = Server::start(Script::default()).await;
    let mut command = program(&[&server.mcp()]);
    command.env("LOADTEST_INITIAL_ACCESS_TOKEN", "initial\n");
    minted(command).await;
    assert_eq!(server.seen("/register")[0].headers["authorization"], "Bearer initial");

    let mut command = program(&["client-credentials", &server.mcp(), "--client-id", "me"]);
    command.env("LOADTEST_CLIENT_SECRET", "hush\r\n");
    done(command).await;
    let sent = server.seen("/token").pop().expect("it was asked for");
    assert_eq!(sent.headers["authorization"], "Basic bWU6aHVzaA==");
}

#[tokio::test]
async fn the_browser_command_gets_no_secret_of_the_client() {
    let server = Server::start(Script::default()).await;
    let browser = "sh -c 'echo \"$LOADTEST_CLIENT_SECRET$LOADTEST_INITIAL_ACCESS_TOKEN$LOADTEST_PASSWORD\" >&2; exit 3'";
    let mut command = program(&[&server.mcp(), "--browser", browser]);
    command.env("LOADTEST_CLIENT_SECRET", "hush").env("LOADTEST_INITIAL_ACCESS_TOKEN", "hush");
    // That is for `browser-consent`.
    command.env("LOADTEST_PASSWORD", "lovelace");
    let said = failure(command).await;
    assert!(said.ends_with("ended with exit status: 3: lovelace\n"), "{said}");
}
