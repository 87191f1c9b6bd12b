//! Ends that no rule can help: what is said about each.

use std::time::Duration;

use browser_consent::{Error, Obstacle, Problem, consent, with_session};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use url::Url;

use crate::refusals::{problem, request};
use crate::site::Site;
use crate::{run, visit, webdriver};

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_locked_account_is_told_from_a_wrong_password() {
    let site = Site::start().await;
    let (problem, _) = problem(visit(&site, "locked-login.html").await.unwrap_err());
    let says = "This account is locked after too many attempts.".to_owned();
    assert_eq!(problem, Problem::Locked { says });
    assert_eq!(site.posted(), ["/login email&password"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_captcha_needs_a_human_and_nothing_is_typed() {
    let site = Site::start().await;
    let (problem, actions) = problem(visit(&site, "captcha.html").await.unwrap_err());
    assert_eq!((problem, actions.len()), (Problem::NeedsHuman { obstacle: Obstacle::Captcha }, 0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_consent_that_was_given_before_and_leads_nowhere_is_told() {
    let site = Site::start().await;
    let (problem, _) = problem(visit(&site, "used.html").await.unwrap_err());
    let says = "This request has already been approved".to_owned();
    assert_eq!(problem, Problem::Already { says });
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_consent_that_was_given_before_needs_no_press() {
    let site = Site::start().await;
    let trail = visit(&site, "given").await.unwrap();
    assert_eq!(trail.actions().count(), 0);
}

/// However it ticks and moves, and without asking for it once more.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_consent_without_a_button_that_approves_is_given_up_with_the_reasons() {
    let site = Site::start().await;
    for (page, expected) in [
        (
            "hop?to=/ticking-consent.html",
            ["\"Deny\" (deny)", "\"Approve elsewhere\" (a link)"].as_slice(),
        ),
        ("late-forever.html", &["\"Approve\" (disabled)"]),
    ] {
        let (problem, actions) = problem(visit(&site, page).await.unwrap_err());
        let Problem::NoWayForward { candidates, .. } = problem else { panic!("{problem:?}") };
        assert_eq!(candidates, expected);
        assert_eq!((actions.len(), site.posted().len()), (0, 0));
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_behind_broken_tls_is_told_with_the_remedy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"this is not TLS").await;
        }
    });
    let error = run(&request(&url), std::future::pending()).await.unwrap_err();
    let says = "the browser could not open it: the TLS connection failed";
    assert_eq!(error.to_string(), format!("at {url}: {says}"));
    let advice = error.advice().unwrap();
    assert!(advice.starts_with("is the certificate valid for this name"), "{advice}");
}

/// Neither when it is opened nor when something is sent to it.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_server_that_never_answers_is_told_when_the_time_is_up() {
    let site = Site::start().await;
    for (page, way) in [
        ("never", "no page at all".to_owned()),
        (
            "stuck-consent.html",
            format!("consent {}/stuck-consent.html (pressed Approve)", site.origin),
        ),
    ] {
        let url = site.url(page);
        let folder = tempfile::tempdir().unwrap();
        let mut it = request(&url);
        (it.timeout, it.evidence) = (Duration::from_secs(6), Some(folder.path()));
        let (problem, _) = problem(run(&it, site.code_arrived()).await.unwrap_err());
        assert_eq!(problem, Problem::NoAnswer { seconds: 6, trail: way });
        assert!(folder.path().join("browser-consent.json").exists());
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_browser_that_dies_is_told_with_its_page_and_the_way_to_it() {
    let site = Site::start().await;
    let url = site.url("late-forever.html");
    let it = request(&url);
    let webdriver = webdriver();
    let error = with_session(&webdriver, async |client| {
        let browser = client.capabilities().unwrap()["goog:processID"].to_string();
        let kill = async {
            // The page says so again and again; by now it has been looked at, too.
            for _ in 0..5 {
                site.opened().await;
            }
            let browser = browser.parse().unwrap();
            let browser = rustix::process::Pid::from_raw(browser).unwrap();
            rustix::process::kill_process(browser, rustix::process::Signal::KILL).unwrap();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            it = consent(client, &it, std::future::pending()) => it.unwrap_err(),
            () = kill => unreachable!("it never ends"),
        }
    });
    let error = error.await.unwrap();
    let Error::Driver { address, trail, .. } = &error else { panic!("{error}") };
    assert_eq!(address, &format!("{}/late-forever.html", site.origin));
    assert_eq!(trail.visits[0].kind, "consent");
    assert!(error.to_string().contains("late-forever.html"), "{error}");
}
