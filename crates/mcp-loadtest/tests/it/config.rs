//! What a load test is told, by file and flags: all of it is heeded, and what is not known is an error before there is load.

use serde_json::{Value, json};

use crate::program::{Ended, Sandbox, program, run};
use crate::servers::{TOKEN, mcp, target};

/// A summary as k6 writes it after 300 good calls.
const SUMMARY: &str = r#"{"metrics": {
  "http_reqs": {"count": 300, "rate": 60},
  "mcp_calls": {"count": 300, "rate": 60},
  "mcp_call_duration": {"avg": 20, "min": 1, "med": 20, "max": 90, "p(50)": 20, "p(90)": 30, "p(95)": 40, "p(99)": 50, "count": 300}
}, "root_group": {"name": "", "path": "", "groups": {}, "checks": {}}}"#;

/// A run in a folder with this `loadtest.json`; k6 tells its environment beside the summary.
async fn run_in(sandbox: &Sandbox, file: &Value, flags: &[&str]) -> Ended {
    let folder = sandbox.path("repository");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("loadtest.json"), file.to_string()).unwrap();
    let environment = sandbox.path("environment");
    let k6 = sandbox.fake_k6(&format!(
        "env > '{}'\ncat > \"$summary\" <<'END'\n{SUMMARY}\nEND",
        environment.display()
    ));
    let mut command = sandbox.mcp_loadtest("run");
    command.args(flags).current_dir(folder).env("K6", k6).env("LOADTEST_BEARER", TOKEN);
    run(&mut command).await
}

/// What k6 was told in a variable.
fn told(sandbox: &Sandbox, name: &str) -> String {
    let all = std::fs::read_to_string(sandbox.path("environment")).unwrap();
    let prefix = format!("{name}=");
    all.lines().find_map(|it| it.strip_prefix(&prefix)).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_file_is_heeded_and_a_flag_wins() {
    let sandbox = Sandbox::new();
    let file = json!({
        "target": mcp().await,
        "environment": "staging",
        "scenarios": ["tool-call-mix"],
        "calls": [{"tool": "echo", "arguments": {"text": "hi"}}],
        "thresholds": {"tool-call-mix{tool:echo}": ["p95<50"]},
        "fail_on": "never",
    });
    run_in(&sandbox, &file, &[]).await.done();
    let record = sandbox.record();
    assert_eq!(record["environment"], "staging");
    assert_eq!(record["scenarios"].as_array().unwrap().len(), 1);
    let thresholds: Value = serde_json::from_str(&told(&sandbox, "THRESHOLDS")).unwrap();
    assert_eq!(thresholds["mcp_call_duration{tool:echo}"], json!(["p(95)<50"]));
    let calls: Value =
        serde_json::from_str(&std::fs::read_to_string(told(&sandbox, "CALLS_FILE")).unwrap())
            .unwrap();
    assert_eq!(calls[0]["tool"], "echo");

    let flags = ["--environment", "mine", "--threshold", "p99<9", "--rate", "5", "--for", "10s"];
    run_in(&sandbox, &file, &flags).await.done();
    assert_eq!(sandbox.record()["environment"], "mine");
    let thresholds: Value = serde_json::from_str(&told(&sandbox, "THRESHOLDS")).unwrap();
    assert_eq!(thresholds["mcp_call_duration"], json!(["p(99)<9"]));
    let scenario: Value = serde_json::from_str(&told(&sandbox, "SCENARIO")).unwrap();
    assert_eq!((&scenario["vus"], &scenario["duration"]), (&json!(5), &json!("10s")));
    assert_eq!(told(&sandbox, "TARGET_RPS"), "5");
}

#[tokio::test]
async fn one_tool_is_called_without_any_file() {
    let sandbox = Sandbox::new();
    let flags = ["--tool", "echo", "--arguments", r#"{"text": "hi"}"#];
    let file = json!({"target": mcp().await, "scenarios": ["cold-start"]});
    run_in(&sandbox, &file, &flags).await.done();
    let record = sandbox.record();
    assert_eq!(record["scenarios"][0]["name"], "tool-call-mix");
    assert_eq!(record["scenarios"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_target_is_that_of_the_flag_then_of_the_environment_then_of_the_file() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("repository");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("loadtest.json"), r#"{"target": "http://127.0.0.1:1/mcp"}"#)
        .unwrap();
    let k6 = sandbox.fake_k6("exit 1");
    for (flags, variable, tried) in [
        (&[][..], None, "127.0.0.1:1/mcp"),
        (&[], Some("http://127.0.0.1:2/mcp?key=hush"), "127.0.0.1:2/mcp"),
        (
            &["--target", "http://127.0.0.1:3/mcp"],
            Some("http://127.0.0.1:2/mcp"),
            "127.0.0.1:3/mcp",
        ),
    ] {
        let mut command = sandbox.mcp_loadtest("run");
        command.args(flags).current_dir(&folder).env("K6", &k6).env("LOADTEST_BEARER", TOKEN);
        command.envs(variable.map(|it| ("FASTMCP_URL", it)));
        let ended = run(&mut command).await;
        assert_eq!(ended.code, Some(1), "{ended:#?}");
        assert!(ended.error().contains(tried), "{ended:#?}");
        assert!(!ended.stderr.contains("hush"), "{ended:#?}");
    }
}

#[tokio::test]
async fn a_scenario_that_the_server_or_the_sign_in_has_not_what_it_needs_for_is_skipped_by_name() {
    let sandbox = Sandbox::new();
    let scenarios = ["cold-start", "authorization-flow", "websocket-stress", "event-streams"];
    let file = json!({"target": mcp().await, "scenarios": scenarios});
    run_in(&sandbox, &file, &[]).await.done();
    let record = sandbox.record();
    assert_eq!(record["scenarios"].as_array().unwrap().len(), 1);
    let skipped = record["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 3, "{record:#}");
    for (name, reason) in [
        ("authorization-flow", "no Chromium was signed in for this run"),
        ("websocket-stress", "/mcp/ws`: answered 404 Not Found"),
        ("event-streams", "the server gives no event stream: GET is answered 405"),
    ] {
        let it = skipped.iter().find(|it| it["name"] == name).unwrap();
        assert!(it["reason"].as_str().unwrap().contains(reason), "{it:#}");
    }
}

#[tokio::test]
async fn what_is_named_and_not_there_is_an_error_before_any_load() {
    let target = mcp().await;
    let call = |tool: &str, arguments: Value| json!([{"tool": tool, "arguments": arguments}]);
    for (file, words) in [
        (
            json!({"calls": call("ehco", json!({}))}),
            "no tool `ehco`; did you mean `echo`? It has: echo, fail, search",
        ),
        (
            json!({"calls": call("search", json!({}))}),
            "the arguments of `search` are not what the server says that it takes",
        ),
        (
            json!({"scenarois": ["cold-start"]}),
            "`scenarois` is not known; did you mean `scenarios`?",
        ),
        (
            json!({"scenarios": ["cold-strat"]}),
            "no scenario `cold-strat` and no such k6 file; did you mean `cold-start`?",
        ),
        (
            json!({"thresholds": {"mix": ["p95<5"]}}),
            "a limit is for the scenario `mix`, which is not known",
        ),
        (json!({"scripts": "nowhere"}), "has no profiles.json"),
    ] {
        let sandbox = Sandbox::new();
        let mut file = file;
        file["target"] = target.clone().into();
        let ended = run_in(&sandbox, &file, &[]).await;
        let error = ended.error();
        assert!(error.contains(words), "{error}");
        assert!(!sandbox.path("environment").exists(), "{error}");
    }
}

#[tokio::test]
async fn a_misspelt_key_of_a_profile_is_an_error_with_the_nearest() {
    let sandbox = Sandbox::new();
    run(sandbox.mcp_loadtest("scripts").arg(sandbox.path("load"))).await.done();
    let profiles = sandbox.path("load/profiles.json");
    let text = std::fs::read_to_string(&profiles).unwrap();
    for (key, misspelt) in
        [("pause_s", "pause"), ("maxDuration", "maxDuratoin"), ("weight", "wieght")]
    {
        let wrong = text.replacen(&format!("\"{key}\""), &format!("\"{misspelt}\""), 1);
        std::fs::write(&profiles, wrong).unwrap();
        let mut command = sandbox.mcp_loadtest("run");
        let ended = run(command.arg("--scripts").arg(sandbox.path("load"))).await;
        let error = ended.error();
        assert!(
            error.contains(&format!("{misspelt}` is not known; did you mean `{key}`?")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn more_calls_than_planned_are_said_and_make_the_run_dirty() {
    let sandbox = Sandbox::new();
    let flags = ["--tool", "echo", "--rate", "10", "--for", "6s"];
    let ended = run_in(&sandbox, &json!({"target": mcp().await}), &flags).await.done();
    let said = "tool-call-mix made 300 calls where 60 were planned";
    assert!(sandbox.record()["dirty"].as_array().unwrap().contains(&json!(said)));
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    let sandbox = Sandbox::new();
    let flags = ["--tool", "echo", "--rate", "50", "--for", "6s"];
    run_in(&sandbox, &json!({"target": mcp().await}), &flags).await.done();
    assert_eq!(sandbox.record()["dirty"], json!([]));
}

#[tokio::test]
async fn a_call_that_fails_is_told_in_the_servers_words_before_the_load() {
    let sandbox = Sandbox::new();
    let flags = ["--tool", "fail"];
    let ended = run_in(&sandbox, &json!({"target": mcp().await}), &flags).await;
    for said in ["`fail`, tried once: tools/call at ", "failed, which says `no such customer`"] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_tool_that_may_write_is_said() {
    let sandbox = Sandbox::new();
    let flags = ["--tool", "search", "--arguments", r#"{"q": "x"}"#];
    let ended = run_in(&sandbox, &json!({"target": mcp().await}), &flags).await.done();
    assert!(
        ended.stderr.contains("may write, since they have no `readOnlyHint`: search"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn the_name_of_a_series_is_that_of_its_own_target_alone() {
    let sandbox = Sandbox::new();
    let file = json!({"target": "https://mcp.example.com/mcp", "environment": "production",
        "scenarios": ["cold-start"]});
    run_in(&sandbox, &file, &["--target", &mcp().await]).await.done();
    assert_eq!(sandbox.record()["environment"], "127.0.0.1");
}

#[tokio::test]
async fn a_key_in_the_address_is_written_nowhere() {
    let sandbox = Sandbox::new();
    let file = json!({"scenarios": ["cold-start"]});
    for target in [
        "http://127.0.0.1:1/mcp?key=SECRETKEY".to_owned(),
        format!("{}?key=SECRETKEY", mcp().await),
    ] {
        let ended = run_in(&sandbox, &file, &["--target", &target]).await;
        let runs = sandbox.path("runs/latest/");
        for file in std::fs::read_dir(runs).unwrap().map(|it| it.unwrap().path()) {
            let text = std::fs::read(&file).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains("SECRETKEY"), "{}: {text} {}", file.display(), ended.stderr);
        }
    }
    let history = std::fs::read_to_string(sandbox.path("runs/history.ndjson")).unwrap();
    assert!(history.lines().count() == 2 && !history.contains("SECRETKEY"), "{history}");
}

#[tokio::test]
async fn a_limit_of_what_is_not_measured_is_an_error() {
    let target = mcp().await;
    for (limit, words) in [
        (
            "{tool:wpie}: p95<5",
            "a limit is for the tool `wpie`, which is not called; there are: echo",
        ),
        ("cold-start{tool:echo}: p95<5", "the tool `echo` of `cold-start`, which is not called"),
        ("tool-call-mix{rpc:ping}: p95<5", "there are: tools/call"),
    ] {
        let sandbox = Sandbox::new();
        let file = json!({"target": target, "calls": [{"tool": "echo"}]});
        let ended = run_in(&sandbox, &file, &["--threshold", limit]).await;
        assert!(ended.error().contains(words), "{}", ended.error());
    }
}

#[tokio::test]
async fn a_server_that_asks_nobody_for_a_token_is_measured_without_one() {
    let target = crate::servers::open_mcp().await;
    let sandbox = Sandbox::new();
    let file = json!({"target": target, "scenarios": ["cold-start"]});
    let ended = run_in(&sandbox, &file, &[]).await.done();
    let dirty = sandbox.record()["dirty"][0].as_str().unwrap().to_owned();
    assert!(dirty.contains("no authentication was measured"), "{}", ended.stdout);
    run_in(&sandbox, &file, &["--anonymous"]).await.done();
    assert_eq!(sandbox.record()["dirty"], json!([]));
    assert_eq!(told(&sandbox, "BEARER"), "");
}

#[tokio::test]
#[ignore = "needs k6"]
async fn resources_and_prompts_are_called_beside_tools() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("repository");
    std::fs::create_dir_all(&folder).unwrap();
    let calls = json!([{"tool": "echo", "arguments": {"text": "{{seq}}"}},
        {"resource": "docs://readme"}, {"prompt": "greeting", "arguments": {"name": "{{vu}}"}}]);
    let file = json!({"target": mcp().await, "calls": calls, "scenarios": ["tool-call-mix"]});
    std::fs::write(folder.join("loadtest.json"), file.to_string()).unwrap();
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["--rate", "30", "--for", "3s"]).current_dir(folder);
    run(command.env("K6", program("K6")).env("LOADTEST_BEARER", TOKEN)).await.done();
    let scenario = &sandbox.record()["scenarios"][0];
    assert_eq!(scenario["failures"], json!({}), "{scenario:#}");
    let by = scenario["by"].as_array().unwrap();
    for (tag, value) in [
        ("rpc", "resources/read"),
        ("rpc", "prompts/get"),
        ("rpc", "tools/call"),
        ("tool", "docs://readme"),
        ("tool", "greeting"),
    ] {
        let part = by.iter().find(|it| it["tags"][tag] == value);
        assert!(part.is_some_and(|it| it["calls"].as_u64() > Some(10)), "{value} {scenario:#}");
    }
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn limits_and_pace_are_those_that_k6_judges() {
    let sandbox = Sandbox::new();
    let ended = run(sandbox
        .mcp_loadtest("run")
        .args(["--target", &target(&[]).await, "--tool", "listEntities"])
        .args(["--rate", "10", "--for", "4s", "--threshold", "{tool:listEntities}: p95<0.001"])
        .env("K6", program("K6"))
        .env("LOADTEST_EMAIL", crate::servers::EMAIL)
        .env("LOADTEST_PASSWORD", crate::servers::PASSWORD))
    .await;
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    let scenario = &sandbox.record()["scenarios"][0];
    assert_eq!(scenario["verdict"], "failed", "{scenario:#}");
    let calls = scenario["calls"].as_u64().unwrap();
    assert!((30..=50).contains(&calls), "{scenario:#}");
    let limits = scenario["targets"].as_array().unwrap();
    assert!(limits.iter().any(|it| it["limit"] == 0.001 && it["met"] == false), "{scenario:#}");
}
