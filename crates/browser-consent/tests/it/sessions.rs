//! Drivers and browsers are gone when their session is, whichever way it ends.

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use browser_consent::{Client, Driver, Error, WebDriver, with_session};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use url::Url;

use crate::site::Site;
use crate::{visit, webdriver};

/// The processes of a group that still run.
pub(crate) fn alive(group: &str) -> Vec<String> {
    let stats = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|it| fs::read_to_string(it.unwrap().path().join("stat")).ok());
    let of_group = |stat: &String| {
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        fields[2] == group && fields[0] != "Z"
    };
    stats.filter(of_group).collect()
}

/// The process group of a process.
pub(crate) fn group(process: &str) -> String {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit(") ").next().unwrap().split(' ').nth(2).unwrap().to_owned()
}

/// Killed processes need a moment to go; what is left after ten seconds stays.
#[track_caller]
pub(crate) fn assert_gone(group: &str) {
    let started = Instant::now();
    while !alive(group).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(10), "left behind: {:#?}", alive(group));
        std::thread::yield_now();
    }
}

/// What is seen in a session that is dropped as soon as it was seen.
async fn in_dropped_session<T>(webdriver: &WebDriver, see: impl FnOnce(&Client) -> T) -> T {
    let (sender, seen) = oneshot::channel();
    let session = with_session(webdriver, async |client| {
        let _ = sender.send(see(client));
        std::future::pending::<()>().await;
    });
    tokio::select! {
        it = session => unreachable!("it never ends: {it:?}"),
        it = seen => it.unwrap(),
    }
}

/// The browser's process group and its profile.
fn traces(client: &Client) -> (String, PathBuf) {
    let capabilities = client.capabilities().unwrap();
    let profile = capabilities["chrome"]["userDataDir"].as_str().unwrap().into();
    (group(&capabilities["goog:processID"].to_string()), profile)
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_session_that_ends_leaves_no_process_and_no_profile() {
    let (group, profile) = with_session(&webdriver(), async |client| {
        let traces = traces(client);
        assert!(alive(&traces.0).len() > 3 && traces.1.is_dir());
        traces
    })
    .await
    .unwrap();
    assert_gone(&group);
    assert!(!profile.exists());
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_session_that_is_dropped_leaves_no_process_and_no_profile() {
    let (group, profile) = in_dropped_session(&webdriver(), traces).await;
    assert_gone(&group);
    assert!(!profile.exists());
}

#[test]
#[ignore = "needs a browser"]
fn a_session_that_panics_leaves_no_process_and_no_profile() {
    let mut seen = None;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let webdriver = webdriver();
    let session = with_session(&webdriver, async |client| {
        seen = Some(traces(client));
        panic!("as a test would");
    });
    let session = AssertUnwindSafe(|| runtime.block_on(session));
    assert!(std::panic::catch_unwind(session).is_err());
    let (group, profile) = seen.unwrap();
    assert_gone(&group);
    assert!(!profile.exists());
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn no_debugging_port_is_open() {
    let webdriver = webdriver();
    let address = with_session(&webdriver, async |client| {
        client
            .capabilities()
            .unwrap()
            .get("goog:chromeOptions")
            .and_then(|it| it.get("debuggerAddress"))
            .cloned()
    });
    assert_eq!(address.await.unwrap(), None);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn only_our_session_is_closed_on_a_driver_that_runs_already() {
    let WebDriver::Driver(driver) = webdriver() else {
        unreachable!("the tests start their driver")
    };
    let (mut child, url) = running(&driver).await;
    let webdriver = WebDriver::Url(url);
    let mut ended = None;
    with_session(&webdriver, async |client| {
        ended = client.capabilities().map(|it| it["goog:processID"].to_string())
    })
    .await
    .unwrap();
    assert!(!fs::exists(format!("/proc/{}", ended.unwrap())).unwrap());

    let process = |client: &Client| client.capabilities().unwrap()["goog:processID"].to_string();
    let dropped = in_dropped_session(&webdriver, process).await;
    assert!(!fs::exists(format!("/proc/{dropped}")).unwrap());
    assert!(child.try_wait().unwrap().is_none(), "the driver is not ours to end");
    child.kill().await.unwrap();
}

async fn running(driver: &Driver) -> (Child, Url) {
    let mut command = Command::new(&driver.program);
    let mut child = command
        .arg("--port=0")
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some((_, port)) = line.split_once("successfully on port ") {
            return (
                child,
                Url::parse(&format!("http://127.0.0.1:{}", port.trim_end_matches('.'))).unwrap(),
            );
        }
    }
}

#[tokio::test]
async fn a_driver_that_is_not_there_is_named() {
    let driver = Driver::new("/nonexistent/chromedriver");
    let error = with_session(&WebDriver::Driver(driver), async |_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), "/nonexistent/chromedriver does not start");
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_browser_that_is_not_there_is_told_in_one_sentence() {
    let WebDriver::Driver(mut driver) = webdriver() else {
        unreachable!("the tests start their driver")
    };
    driver.browser = Some("/nonexistent/chromium".into());
    let error = with_session(&WebDriver::Driver(driver), async |_| ()).await.unwrap_err();
    assert!(matches!(error, Error::NoBrowser), "{error}");
}

#[tokio::test]
async fn a_program_that_is_no_driver_is_named() {
    let driver = Driver::new("/bin/true");
    let error = with_session(&WebDriver::Driver(driver), async |_| ()).await.unwrap_err();
    assert!(matches!(error, Error::DriverSilent { .. }), "{error}");
}

#[tokio::test]
async fn an_address_without_a_driver_is_named() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://{free}/")).unwrap();
    let error = with_session(&WebDriver::Url(url.clone()), async |_| ()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("no WebDriver answers at {url}"));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn several_users_are_several_sessions_at_a_time() {
    let sites = [Site::start().await, Site::start().await, Site::start().await];
    let [a, b, c] = &sites;
    let page = "plain-login.html";
    let (a, b, c) = tokio::join!(visit(a, page), visit(b, page), visit(c, page));
    for trail in [a, b, c] {
        assert_eq!(trail.unwrap().actions().count(), 4);
    }
    for site in &sites {
        assert_eq!(site.posted(), ["/login email&password", "/decide decision=approve"]);
    }
}

#[tokio::test]
async fn a_driver_on_another_machine_is_not_used() {
    let driver = WebDriver::Url("http://user:secret@driver.example:4444/?key=1".parse().unwrap());
    let error = with_session(&driver, async |_| {}).await.unwrap_err().to_string();
    assert!(error.starts_with("the driver at http://driver.example:4444/ is on"), "{error}");
}
