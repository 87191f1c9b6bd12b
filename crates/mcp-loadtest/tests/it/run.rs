//! Sign-in, load, verdict: the main job.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use mcp_target::Fault;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::program::{Ended, Sandbox, json, processes_with, program, run};
use crate::servers::{EMAIL, PASSWORD, Sessions, TOKEN, counting_mcp, github, mcp, target};

/// A summary as k6 writes it after 300 good calls of some 20 ms.
const SUMMARY: &str = r#"{"metrics": {
  "http_reqs": {"count": 300, "rate": 60},
  "mcp_calls": {"count": 300, "rate": 60},
  "mcp_call_duration": {"avg": P50, "min": 1, "med": P50, "max": 90, "p(50)": P50, "p(90)": 30, "p(95)": 40, "p(99)": 50, "count": 300}
}, "root_group": {"name": "", "path": "", "groups": {}, "checks": {}}}"#;

#[track_caller]
fn check_passed(sandbox: &Sandbox, ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let record = sandbox.record();
    assert_eq!(record["verdict"], "passed", "{record:#}");
    let scenarios = record["scenarios"].as_array().unwrap();
    let names: Vec<_> = scenarios.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cold-start", "concurrent-sessions", "tool-call-mix"]);
    for it in scenarios {
        let name = it["name"].as_str().unwrap();
        for cell in ["p50", "p95", "p99"] {
            assert!(it["latency_ms"][cell].as_f64().unwrap() > 0.0, "{name} {cell}");
        }
        let summary = json(&sandbox.path(&format!("runs/latest/{name}/summary.json")));
        assert_eq!(it["calls"].as_f64(), summary["metrics"]["mcp_calls"]["count"].as_f64());
        assert_eq!(
            it["latency_ms"]["p95"].as_f64(),
            summary["metrics"]["mcp_call_duration"]["p(95)"].as_f64()
        );
    }
    record
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn two_runs_on_the_embedded_target_pass_and_the_second_shows_changes() {
    let sandbox = Sandbox::new();
    let mark = format!("MCP_LOADTEST_MARK={}", sandbox.folder.path().display());
    let (name, value) = mark.split_once('=').unwrap();
    let mut ends = Vec::new();
    for _ in 0..2 {
        let mut command = sandbox.mcp_loadtest("run");
        let ended = run(command.env("K6", program("K6")).env(name, value)).await;
        let record = check_passed(&sandbox, &ended);
        assert_eq!(record["environment"], "embedded");
        assert_eq!(processes_with(&mark), [""; 0]);
        let bearer = json(&sandbox.path("bearer.json"));
        let token = bearer["bearer"].as_str().unwrap();
        assert!(!ended.stderr.contains(token) && !ended.stdout.contains(token));
        assert!(bearer["workspaceId"].is_string());
        ends.push(ended);
    }
    let mode = std::fs::metadata(sandbox.path("bearer.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let history = std::fs::read_to_string(sandbox.path("runs/history.ndjson")).unwrap();
    let history: Vec<Value> = history.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(history.len(), 2);
    assert!(ends[0].stdout.contains("No earlier run"), "{}", ends[0].stdout);
    // On a machine that others keep busy the first run is no baseline, and the second says so.
    let busy = history[0]["dirty"] != Value::Array(vec![]);
    let expect = if busy { "on a busy machine" } else { " %)" };
    assert!(ends[1].stdout.contains(expect), "{}", ends[1].stdout);
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn the_whole_loop_runs_on_k6_1_1_too() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox.mcp_loadtest("run").env("K6", program("K6_1_1"))).await;
    let record = check_passed(&sandbox, &ended);
    assert_eq!(record["k6"], "1.1.0");
}

#[tokio::test]
#[ignore = "needs k6"]
async fn an_interrupt_under_load_keeps_what_was_measured_and_leaves_nothing_running() {
    let sandbox = Sandbox::new();
    let mark = format!("MCP_LOADTEST_MARK={}", sandbox.folder.path().display());
    let (name, value) = mark.split_once('=').unwrap();
    let mut command = sandbox.mcp_loadtest("run");
    command
        .args(["concurrent-sessions", "tool-call-mix", "--target", &mcp().await])
        .args(["--calls", &calls(&sandbox)])
        .env("K6", program("K6"))
        .env("LOADTEST_BEARER", TOKEN)
        .env(name, value)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("it ended before k6 ran");
        if line.contains("concurrent-sessions") && line.contains("errors") {
            break;
        }
    }
    let pid = Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let mut last = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        last = line;
    }
    assert_eq!(child.wait().await.unwrap().code(), Some(1));
    assert!(last.starts_with("error: interrupted"), "{last}");
    assert_eq!(processes_with(&mark), [""; 0]);
    let record = sandbox.record();
    assert_eq!(record["verdict"], "did_not_run");
    assert_eq!(record["scenarios"].as_array().unwrap().len(), 2);
}

#[tokio::test]
#[ignore = "needs k6"]
async fn every_session_that_the_scripts_open_is_closed() {
    for k6 in ["K6", "K6_1_1"] {
        let sandbox = Sandbox::new();
        let (target, sessions) = counting_mcp().await;
        let ended = run(sandbox
            .mcp_loadtest("run")
            .args(["--target", &target, "--calls", &calls(&sandbox)])
            .env("K6", program(k6))
            .env("LOADTEST_BEARER", TOKEN))
        .await;
        check_passed(&sandbox, &ended);
        let Sessions { opened, closed } = *sessions.lock().unwrap();
        assert!(opened > 200, "{opened}");
        assert_eq!(opened, closed);
    }
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn a_server_that_refuses_every_call_is_invalid_and_not_fast() {
    for (fault, class) in [(Fault::ToolErrors, "tool_error"), (Fault::RateLimited, "rate_limited")]
    {
        let sandbox = Sandbox::new();
        let ended = run(sandbox
            .mcp_loadtest("run")
            .args(["tool-call-mix", "--target", &target(&[fault]).await])
            .env("K6", program("K6"))
            .env("LOADTEST_EMAIL", EMAIL)
            .env("LOADTEST_PASSWORD", PASSWORD))
        .await;
        assert_eq!(ended.code, Some(3), "{ended:#?}");
        let scenario = &sandbox.record()["scenarios"][0];
        assert_eq!(scenario["verdict"], "invalid");
        assert_eq!(scenario["failures"][class], scenario["calls"]);
        assert_eq!(scenario["latency_ms"]["p95"], Value::Null);
    }
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn a_run_that_outlives_its_token_gets_the_next_one_in_time() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["tool-call-mix", "--target", &target(&[Fault::ShortToken]).await])
        .env("K6", program("K6"))
        .env("LOADTEST_EMAIL", EMAIL)
        .env("LOADTEST_PASSWORD", PASSWORD))
    .await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stderr.contains("k6 gets the next one in time"), "{}", ended.stderr);
    let scenario = &sandbox.record()["scenarios"][0];
    assert_eq!(scenario["verdict"], "passed");
    assert_eq!(scenario["failures"], serde_json::json!({}), "{scenario:#}");
    assert!(scenario["calls"].as_u64() > Some(200), "{scenario:#}");
}

fn calls(sandbox: &Sandbox) -> String {
    let path = sandbox.path("calls.json");
    std::fs::write(&path, r#"[{"tool": "echo", "arguments": {"text": "hi"}}]"#).unwrap();
    path.display().to_string()
}

/// A run with a k6 that measured `p50` milliseconds.
async fn run_with(sandbox: &Sandbox, target: &str, github: &str, p50: u32) -> Ended {
    let summary = SUMMARY.replace("P50", &p50.to_string());
    let k6 = sandbox.fake_k6(&format!("cat > \"$summary\" <<'END'\n{summary}\nEND"));
    let mut command = sandbox.mcp_loadtest("run");
    command
        .args(["cold-start", "--target", target, "--issue", "acme/api#12"])
        .env("K6", k6)
        .env("GITHUB_TOKEN", "a-token-for-github")
        .env("GITHUB_API_URL", github)
        .env("GITHUB_STEP_SUMMARY", sandbox.path("job-summary.md"))
        .env("LOADTEST_BEARER", TOKEN);
    run(&mut command).await
}

#[tokio::test]
async fn a_slower_second_run_is_bold_everywhere_and_stands_on_the_issue() {
    let sandbox = Sandbox::new();
    let (github, comments) = github().await;
    let target = mcp().await;
    let first = run_with(&sandbox, &target, &github, 20).await;
    assert_eq!(first.code, Some(0), "{first:#?}");
    let second = run_with(&sandbox, &target, &github, 26).await;
    assert_eq!(second.code, Some(0), "{second:#?}");

    assert!(second.stdout.contains("**26.0 (+30 %)**"), "{}", second.stdout);
    let comments = comments.lock().unwrap();
    assert_eq!(comments.len(), 2);
    assert!(comments[1].contains("**26.0 (+30 %)**"), "{}", comments[1]);
    assert!(comments[1].contains("<!-- loadtest:v1 {"), "{}", comments[1]);
    let summary = std::fs::read_to_string(sandbox.path("job-summary.md")).unwrap();
    assert!(summary.contains("**26.0 (+30 %)**"), "{summary}");
    let id = sandbox.record()["id"].as_str().unwrap().to_owned();
    assert!(sandbox.path(&format!("runs/{id}/{id}_report.md")).exists());
}

#[tokio::test]
async fn a_fresh_machine_learns_the_earlier_run_from_the_issue() {
    let (github, comments) = github().await;
    let target = mcp().await;
    run_with(&Sandbox::new(), &target, &github, 20).await;
    let second = run_with(&Sandbox::new(), &target, &github, 26).await;
    assert!(second.stdout.contains("**26.0 (+30 %)**"), "{second:#?}");
    assert_eq!(comments.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_broken_sign_in_is_told_on_the_issue_and_stays_in_the_history() {
    let sandbox = Sandbox::new();
    let (github, comments) = github().await;
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", &mcp().await, "--issue", "acme/api#12"])
        .env("K6", sandbox.fake_k6("exit 0"))
        .env("GITHUB_TOKEN", "a-token-for-github")
        .env("GITHUB_API_URL", github)
        .env("LOADTEST_BEARER", "refused"))
    .await;
    assert!(ended.error().contains("401"), "{ended:#?}");
    assert_eq!(ended.stdout, "");
    assert_eq!(sandbox.record()["verdict"], "did_not_run");
    let comments = comments.lock().unwrap();
    assert!(comments[0].contains("401"), "{}", comments[0]);
    assert!(!comments[0].contains("refused"), "{}", comments[0]);
}

#[tokio::test]
async fn one_scenario_that_breaks_does_not_lose_the_others() {
    let sandbox = Sandbox::new();
    let target = mcp().await;
    let summary = SUMMARY.replace("P50", "20");
    // The second scenario finds a file where its folder should be.
    let script = format!(
        "cat > \"$summary\" <<'END'\n{summary}\nEND\ntouch \"$(dirname \"$summary\")/../concurrent-sessions\""
    );
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", &target, "--calls", &calls(&sandbox)])
        .env("K6", sandbox.fake_k6(&script))
        .env("LOADTEST_BEARER", TOKEN))
    .await;
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    let record = sandbox.record();
    let verdicts: Vec<_> =
        record["scenarios"].as_array().unwrap().iter().map(|it| &it["verdict"]).collect();
    assert_eq!(verdicts, ["passed", "did_not_run", "passed"]);
    assert!(record["scenarios"][1]["reasons"][0].as_str().unwrap().contains("failed to create"));
}

#[tokio::test]
async fn a_damaged_history_loses_neither_the_run_nor_the_next_one() {
    let sandbox = Sandbox::new();
    let (github, _) = github().await;
    let target = mcp().await;
    std::fs::create_dir(sandbox.path("runs")).unwrap();
    std::fs::write(sandbox.path("runs/history.ndjson"), b"{\"schema\": 1, \xff").unwrap();
    assert_eq!(run_with(&sandbox, &target, &github, 20).await.code, Some(0));
    let second = run_with(&sandbox, &target, &github, 26).await;
    assert!(second.stdout.contains("**26.0 (+30 %)**"), "{second:#?}");
    assert!(second.stderr.contains("line 1 of the history skipped"), "{}", second.stderr);
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_does_not_stop_the_report() {
    let sandbox = Sandbox::new();
    let summary = SUMMARY.replace("P50", "20");
    let k6 = sandbox.fake_k6(&format!("cat > \"$summary\" <<'END'\n{summary}\nEND"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = sandbox.mcp_loadtest("run");
    command
        .args(["cold-start", "--target", &mcp().await])
        .env("K6", k6)
        .env("LOADTEST_BEARER", TOKEN)
        .env("GITHUB_STEP_SUMMARY", sandbox.path("job-summary.md"))
        .stdout(writer)
        .stderr(Stdio::null());
    assert_eq!(command.status().await.unwrap().code(), Some(0));
    assert!(sandbox.path("job-summary.md").exists());
}

#[tokio::test]
async fn a_token_that_a_command_mints_is_used_and_written() {
    let sandbox = Sandbox::new();
    let mint = format!(
        r#"sh -c 'echo "{{\"access_token\": \"{TOKEN}\", \"token_type\": \"Bearer\", \"expires_in\": 600}}"'"#
    );
    let summary = SUMMARY.replace("P50", "20");
    let k6 = sandbox.fake_k6(&format!("cat > \"$summary\" <<'END'\n{summary}\nEND"));
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["cold-start", "--target", &mcp().await, "--mint", &mint])
        .env("K6", k6))
    .await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(json(&sandbox.path("bearer.json"))["bearer"], TOKEN);
}

#[tokio::test]
async fn what_a_server_does_not_offer_is_skipped_with_the_reason() {
    let sandbox = Sandbox::new();
    let summary = SUMMARY.replace("P50", "20");
    let k6 = sandbox.fake_k6(&format!("cat > \"$summary\" <<'END'\n{summary}\nEND"));
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", &mcp().await])
        .env("K6", k6)
        .env("LOADTEST_BEARER", TOKEN))
    .await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let record = sandbox.record();
    assert_eq!(record["scenarios"].as_array().unwrap().len(), 1);
    let skipped: Vec<_> = record["skipped"].as_array().unwrap().iter().collect();
    assert_eq!(skipped.len(), 2);
    assert!(skipped[0]["reason"].as_str().unwrap().contains("mcp-loadtest init"));
}
