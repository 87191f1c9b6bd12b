//! What `docs/mock-in-ci.md` shows does what it says.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use mcp_target::{Config, Target};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::library::initialize as my_client;

#[tokio::test]
async fn my_client_gets_in_with_a_good_token_alone() {
    let target = Target::start(Config::demo()).await.unwrap();
    let token = target.token_for("loadtest@novamart.example").await.unwrap();
    for (token, expect) in [(token.as_str(), 200), ("made-up", 401)] {
        let answer = my_client(target.url(), token).await;
        assert_eq!(answer.status(), expect);
    }
}

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mock-in-ci.md");
    std::fs::read_to_string(page).unwrap()
}

/// The block of the page that begins like this.
fn block<'a>(page: &'a str, begin: &str) -> &'a str {
    let begin = format!("```{begin}\n");
    let (_, rest) = page.split_once(&begin).expect("the page has such a block");
    rest.split_once("```").expect("the block ends").0
}

/// A folder of its own with the tools of the page in it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("tools.json"), block(&page(), "json tools")).unwrap();
    folder
}

#[test]
fn the_test_that_is_shown_is_the_one_above() {
    assert!(include_str!("mock_in_ci.rs").contains(block(&page(), "rust")));
}

#[tokio::test]
async fn the_tools_that_are_shown_are_read_and_the_line_has_the_keys_that_are_shown() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-target"))
        .args(["--tools", "tools.json"])
        .current_dir(folder("tools"))
        .env("LOADTEST_PASSWORD", "hunter2")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let port = ready["issuer"].as_str().unwrap().rsplit_once(':').unwrap().1;
    let shown = block(&page(), "json").replace("8080", port);
    assert_eq!(ready, serde_json::from_str::<Value>(&shown).unwrap());
}

#[tokio::test]
#[ignore = "needs curl"]
async fn the_step_that_is_shown_starts_the_mock() {
    let page = page();
    let (_, step) = block(&page, "yaml").split_once("run: |\n").expect("a step of two lines");
    let step: String = step
        .lines()
        .take_while(|it| it.starts_with("          "))
        .map(|it| it.trim().to_owned() + "\n")
        .collect();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let programs = Path::new(env!("CARGO_BIN_EXE_mcp-target")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)));
    let output = Command::new("sh")
        .args(["-euc", &format!("{}\nkill $!", step.replace("8080", &free.to_string()))])
        .current_dir(folder("step"))
        .env("PATH", path.unwrap())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), r#"{"ready":true}"#);
}
