//! The program and a signal: what it says, what it keeps, and that the browser is gone.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use crate::cli::{program, text};
use crate::sessions::{alive, assert_gone, group};
use crate::site::Site;

/// Starts the program on a page where it waits, and returns it with the group of its driver.
async fn waiting(site: &Site, temporary: &Path, browser: &str) -> (Child, String) {
    let url = site.url("late-forever.html");
    let child = program()
        .args([url.as_str(), "--browser", browser, "--trace"])
        .arg(temporary.join("trail.json"))
        .env("TMPDIR", temporary)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The page says so again and again; by now it has been looked at, too.
    for _ in 0..5 {
        let opened = tokio::time::timeout(Duration::from_secs(90), site.opened());
        opened.await.expect("the browser starts");
    }
    let id = child.id().unwrap();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let group = group(children.split(' ').next().unwrap());
    assert!(alive(&group).len() > 4);
    (child, group)
}

/// Ends the program, and its browser with it, by a signal; what it said, and the kinds of pages in its trail.
async fn killed_by(signal: Signal) -> (Output, Vec<String>) {
    killed_with("chrome", signal).await
}

/// The same with one of the browsers.
pub(crate) async fn killed_with(browser: &str, signal: Signal) -> (Output, Vec<String>) {
    let site = Site::start().await;
    let temporary = tempfile::tempdir().unwrap();
    let (child, group) = waiting(&site, temporary.path(), browser).await;
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_gone(&group);
    let trail = fs::read_to_string(temporary.path().join("trail.json"));
    let trail: serde_json::Value =
        trail.map_or_else(|_| "none".into(), |it| serde_json::from_str(&it).unwrap());
    let visits = trail["visits"].as_array().into_iter().flatten();
    (output, visits.map(|it| it["kind"].as_str().unwrap().to_owned()).collect())
}

async fn check(signal: Signal, says: &str) {
    let (it, visits) = killed_by(signal).await;
    assert_eq!((it.status.code(), text(&it.stderr)), (Some(1), says));
    assert_eq!(visits, ["consent"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn an_interrupt_closes_the_browser_and_keeps_the_trail() {
    check(Signal::INT, "error: interrupted; the browser is closed\n").await;
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_termination_closes_the_browser_and_keeps_the_trail() {
    check(Signal::TERM, "error: terminated; the browser is closed\n").await;
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_terminal_that_hangs_up_closes_the_browser_and_keeps_the_trail() {
    check(Signal::HUP, "error: the terminal hung up; the browser is closed\n").await;
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_kill_takes_the_browser_along() {
    killed_by(Signal::KILL).await;
}
