//! The screens of `mcp-target`, as they are and with what goes wrong on real ones.

use std::collections::HashSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use browser_consent::{
    Client, Consent, Credentials, Error, Trail, WebDriver, consent, with_session,
};
use mcp_target::{Fault, Faults, Screens};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use url::Url;

use crate::target::{CLIENT, EMAIL, PASSWORD, Target};
use crate::{run, webdriver};

const DISTURBED: [Fault; 3] = [Fault::SlowScreens, Fault::Redraw, Fault::DropFirstClick];

/// Signs in, where that is asked for, and approves; the way there and the code.
async fn mint(client: &Client, target: &Target) -> (Result<Trail, Error>, String) {
    let credentials = Credentials::new(EMAIL.into(), PASSWORD.into());
    let mut it = Consent::new(&target.url);
    (it.credentials, it.client_name) = (Some(&credentials), Some(CLIENT));
    it.timeout = Duration::from_secs(60);
    let mut code = String::new();
    let trail = consent(client, &it, async { code = target.code().await }).await;
    (trail, code)
}

/// Takes the screens to the code, and compares what was pressed on the way.
#[track_caller]
fn check(screens: Screens, faults: &[Fault], pressed: &[&str]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (trail, code) = runtime.block_on(async {
        let target = Target::start(screens, faults.iter().copied().collect()).await;
        with_session(&webdriver(), async |client| mint(client, &target).await).await.unwrap()
    });
    let trail = trail.unwrap_or_else(|error| panic!("{screens:?} {faults:?}: {error}"));
    if screens == Screens::Plain && faults.is_empty() {
        let fields = ["filled email", "filled password"];
        assert_eq!(trail.actions().take(2).collect::<Vec<_>>(), fields, "{trail}");
    }
    let mut actions: Vec<_> = trail.actions().filter(|it| it.starts_with("pressed")).collect();
    actions.dedup();
    assert_eq!(actions, pressed, "{trail}");
    let screens: HashSet<_> = pressed.iter().collect();
    let lost = if faults.contains(&Fault::DropFirstClick) { screens.len() } else { 0 };
    assert_eq!(
        trail.actions().filter(|it| it.starts_with("which was lost")).count(),
        lost,
        "{trail}"
    );
    assert_eq!(code.len(), 43);
}

/// Takes all kinds of screens at a time to the code; most of it is waiting.
fn check_all(faults: &[Fault]) {
    let two = ["pressed Sign in", "pressed Approve"].as_slice();
    let three = ["pressed Next", "pressed Sign in", "pressed Approve"].as_slice();
    // After the lost click on the password's page the first page comes again.
    let again =
        ["pressed Next", "pressed Sign in"].iter().chain(three).copied().collect::<Vec<_>>();
    let three = if faults.contains(&Fault::DropFirstClick) { &again } else { three };
    thread::scope(|scope| {
        scope.spawn(|| check(Screens::Plain, faults, two));
        scope.spawn(|| check(Screens::SinglePage, faults, two));
        scope.spawn(|| check(Screens::MultiStep, faults, three));
    });
}

#[test]
#[ignore = "needs a browser"]
fn every_kind_of_screens_leads_to_a_code() {
    check_all(&[]);
}

#[test]
#[ignore = "needs a browser"]
fn slow_screens_are_waited_for() {
    check_all(&[Fault::SlowScreens]);
}

#[test]
#[ignore = "needs a browser"]
fn screens_that_are_drawn_again_are_filled_again() {
    check_all(&[Fault::Redraw]);
}

#[test]
#[ignore = "needs a browser"]
fn after_a_click_that_was_dropped_the_request_is_opened_again() {
    check_all(&[Fault::DropFirstClick]);
}

#[test]
#[ignore = "needs a browser"]
fn screens_that_are_slow_and_drawn_again_and_drop_a_click_lead_to_a_code() {
    check_all(&DISTURBED);
}

/// How long a slow server takes: longer than a press without any answer is waited for.
const SLOW: Duration = Duration::from_secs(20);

/// Takes a page to its redirect URI; the answer to its decision, which is one alone, comes late.
async fn check_slow(page: &'static str, actions: &[&str]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let redirect = url.join("callback").unwrap();
    url.query_pairs_mut().append_pair("redirect_uri", redirect.as_str());
    let decisions = Arc::new(AtomicUsize::new(0));
    let done = Arc::new(Notify::new());
    let (decided, arrived) = (decisions.clone(), done.clone());
    let decide = async move || {
        decided.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(SLOW).await;
        redirect.to_string()
    };
    let router = Router::new()
        .route("/", get(async move || Html(page)))
        .route("/decide", post(decide.clone()))
        .route("/decide-by-form", post(async move || Redirect::to(&decide().await)))
        .route("/callback", get(async move || arrived.notify_one()));
    tokio::spawn(async { axum::serve(listener, router).await });

    let credentials = crate::credentials();
    let mut it = Consent::new(&url);
    it.credentials = Some(&credentials);
    let trail = run(&it, done.notified()).await.unwrap();
    assert_eq!(trail.actions().collect::<Vec<_>>(), actions, "{trail}");
    assert_eq!(decisions.load(Ordering::Relaxed), 1);
}

/// Pages that show no sign of a press, or only that it was seen, to a script or to a form.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_press_that_is_answered_late_is_waited_for() {
    const SCRIPT: &str = "<button onclick=\"fetch('/decide', { method: 'POST' })
        .then(it => it.text()).then(it => { location = it })\">Approve</button>";
    const FORM: &str = "<form method=post action=/decide-by-form><button>Approve</button></form>";
    const SIGN_IN: &str =
        "<form onsubmit=\"event.preventDefault(); const it = new XMLHttpRequest();
        it.open('POST', '/decide'); it.onload = () => { location = it.responseText };
        it.send(); document.body.textContent = 'One moment.'\">
        <input type=email name=email><input type=password><button>Sign in</button></form>";
    tokio::join!(
        check_slow(SCRIPT, &["pressed Approve"]),
        check_slow(FORM, &["pressed Approve"]),
        check_slow(SIGN_IN, &["filled email", "filled password", "pressed Sign in"]),
    );
}

/// Each signs in and consents; what they share is the start of the browser, which other tests have a hundred times.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser"]
async fn a_hundred_mints_in_a_row_succeed() {
    let target = Target::start(Screens::Plain, Faults::default()).await;
    let mut codes = HashSet::new();
    let webdriver = webdriver();
    let session = with_session(&webdriver, async |client| {
        for at in 1..=100 {
            let (trail, code) = mint(client, &target).await;
            let trail = trail.unwrap_or_else(|error| panic!("mint {at}: {error}"));
            assert_eq!(trail.actions().count(), 4, "mint {at}: {trail}");
            assert!(codes.insert(code), "mint {at}");
            client.delete_all_cookies().await.unwrap();
        }
    });
    session.await.unwrap();
}

/// As chromedriver's does now and then, when another program has its port.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_driver_that_ends_at_once_is_started_again() {
    let WebDriver::Driver(mut driver) = webdriver() else { unreachable!("it is a program") };
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("chromedriver");
    let (started, real) = (folder.path().join("started"), driver.program.display());
    let script =
        format!("#!/bin/sh\nmkdir '{}' && exit 1\nexec '{real}' \"$@\"\n", started.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
    driver.program = program;
    let session = WebDriver::Driver(driver);
    with_session(&session, async |client| client.goto("about:blank").await).await.unwrap().unwrap();
    assert!(started.exists());
}
