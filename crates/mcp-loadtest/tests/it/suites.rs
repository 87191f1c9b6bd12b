//! Suites on the embedded target: every scenario in its smallest shape passes, in either kind of revision and on either k6.

use mcp_target::Fault;
use serde_json::Value;

use crate::program::{Sandbox, program, run};
use crate::servers::{EMAIL, PASSWORD, consented_target, target};

/// The record of a run of `arguments` that passed with these scenarios.
async fn passed(k6: &str, arguments: &[&str], names: &[&str]) -> Value {
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    command.args(arguments).env("K6", program(k6));
    let ended = run(&mut command).await;
    assert_eq!(ended.code, Some(0), "{arguments:?} on {k6}: {ended:#?}");
    let record = sandbox.record();
    let scenarios = record["scenarios"].as_array().unwrap().iter();
    let seen: Vec<_> = scenarios.map(|it| (&it["name"], &it["verdict"])).collect();
    assert_eq!(seen.len(), names.len(), "{record:#}");
    for ((name, verdict), expect) in seen.into_iter().zip(names) {
        assert_eq!((name.as_str(), verdict.as_str()), (Some(*expect), Some("passed")));
    }
    assert_eq!(record["skipped"], serde_json::json!([]));
    record
}

const OAUTH: [&str; 3] = ["authorization-flow", "token-refresh", "session-validation"];

const FASTMCP: [&str; 6] = [
    "tool-execution",
    "concurrent-api",
    "websocket-stress",
    "event-streams",
    "rate-limit-burst",
    "large-payload",
];

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn every_scenario_passes_on_the_embedded_target() {
    let mcp = ["cold-start", "concurrent-sessions", "tool-call-mix"];
    let all = [&mcp[..], &OAUTH, &FASTMCP].concat();
    let record = passed("K6", &["--suite", "all"], &all).await;
    let named = |name: &str| {
        let mut scenarios = record["scenarios"].as_array().unwrap().iter();
        scenarios.find(|it| it["name"] == name).unwrap()
    };
    // An expected refusal is no failure, and no example of one.
    assert_eq!(named("rate-limit-burst")["examples"], Value::Null);
    let targets = |name: &str| named(name)["targets"].as_array().unwrap().clone();
    for (name, target) in [
        ("authorization-flow", "oauth_auth_flow_duration p95"),
        ("token-refresh", "oauth_token_refresh_duration p95"),
        ("session-validation", "oauth_session_validation_duration p95"),
        ("websocket-stress", "fastmcp_websocket_connection_duration p95"),
        ("event-streams", "mcp_stream_close_duration p95"),
        ("tool-execution", "echo p95"),
    ] {
        let all = targets(name);
        let found =
            all.iter().find(|it| it["name"] == target).unwrap_or_else(|| panic!("{all:#?}"));
        assert!(found["measured"].as_f64() > Some(0.0) && found["met"] == true, "{found:#}");
    }
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn the_suites_of_oauth_and_the_server_pass_on_the_older_k6() {
    let names = [&OAUTH[..], &FASTMCP].concat();
    passed("K6_1_1", &names, &names).await;
    passed("K6_1_1", &["--suite", "comprehensive"], &["end-to-end"]).await;
}

/// There is neither a stream nor a WebSocket in the revision without sessions; the server offers both all the same.
#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn the_calls_of_the_server_suite_pass_without_sessions() {
    let names = ["tool-execution", "concurrent-api", "rate-limit-burst", "large-payload"];
    let mut arguments = names.to_vec();
    // The name of what no revision without sessions has stands for what it has instead.
    arguments.extend(["--threshold", "concurrent-api{rpc:ping}: p95<500"]);
    arguments.extend([
        "--protocol",
        "2026-07-28",
        "--tool",
        "echo",
        "--arguments",
        r#"{"text": "hi"}"#,
    ]);
    let record = passed("K6", &arguments, &names).await;
    assert_eq!(record["protocol"], "2026-07-28");
    // It is about this call, whatever others are named.
    let by = record["scenarios"][3]["by"].as_array().unwrap();
    assert!(by.iter().any(|it| it["tags"]["tool"] == "payload"), "{by:#?}");
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn each_user_has_a_token_and_the_load_is_raised_until_it_is_not_held() {
    let arguments = ["concurrent-api", "--identities", "20"];
    passed("K6", &arguments, &["concurrent-api"]).await;

    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["--breakpoint", "tool-call-mix", "--rate", "2"]).env("K6", program("K6"));
    // No server answers within no time: the first step is missed, and so is the lower one.
    let ended = run(command.args(["--threshold", "tool-call-mix: p95<0.001"])).await;
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    let record = sandbox.record();
    let notes = record["scenarios"][0]["notes"].to_string();
    assert!(notes.contains("the target was missed"), "{record:#}");
    assert_eq!(record["suite"], "breakpoint");
    assert!(sandbox.path("runs/latest/tool-call-mix/summary.json").exists());
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn a_server_that_asks_for_consent_each_time_is_told_and_measured_without_further_tokens() {
    let sandbox = Sandbox::new();
    let target = target(&[]).await;
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["cold-start", "session-validation", "--target", &target]);
    command.env("LOADTEST_EMAIL", EMAIL).env("LOADTEST_PASSWORD", PASSWORD);
    run(command.env("K6", program("K6"))).await.done();
    let record = sandbox.record();
    assert_eq!(record["scenarios"].as_array().unwrap().len(), 1, "{record:#}");
    assert_eq!(record["skipped"][0]["name"], "session-validation");
    let reason = record["skipped"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("in the place of a code, though the browser is signed in"), "{reason}");
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn a_refresh_token_that_is_refused_is_no_fast_answer() {
    let sandbox = Sandbox::new();
    let target = consented_target(&[Fault::RefreshRefused]).await;
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["token-refresh", "--target", &target]);
    command.env("LOADTEST_EMAIL", EMAIL).env("LOADTEST_PASSWORD", PASSWORD);
    let ended = run(command.env("K6", program("K6"))).await;
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    let record = sandbox.record();
    let scenario = &record["scenarios"][0];
    assert_eq!(scenario["verdict"], "invalid", "{record:#}");
    assert!(scenario["failures"]["unauthorized"].as_u64() > Some(0), "{record:#}");
    assert!(scenario["examples"].to_string().contains("invalid_grant"), "{record:#}");
}
