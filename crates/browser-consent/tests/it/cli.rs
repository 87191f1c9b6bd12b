//! The program: what it prints, how it exits, and what it leaves running.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::sessions::{alive, assert_gone, group};
use crate::site::{EMAIL, PASSWORD, Site};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_browser-consent"));
    for name in ["OAUTH_CLIENT_NAME", "LOADTEST_EMAIL", "LOADTEST_PASSWORD", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn output(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .env("PATH", "/nonexistent")
        .env_remove("CHROMEWEBDRIVER")
        .output()
        .await
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn an_address_without_a_redirect_uri_needs_until() {
    let it = output(&["https://auth.example/authorize"]).await;
    assert_eq!(it.status.code(), Some(2));
    assert!(text(&it.stderr).contains("--until PREFIX"), "{}", text(&it.stderr));
}

#[tokio::test]
async fn a_machine_without_a_driver_is_told_what_to_type() {
    let it = output(&["https://auth.example/authorize", "--until", "http://127.0.0.1:1/"]).await;
    assert_eq!(it.status.code(), Some(1));
    assert_eq!(
        text(&it.stderr),
        "error: there is no chromedriver on the PATH; on Debian: apt-get install chromium-driver chromium-headless-shell\n"
    );
    assert_eq!(text(&it.stdout), "");
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn the_redirect_uri_is_printed_without_the_code() {
    let site = Site::start().await;
    let url = site.url("plain-login.html");
    let it = program()
        .args([url.as_str(), "--client-name", "No Thanks Reader"])
        .envs([("LOADTEST_EMAIL", EMAIL), ("LOADTEST_PASSWORD", PASSWORD)])
        .output()
        .await
        .unwrap();
    let redirect = url.query_pairs().find(|it| it.0 == "redirect_uri").unwrap().1.into_owned();
    assert_eq!((text(&it.stdout), text(&it.stderr)), (format!("{redirect}\n").as_str(), ""));
    assert_eq!(it.status.code(), Some(0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_without_a_way_forward_exits_with_1_and_one_sentence() {
    let site = Site::start().await;
    let it = program().arg(site.url("code.html").as_str()).output().await.unwrap();
    assert_eq!(it.status.code(), Some(1));
    assert_eq!(
        text(&it.stderr),
        format!(
            "error: at {}/code.html (\"Two steps\"): it asks for a one-time code; \
             use a test account that is exempt, or bring a token\n",
            site.origin
        )
    );
}

/// Starts the program on a page where it waits, and returns it with the group of its driver.
async fn waiting(site: &Site, temporary: &Path) -> (Child, String) {
    let url = site.url("late-forever.html");
    let child = program()
        .arg(url.as_str())
        .env("TMPDIR", temporary)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let opened = tokio::time::timeout(Duration::from_secs(30), site.opened());
    opened.await.expect("the browser starts");
    let id = child.id().unwrap();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let group = group(children.split(' ').next().unwrap());
    assert!(alive(&group).len() > 4);
    (child, group)
}

async fn killed_by(signal: Signal) -> Output {
    let site = Site::start().await;
    let temporary = tempfile::tempdir().unwrap();
    let (child, group) = waiting(&site, temporary.path()).await;
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_gone(&group);
    output
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn an_interrupt_closes_the_browser() {
    let it = killed_by(Signal::INT).await;
    assert_eq!(
        (it.status.code(), text(&it.stderr)),
        (Some(1), "error: interrupted; the browser is closed\n")
    );
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_termination_closes_the_browser() {
    let it = killed_by(Signal::TERM).await;
    assert_eq!(
        (it.status.code(), text(&it.stderr)),
        (Some(1), "error: terminated; the browser is closed\n")
    );
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_kill_takes_the_browser_along() {
    killed_by(Signal::KILL).await;
}
