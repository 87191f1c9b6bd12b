//! What GitHub Actions reads of a run: hidden values, annotations, the page of the job.

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;

use crate::program::{Ended, Sandbox, run};
use crate::servers::{TOKEN, github, mcp, serve, too_long};

const SUMMARY: &str = r#"{"metrics": {
  "mcp_calls": {"count": 300, "rate": 60},
  "mcp_call_duration": {"avg": 20, "min": 1, "med": 20, "max": 90, "p(95)": 40, "count": 300}
}, "root_group": {}}"#;

/// A run as a job of Actions makes it, with a k6 that does as `script` says.
async fn job(sandbox: &Sandbox, script: &str, github: &str, bearer: &str) -> Ended {
    let mut command = sandbox.mcp_loadtest("run");
    command
        .args(["cold-start", "--target", &mcp().await, "--issue", "acme/api#12"])
        .args(["--trusted-author", "1"])
        .env("K6", sandbox.fake_k6(script))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_TOKEN", "a-token-for-github")
        .env("GITHUB_API_URL", github)
        .env("GITHUB_STEP_SUMMARY", sandbox.path("job-summary.md"))
        .env("LOADTEST_HMAC_KEY", "a-key-for-signatures")
        .env("LOADTEST_BEARER", bearer);
    run(&mut command).await
}

fn passing() -> String {
    format!("cat > \"$summary\" <<'END'\n{SUMMARY}\nEND")
}

#[tokio::test]
async fn a_report_that_cannot_be_posted_stands_on_the_page_of_the_job() {
    // Archived while the load went on.
    let archived = async |comment: Bytes| {
        let body = json!({ "message": "Repository was archived so is read-only." });
        too_long(&comment).unwrap_or((StatusCode::FORBIDDEN, body.to_string()))
    };
    let tracker =
        json!({ "number": 12, "title": "t", "comments": 0, "labels": [], "html_url": "x" });
    let app = Router::new()
        .route("/repos/acme/api/issues/12", get(async move || tracker.to_string()))
        .route("/repos/acme/api/issues/12/comments", get(async || "[]").post(archived));
    let sandbox = Sandbox::new();
    let ended = job(&sandbox, &passing(), &format!("http://{}", serve(app).await), TOKEN).await;
    assert!(ended.error().contains("archived"), "{ended:#?}");
    let summary = std::fs::read_to_string(sandbox.path("job-summary.md")).unwrap();
    assert!(summary.contains("| `cold-start` |"), "{summary}");
    let annotation = "::error title=load test::failed to comment on acme/api#12: ";
    assert!(ended.stderr.lines().any(|it| it.starts_with(annotation)), "{}", ended.stderr);
}

#[tokio::test]
async fn an_issue_that_is_not_there_is_told_before_any_load() {
    let app = Router::new();
    let sandbox = Sandbox::new();
    let began = sandbox.path("began");
    let script = format!("touch '{}'; {}", began.display(), passing());
    let ended = job(&sandbox, &script, &format!("http://{}", serve(app).await), TOKEN).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.error().contains("so nothing was measured"), "{ended:#?}");
    assert!(!began.exists());
}

#[tokio::test]
async fn an_issue_that_may_not_be_commented_on_is_told_before_any_load() {
    let refused = async || {
        let body = json!({ "message": "Resource not accessible by integration" });
        (StatusCode::FORBIDDEN, body.to_string())
    };
    let tracker =
        json!({ "number": 12, "title": "t", "comments": 0, "labels": [], "html_url": "x" });
    let app = Router::new()
        .route("/repos/acme/api/issues/12", get(async move || tracker.to_string()))
        .route("/repos/acme/api/issues/12/comments", get(async || "[]").post(refused));
    let sandbox = Sandbox::new();
    let began = sandbox.path("began");
    let script = format!("touch '{}'; {}", began.display(), passing());
    let ended = job(&sandbox, &script, &format!("http://{}", serve(app).await), TOKEN).await;
    let error = ended.error();
    assert!(error.contains("issues: write") && error.contains("nothing was measured"), "{error}");
    assert!(!began.exists());
}

#[tokio::test]
async fn what_is_wrong_is_annotated_and_signed_for_the_next_run() {
    let (github, comments) = github().await;
    let sandbox = Sandbox::new();
    let ended = job(&sandbox, "echo 'no such metric' >&2; exit 107", &github, TOKEN).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let annotation = "::error title=load test::cold-start did not run: ";
    let lines: Vec<&str> = ended.stderr.lines().filter(|it| it.starts_with("::error")).collect();
    assert!(lines.len() == 1 && lines[0].starts_with(annotation), "{}", ended.stderr);
    let comments = comments.lock().unwrap();
    assert!(comments[0].contains(" hmac=\""), "{}", comments[0]);
}

#[tokio::test]
async fn a_token_is_hidden_before_anything_is_said_of_it() {
    let (github, _) = github().await;
    let sandbox = Sandbox::new();
    let ended = job(&sandbox, &passing(), &github, "not/the+token=").await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let at = |wanted: &str| lines.iter().position(|it| *it == wanted).unwrap();
    let masked = [at("::add-mask::not/the+token="), at("::add-mask::not%252Fthe%252Btoken%253D")];
    let said = lines.iter().position(|it| it.contains("from LOADTEST_BEARER")).unwrap();
    assert!(masked.iter().all(|it| *it < said), "{}", ended.stderr);
    let others = lines.iter().filter(|it| !it.starts_with("::add-mask::"));
    for secret in ["not/the+token=", "a-key-for-signatures", "a-token-for-github"] {
        assert!(others.clone().all(|it| !it.contains(secret)), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn both_tokens_of_a_command_are_hidden() {
    let sandbox = Sandbox::new();
    let response = format!(
        r#"{{\"access_token\": \"{TOKEN}\", \"token_type\": \"Bearer\", \"refresh_token\": \"a-refresh-token\"}}"#
    );
    let mint = format!("sh -c 'echo \"{response}\"'");
    let mut command = sandbox.mcp_loadtest("token");
    command.args(["--target", &mcp().await, "--mint", &mint]).env("GITHUB_ACTIONS", "true");
    let ended = run(&mut command).await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    for it in [TOKEN, "a-refresh-token"] {
        let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.contains(it)).collect();
        assert_eq!(lines, [format!("::add-mask::{it}")]);
    }
}

#[tokio::test]
async fn a_token_is_handed_over_as_it_is_asked_for() {
    for (format, stdout) in [
        ("json", format!("\"bearer\": \"{TOKEN}\"")),
        ("env", format!("LOADTEST_BEARER={TOKEN}\n")),
        ("actions", String::new()),
    ] {
        let sandbox = Sandbox::new();
        let mut command = sandbox.mcp_loadtest("token");
        command.args(["--target", &mcp().await, "--format", format]);
        command.env("LOADTEST_BEARER", TOKEN).env("GITHUB_ACTIONS", "true");
        let ended = run(command.env("GITHUB_ENV", sandbox.path("env"))).await.done();
        assert!(ended.stdout.contains(&stdout) && stdout.is_empty() == ended.stdout.is_empty());
        assert!(ended.stderr.contains(&format!("::add-mask::{TOKEN}")), "{}", ended.stderr);
        let handed = std::fs::read_to_string(sandbox.path("env")).unwrap_or_default();
        assert_eq!(handed.contains(&format!("LOADTEST_BEARER={TOKEN}\n")), format == "actions");
    }
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("token");
    command.args(["--target", &mcp().await, "--format", "actions"]).env("LOADTEST_BEARER", TOKEN);
    assert!(run(&mut command).await.error().contains("GITHUB_ENV"));
}
