//! What does not work ends in one clear sentence, exit code 1, and nothing left running.

use axum::http::{StatusCode, header};
use mcp_target::Fault;

use crate::program::{Sandbox, json, processes_with, run};
use crate::servers::{EMAIL, PASSWORD, Sessions, TOKEN, counting_mcp, mcp, target};

/// `mcp-loadtest token` against a target with faults; the error it ends with.
async fn token_error(faults: &[Fault], password: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let mark = format!("MCP_LOADTEST_MARK={}", sandbox.folder.path().display());
    let (name, value) = mark.split_once('=').unwrap();
    let ended = run(sandbox
        .mcp_loadtest("token")
        .args(["--target", &target(faults).await])
        .env(name, value)
        .current_dir(sandbox.folder.path())
        .env("LOADTEST_EMAIL", EMAIL)
        .env("LOADTEST_PASSWORD", password))
    .await;
    assert!(!ended.stderr.contains(password), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    assert_eq!(processes_with(&mark), [""; 0]);
    assert!(!sandbox.path("bearer.json").exists());
    (sandbox, ended.error().to_owned())
}

#[track_caller]
fn check(error: &str, words: &[&str]) {
    for it in words {
        assert!(error.to_lowercase().contains(&it.to_lowercase()), "no `{it}` in: {error}");
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_wrong_password_is_told_in_the_pages_own_words() {
    let (sandbox, error) = token_error(&[], "not-the-password").await;
    check(&error, &["password", "sign in"]);
    let evidence: Vec<_> = std::fs::read_dir(sandbox.path("loadtest-results/sign-in"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    assert!(evidence.iter().any(|it| it.extension().is_some_and(|it| it == "png")), "{evidence:?}");
    for file in evidence {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("not-the-password"), "{}", file.display());
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_with_no_way_forward_is_named() {
    let (_sandbox, error) = token_error(&[Fault::NoForward], PASSWORD).await;
    check(&error, &["authorize"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_denied_consent_is_named() {
    let (_sandbox, error) = token_error(&[Fault::Deny], PASSWORD).await;
    check(&error, &["access_denied"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_callback_that_never_comes_is_named() {
    let (_sandbox, error) = token_error(&[Fault::NoCallback], PASSWORD).await;
    check(&error, &["consent was given", "no code"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_server_without_pkce_is_refused_before_the_browser_opens() {
    let (_sandbox, error) = token_error(&[Fault::NoPkce], PASSWORD).await;
    check(&error, &["PKCE", "S256"]);
}

#[tokio::test]
async fn a_target_that_is_no_mcp_server_is_named() {
    let app = axum::Router::new().fallback(async || "<html>hello</html>");
    let address = crate::servers::serve(app).await;
    let sandbox = Sandbox::new();
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", &format!("http://{address}/mcp")])
        .env("K6", sandbox.fake_k6("exit 0"))
        .env("LOADTEST_BEARER", TOKEN))
    .await;
    check(ended.error(), &["200 without an answer", "Streamable HTTP", &address.to_string()]);
}

#[tokio::test]
async fn an_address_that_leads_elsewhere_is_told_with_the_other_one() {
    let redirect = async || (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/mcp/")]);
    let address = crate::servers::serve(axum::Router::new().fallback(redirect)).await;
    let sandbox = Sandbox::new();
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", &format!("http://{address}/mcp")])
        .env("K6", sandbox.fake_k6("exit 0"))
        .env("LOADTEST_BEARER", TOKEN))
    .await;
    check(ended.error(), &["307", "`/mcp/`", "name that address"]);
}

#[tokio::test]
async fn a_bearer_that_is_refused_is_told_before_any_load() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", &mcp().await])
        .env("K6", sandbox.fake_k6("echo loaded > \"$0.ran\""))
        .env("LOADTEST_BEARER", "another-token"))
    .await;
    check(ended.error(), &["401", "invalid_token", "not accepted"]);
    assert!(!ended.stderr.contains("another-token"));
    assert!(!sandbox.path("fake-k6.ran").exists());
}

#[tokio::test]
async fn missing_credentials_are_named_with_what_to_set() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", "http://127.0.0.1:1/mcp"])
        .env("K6", sandbox.fake_k6("exit 0")))
    .await;
    check(ended.error(), &["LOADTEST_EMAIL", "LOADTEST_PASSWORD", "--mint"]);
}

#[tokio::test]
async fn what_is_wrong_from_the_start_is_told_before_anything_begins() {
    for (bearer, rate, words) in [
        ("Bearer x", "1", "no bearer token"),
        (TOKEN, "abc", "TARGET_RPS"),
        (TOKEN, "0", "TARGET_RPS"),
    ] {
        let sandbox = Sandbox::new();
        let ended = run(sandbox
            .mcp_loadtest("run")
            .args(["--target", &mcp().await])
            .env("K6", sandbox.fake_k6("echo loaded > \"$0.ran\""))
            .env("TARGET_RPS", rate)
            .env("LOADTEST_BEARER", bearer))
        .await;
        check(ended.error(), &[words]);
        assert!(!sandbox.path("fake-k6.ran").exists());
    }
}

#[tokio::test]
async fn a_command_that_prints_without_end_is_stopped() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("token");
    let ended = run(command.args(["--target", &mcp().await, "--mint", "yes"])).await;
    check(ended.error(), &["--mint `yes`", "16 MiB"]);
}

#[tokio::test]
async fn a_script_that_prints_the_bearer_does_not_leave_it_in_the_log() {
    let sandbox = Sandbox::new();
    run(sandbox
        .mcp_loadtest("run")
        .args(["cold-start", "--target", &mcp().await])
        .env("K6", sandbox.fake_k6("echo \"token: $BEARER\"; exit 107"))
        .env("LOADTEST_BEARER", TOKEN))
    .await;
    let log = std::fs::read_to_string(sandbox.path("runs/latest/cold-start/k6.log")).unwrap();
    assert_eq!(log, "token: …\n");
}

#[tokio::test]
async fn a_k6_that_cannot_run_the_script_is_quoted() {
    for (code, words) in [(104, "options"), (107, "script"), (255, "255")] {
        let sandbox = Sandbox::new();
        let said = r#"{"level":"error","msg":"something about the script"}"#;
        let k6 = sandbox.fake_k6(&format!("echo '{said}' >&2; exit {code}"));
        let ended = run(sandbox
            .mcp_loadtest("run")
            .args(["cold-start", "--target", &mcp().await])
            .env("K6", k6)
            .env("LOADTEST_BEARER", TOKEN))
        .await;
        let error = ended.error();
        check(error, &[words, "something about the script"]);
        assert_eq!(sandbox.record()["verdict"], "did_not_run");
    }
}

#[tokio::test]
async fn an_output_folder_that_cannot_be_written_is_named_at_once() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("runs"), "a file where the folder should be").unwrap();
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", "http://127.0.0.1:1/mcp"])
        .env("LOADTEST_BEARER", TOKEN))
    .await;
    check(ended.error(), &["runs", "--out"]);
}

#[tokio::test]
async fn without_network_and_go_the_way_to_k6_is_told() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox
        .mcp_loadtest("setup")
        .env("PATH", sandbox.folder.path())
        .env("XDG_CACHE_HOME", sandbox.folder.path())
        .env("HTTPS_PROXY", "http://127.0.0.1:1"))
    .await;
    check(ended.error(), &["k6 2.2.0", "Go toolchain", "K6"]);
    check(&ended.stderr, &["cannot be reached"]);
}

#[tokio::test]
async fn a_k6_that_is_none_is_not_used() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox.mcp_loadtest("setup").env("K6", "/bin/true")).await;
    check(ended.error(), &["/bin/true", "K6"]);
}

#[tokio::test]
async fn load_on_another_machine_needs_a_yes() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox.mcp_loadtest("run").args([
        "--target",
        "https://mcp.example.com/mcp",
        "--profile",
        "full",
    ]))
    .await;
    check(ended.error(), &["--yes"]);
}

#[tokio::test]
async fn a_mint_command_that_fails_or_prints_nonsense_is_named() {
    for (script, words) in
        [("exit 7", "exit status: 7"), ("echo secret-token", "no token response"), ("", "no token")]
    {
        let sandbox = Sandbox::new();
        let target = mcp().await;
        let mint = format!("sh -c '{script}'");
        let mut command = sandbox.mcp_loadtest("token");
        let ended = run(command.args(["--target", &target, "--mint", &mint])).await;
        let error = ended.error().to_owned();
        check(&error, &["--mint", words]);
        assert!(!ended.stderr.contains("secret-token"), "{error}");
    }
}

/// Root may put a file in the place of a device, and a pipe that another program reads would be gone.
#[tokio::test]
async fn a_bearer_file_that_is_no_file_is_refused_before_the_sign_in_and_stays_what_it_is() {
    use std::os::unix::fs::FileTypeExt as _;

    let sandbox = Sandbox::new();
    let fifo = sandbox.path("bearer.json");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let (target, sessions) = counting_mcp().await;
    for command in ["run", "token"] {
        let mut command = sandbox.mcp_loadtest(command);
        command.args(["--target", &target]).env("LOADTEST_BEARER", TOKEN);
        command.env("K6", sandbox.fake_k6("exit 0"));
        let ended = run(&mut command).await;
        check(ended.error(), &["bearer.json", "--bearer-file", "no regular file"]);
        assert!(std::fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo());
        assert!(!ended.stderr.contains("from LOADTEST_BEARER"), "{}", ended.stderr);
    }
    assert_eq!(*sessions.lock().unwrap(), Sessions::default());
}

#[tokio::test]
async fn a_line_break_behind_a_pasted_bearer_is_no_part_of_it() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("token");
    command.args(["--target", &mcp().await]).env("LOADTEST_BEARER", format!("{TOKEN}\n"));
    let ended = run(&mut command).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(json(&sandbox.path("bearer.json"))["bearer"], TOKEN);
}
