//! Servers that are not ours.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::program::{Sandbox, json, program, run};
use crate::servers::{EMAIL, PASSWORD};

#[tokio::test]
#[ignore = "needs k6, a browser and node"]
async fn better_auth_signs_in_on_another_origin_and_takes_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eval/interop/better-auth");
    let mut server = Command::new("node")
        .arg("server.mjs")
        .current_dir(&folder)
        .env("LOADTEST_EMAIL", EMAIL)
        .env("LOADTEST_PASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let serving: Value = serde_json::from_str(&line).unwrap();
    let sandbox = Sandbox::new();
    let mut command = sandbox.xtask("loadtest");
    command
        .args(["--target", serving["resource"].as_str().unwrap()])
        .args(["--allow-origin", serving["login_origin"].as_str().unwrap()])
        .arg("--calls")
        .arg(folder.join("calls.json"))
        .env("K6", program("K6"))
        .env("LOADTEST_EMAIL", EMAIL)
        .env("LOADTEST_PASSWORD", PASSWORD);
    let ended = run(&mut command).await;

    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let record = sandbox.record();
    assert_eq!(record["verdict"], "passed");
    assert_eq!(record["skipped"], Value::Array(vec![]));
    let bearer = json(&sandbox.path("bearer.json"));
    assert!(bearer["workspaceId"].is_string(), "{bearer:#}");
    assert_eq!(bearer["audience"][0], serving["resource"]);
    server.kill().await.unwrap();
}
