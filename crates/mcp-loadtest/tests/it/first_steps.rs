//! `init` and `doctor`: from an empty repository to a load test that will work.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Ended, Sandbox, json, processes_with, program, run};
use crate::servers::{EMAIL, PASSWORD, TOKEN, github, mcp, target};

async fn init(sandbox: &Sandbox, flags: &[&str]) -> Ended {
    let mut command = sandbox.mcp_loadtest("init");
    command.args(flags).current_dir(sandbox.folder.path()).env("LOADTEST_BEARER", TOKEN);
    run(&mut command).await
}

#[tokio::test]
async fn what_can_be_called_is_written_and_what_cannot_is_said() {
    let sandbox = Sandbox::new();
    let target = mcp().await;
    let ended = init(&sandbox, &[&target]).await.done();
    let file = json(&sandbox.path("loadtest.json"));
    assert_eq!(file["target"], target);
    assert_eq!(file["calls"], json!([{"tool": "echo", "arguments": {}}]));
    for said in [
        "search: it does not say that it only reads",
        "fail: given {}, it says `no such customer`",
        "gh secret set LOADTEST_BEARER",
    ] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    let workflow = sandbox.path(".github/workflows/load-test.yml");
    let workflow = std::fs::read_to_string(workflow).unwrap();
    assert!(workflow.contains("LOADTEST_BEARER: ${{ secrets.LOADTEST_BEARER }}"), "{workflow}");

    let again = init(&sandbox, &[&target]).await;
    assert!(again.error().contains("are there already; add --force"), "{again:#?}");
    let flags = [&target, "--force", "--tool", "search", "--issue", "acme/api#12"];
    init(&sandbox, &flags).await.done();
    let file = json(&sandbox.path("loadtest.json"));
    assert_eq!(file["calls"], json!([{"tool": "search", "arguments": {"q": "test"}}]));
    assert_eq!(file["issue"], "acme/api#12");
}

#[tokio::test]
async fn nothing_is_written_where_the_server_cannot_be_asked() {
    for (flags, words) in [
        (vec![], "no server is named"),
        (vec!["http://mcp.example.com/mcp"], "use https"),
        (vec!["--tool", "nothing"], "no tool `nothing`; it has: echo, fail, search"),
    ] {
        let sandbox = Sandbox::new();
        let target = mcp().await;
        let mut flags = flags;
        if flags.first() == Some(&"--tool") {
            flags.push(&target);
        }
        let ended = init(&sandbox, &flags).await;
        assert!(ended.error().contains(words), "{ended:#?}");
        assert!(!sandbox.path("loadtest.json").exists() && !sandbox.path(".github").exists());
    }
}

/// The doctor in a folder with this `loadtest.json`; its findings, as JSON.
async fn doctor(
    sandbox: &Sandbox,
    file: &Value,
    environment: &[(&str, &str)],
) -> (Option<i32>, Vec<Value>) {
    std::fs::write(sandbox.path("loadtest.json"), file.to_string()).unwrap();
    let mut command = sandbox.mcp_loadtest("doctor");
    command
        .args(["--json", "--out"])
        .arg(sandbox.path("runs"))
        .current_dir(sandbox.folder.path())
        .env("K6", sandbox.fake_k6("exit 0"))
        .env("GITHUB_TOKEN", "a-token-for-github")
        .envs(environment.iter().copied());
    let ended = run(&mut command).await;
    let findings = serde_json::from_str(&ended.stdout);
    (ended.code, findings.unwrap_or_else(|_| panic!("{ended:#?}")))
}

#[track_caller]
fn check(findings: &[Value], check: &str, result: &str, words: &str) {
    let of_it = findings.iter().filter(|it| it["check"] == check);
    let found = of_it.filter(|it| it["result"] == result && it.to_string().contains(words)).count();
    assert_eq!(found, 1, "{check} {result} {words}: {findings:#?}");
}

#[tokio::test]
async fn what_a_run_would_meet_is_found_without_load() {
    let sandbox = Sandbox::new();
    let (api, comments) = github().await;
    let bearer = [("LOADTEST_BEARER", TOKEN), ("GITHUB_API_URL", &api)];
    let calls = json!([{"tool": "echo"}, {"tool": "fail"}]);
    let file = json!({"target": mcp().await, "calls": calls, "issue": "acme/api#12"});
    let (code, findings) = doctor(&sandbox, &file, &bearer).await;
    assert_eq!(code, Some(3), "{findings:#?}");
    check(&findings, "k6", "ok", "2.2.0");
    check(&findings, "MCP session", "ok", "test, MCP 2025-11-25");
    check(&findings, "call", "ok", "`echo` {} is answered");
    check(&findings, "call", "failure", "no such customer");
    check(&findings, "broken token", "ok", "it is refused");
    check(&findings, "token lifetime", "warning", "not said by the server");
    check(&findings, "tracking issue", "ok", "acme/api#12 may be commented on");
    check(&findings, "last good run", "ok", "no run of `127.0.0.1` is known yet");
    assert!(comments.lock().unwrap().is_empty());

    let file = json!({"target": mcp().await, "calls": [{"tool": "echo"}]});
    let (code, findings) = doctor(&sandbox, &file, &bearer).await;
    assert_eq!(code, Some(0), "{findings:#?}");
}

#[tokio::test]
async fn what_is_missing_is_a_failure_with_what_to_do() {
    let sandbox = Sandbox::new();
    let target = mcp().await;
    let bearer = [("LOADTEST_BEARER", TOKEN)];
    for (file, environment, what, words) in [
        (json!({"taget": "x"}), &bearer[..], "configuration", "did you mean `target`?"),
        (json!({"target": "http://127.0.0.1:1/mcp"}), &bearer[..], "server", "cannot be reached"),
        (json!({"target": target}), &[], "test user", "LOADTEST_EMAIL and LOADTEST_PASSWORD"),
        (
            json!({"target": target}),
            &[("LOADTEST_BEARER", "another")],
            "MCP session",
            "not accepted there",
        ),
        (
            json!({"target": target, "calls": [{"tool": "x"}]}),
            &bearer[..],
            "named calls",
            "It has: echo",
        ),
        (
            json!({"target": target, "issue": "acme/api#13"}),
            &bearer[..],
            "tracking issue",
            "not found (404)",
        ),
    ] {
        let (api, _) = github().await;
        let mut environment = environment.to_vec();
        environment.push(("GITHUB_API_URL", &api));
        let (code, findings) = doctor(&sandbox, &file, &environment).await;
        assert_eq!(code, Some(3), "{what}: {findings:#?}");
        check(&findings, what, "failure", words);
    }
}

#[tokio::test]
#[ignore = "needs k6"]
async fn a_script_that_k6_does_not_take_is_found_before_anybody_signs_in() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("own.js"), "import './nowhere.js'").unwrap();
    let file = json!({"target": mcp().await, "scenarios": ["own.js", "cold-start"]});
    std::fs::write(sandbox.path("loadtest.json"), file.to_string()).unwrap();
    for command in ["run", "doctor"] {
        let is_doctor = command == "doctor";
        let mut command = sandbox.mcp_loadtest(command);
        command.current_dir(sandbox.folder.path()).env("K6", program("K6"));
        let ended = run(command.env("LOADTEST_BEARER", TOKEN)).await;
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert!(told.contains("k6 does not take") && told.contains("nowhere.js"), "{told}");
        let signs_in = told.find("from LOADTEST_BEARER").unwrap_or(usize::MAX);
        assert!(told.find("k6 does not take").unwrap() < signs_in, "{told}");
        assert_eq!(told.contains("k6 takes cold-start"), is_doctor, "{told}");
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_sign_in_is_looked_at_with_its_renewal() {
    let sandbox = Sandbox::new();
    let user = [("LOADTEST_EMAIL", EMAIL), ("LOADTEST_PASSWORD", PASSWORD)];
    let file = json!({"target": target(&[mcp_target::Fault::ShortToken]).await});
    let (code, findings) = doctor(&sandbox, &file, &user).await;
    assert_eq!(code, Some(0), "{findings:#?}");
    check(&findings, "discovery", "ok", "issuer");
    check(&findings, "sign-in", "ok", "good for");
    check(&findings, "token lifetime", "warning", "has to be renewed");
    check(&findings, "renewal", "ok", "gave a new token");
    let answered = findings.iter().filter(|it| it["check"] == "call" && it["result"] == "ok");
    assert!(answered.count() >= 10, "{findings:#?}");
}

#[tokio::test]
#[ignore = "needs k6, a browser and python"]
async fn an_empty_repository_gets_a_load_test_of_its_own_server() {
    let server = crate::interop::fastmcp(&[]).await;
    let sandbox = Sandbox::new();
    let mark = format!("MCP_LOADTEST_MARK={}", sandbox.folder.path().display());
    let (name, value) = mark.split_once('=').unwrap();
    let mut ends = Vec::new();
    let init = ["init", server.said("resource")];
    let load = ["run", "tool-call-mix", "--for", "3s", "--rate", "20"];
    for words in [&init[..], &["doctor"], &load, &load] {
        let mut command = sandbox.mcp_loadtest(words[0]);
        command.args(&words[1..]).current_dir(sandbox.folder.path()).env(name, value);
        command.env("K6", program("K6")).env("LOADTEST_EMAIL", EMAIL);
        ends.push(run(command.env("LOADTEST_PASSWORD", PASSWORD)).await.done());
        assert_eq!(processes_with(&mark), [""; 0]);
    }
    assert!(
        ends[1].stdout.contains("`echo` {\"text\":\"test\"} is answered"),
        "{}",
        ends[1].stdout
    );
    assert_eq!(sandbox.record()["server"]["name"], "interop-fastmcp");
    let first: &Path = &sandbox.path("runs/history.ndjson");
    let history = std::fs::read_to_string(first).unwrap();
    let dirty = history.lines().next().unwrap().contains("\"dirty\":[\"");
    let expect = if dirty { "on a busy machine" } else { "Compared with run" };
    assert!(ends[3].stdout.contains(expect), "{}", ends[3].stdout);
}
