//! What the documentation shows does what it says.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use mcp_loadtest::tools::child;
use serde_json::Value;

use crate::program::{Sandbox, json, program, run};
use crate::servers::{EMAIL, PASSWORD, Sessions, TOKEN, counting_mcp, github, target};

/// A k6 script that knows nothing of ours but the token.
const OWN: &str = "
import http from 'k6/http';
const headers = {
  Authorization: `Bearer ${__ENV.LOADTEST_BEARER}`,
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
};
export const options = { vus: 2, iterations: 40, thresholds: { 'http_req_duration{expected_response:true}': ['p(95)<5000'] } };
export default function () {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'own', version: '1' } };
  http.post(__ENV.MCP_URL, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }), { headers });
}
";

fn page(path: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(page).unwrap()
}

/// The first block of a page in this language.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let begin = format!("```{language}\n");
    let (_, rest) = page.split_once(&begin).expect("the page has such a block");
    rest.split_once("```").expect("the block ends").0
}

#[tokio::test]
#[ignore = "needs k6 and a browser"]
async fn the_pipe_of_six_lines_leaves_a_report_on_the_issue_and_finds_it_again() {
    let page = page("../../README.md");
    let pipe = block(&page, "sh");
    assert_eq!(pipe.lines().count(), 6);
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("own.js"), OWN).unwrap();
    let (api, comments) = github().await;
    let k6: PathBuf = program("K6");
    let folders = std::env::var_os("PATH").unwrap();
    let folders =
        [k6.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&folders));
    let path = std::env::join_paths(folders).unwrap();
    let target = target(&[]).await;
    for week in 1..=2 {
        let mut shell = child::command("sh");
        shell.args(["-euc", pipe]).current_dir(sandbox.folder.path());
        shell.env("PATH", &path).env("MCP_URL", &target).env("ISSUE", "acme/api#12");
        shell.env("GITHUB_TOKEN", "a-token-for-github").env("GITHUB_API_URL", &api);
        shell.env("LOADTEST_EMAIL", EMAIL).env("LOADTEST_PASSWORD", PASSWORD).stdin(Stdio::null());
        let ended = run(&mut shell).await.done();
        let record = json(&sandbox.path("run.json"));
        assert_eq!(record["verdict"], "passed", "{record:#} {}", ended.stderr);
        assert_eq!(comments.lock().unwrap().len(), week);
        let history = std::fs::read_to_string(sandbox.path("history.ndjson")).unwrap();
        assert_eq!(history.lines().count(), week - 1);
    }
    assert!(comments.lock().unwrap()[1].contains("<!-- loadtest:v1 {"));
}

#[tokio::test]
async fn the_file_that_is_shown_is_one_that_is_read() {
    let page = page("README.md");
    let file: Value = serde_json::from_str(block(&page, "json")).unwrap();
    let schema: Value = json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtest.schema.json"));
    let keys = schema["properties"].as_object().unwrap().keys();
    for key in keys.filter(|it| *it != "$schema") {
        assert!(page.contains(&format!("`{key}`")), "the page says nothing of `{key}`");
    }
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("loadtest.json"), file.to_string()).unwrap();
    let mut command = sandbox.mcp_loadtest("doctor");
    command.args(["--target", "http://127.0.0.1:1/mcp"]).current_dir(sandbox.folder.path());
    let ended = run(command.env("K6", sandbox.fake_k6("exit 0"))).await;
    assert!(ended.stdout.starts_with("ok       configuration"), "{ended:#?}");
}

#[tokio::test]
#[ignore = "needs k6"]
async fn the_script_that_is_shown_runs_on_both_k6_without_the_library_beside_it() {
    let page = page("load-tests/README.md");
    let script = block(&page, "js").replace("'30s'", "'3s'");
    for k6 in ["K6", "K6_1_1"] {
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path("own.js"), &script).unwrap();
        let (target, sessions) = counting_mcp().await;
        let mut command = sandbox.mcp_loadtest("run");
        command.args(["own.js", "--target", &target]).current_dir(sandbox.folder.path());
        let ended = run(command.env("K6", program(k6)).env("LOADTEST_BEARER", TOKEN)).await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let scenario = &sandbox.record()["scenarios"][0];
        assert_eq!((&scenario["name"], &scenario["verdict"]), (&"own".into(), &"passed".into()));
        assert!(scenario["calls"].as_u64() >= Some(10), "{scenario:#}");
        assert_eq!(scenario["checks"]["failed"], 0, "{scenario:#}");
        let Sessions { opened, closed } = *sessions.lock().unwrap();
        assert!(opened >= 5 && opened == closed, "{opened} {closed}");
    }
}

#[tokio::test]
#[ignore = "needs k6"]
async fn an_exception_of_a_script_is_named_and_leaves_no_session() {
    let sandbox = Sandbox::new();
    let script = "import * as mcp from './lib/mcp.js';
        export const options = mcp.options({ vus: 2, iterations: 10, tools: ['echo'] });
        export default function () {
          mcp.session((client) => {
            client.callTool({ name: 'echo' });
            throw new Error('my own mistake');
          });
        }";
    std::fs::write(sandbox.path("own.js"), script).unwrap();
    let (target, sessions) = counting_mcp().await;
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["own.js", "--target", &target]).current_dir(sandbox.folder.path());
    let ended = run(command.env("K6", program("K6")).env("LOADTEST_BEARER", TOKEN)).await;
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    let scenario = &sandbox.record()["scenarios"][0];
    assert_eq!(scenario["verdict"], "invalid", "{scenario:#}");
    let told = "10 iterations ended with an exception: Error: my own mistake";
    assert_eq!(scenario["reasons"][0], told);
    let Sessions { opened, closed } = *sessions.lock().unwrap();
    assert_eq!(opened, closed);
}
