//! A few of the pages in Firefox; `cargo xtask test --firefox` runs these.

use browser_consent::{
    Consent, Credentials, Driver, Error, Problem, Trail, WebDriver, consent, with_session,
};

use crate::refusals::{problem, request};
use crate::sessions::{alive, assert_gone, group};
use crate::site::Site;

fn webdriver() -> WebDriver {
    let path = std::env::var_os("PATH").unwrap_or_default();
    WebDriver::Driver(Driver::firefox(&path).expect("geckodriver and Firefox are on the PATH"))
}

async fn visit(site: &Site, page: &str, credentials: &Credentials) -> Result<Trail, Error> {
    let url = site.url(page);
    let it = Consent { credentials: Some(credentials), ..request(&url) };
    let webdriver = webdriver();
    with_session(&webdriver, async |client| consent(client, &it, site.code_arrived()).await).await?
}

#[track_caller]
fn check(page: &'static str, actions: &'static [&'static str], posted: &'static [&'static str]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (trail, sent) = runtime.block_on(async {
        let site = Site::start().await;
        let trail = visit(&site, page, &crate::credentials()).await;
        (trail.unwrap_or_else(|error| panic!("{page}: {error}")), site.posted())
    });
    assert_eq!(trail.actions().collect::<Vec<_>>(), actions, "{trail}");
    assert_eq!(sent, posted);
}

#[test]
#[ignore = "needs firefox"]
fn a_plain_form_and_a_consent_that_names_the_client() {
    check(
        "plain-login.html",
        &[
            "filled email",
            "filled password",
            "pressed Sign in",
            "pressed Grant access to No Thanks Reader",
        ],
        &["/login email&password", "/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs firefox"]
fn nested_shadow_roots_beside_decoys_and_scopes_to_tick() {
    check(
        "shadow-login.html",
        &[
            "filled email",
            "filled password",
            "pressed Continue",
            "ticked mcp:read",
            "ticked Keep access while you are away",
            "pressed Allow access",
        ],
        &[
            "/session",
            "/decide grant_scope=mcp%3Aread&grant_scope=offline_access&submit=Allow+access",
        ],
    );
}

#[test]
#[ignore = "needs firefox"]
fn a_tour_that_lies_over_the_button() {
    check(
        "tour-consent.html",
        &["closed what covered it with Skip", "pressed Approve"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs firefox"]
fn a_question_after_the_approval() {
    check(
        "dialog-consent.html",
        &["pressed Approve", "accepted the dialog"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs firefox"]
fn a_consent_in_a_frame_beside_other_buttons() {
    check("frame-consent.html", &["pressed Allow"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs firefox"]
fn a_button_that_is_enabled_late() {
    check("late-consent.html", &["pressed Approve"], &["/decide decision=approve"]);
}

#[tokio::test]
#[ignore = "needs firefox"]
async fn a_redirect_uri_on_a_closed_port_is_not_taken_for_success() {
    let site = Site::start().await;
    site.close_callback().await;
    let error = visit(&site, "plain-consent.html", &crate::credentials()).await.unwrap_err();
    assert_eq!(problem(error).0, Problem::NothingListened);
}

#[tokio::test]
#[ignore = "needs firefox"]
async fn a_session_that_ends_leaves_no_process() {
    let group = with_session(&webdriver(), async |client| {
        let group = group(&client.capabilities().unwrap()["moz:processID"].to_string());
        assert!(alive(&group).len() > 2);
        group
    })
    .await
    .unwrap();
    assert_gone(&group);
}

#[cfg(feature = "cli")]
#[tokio::test]
#[ignore = "needs firefox"]
async fn a_kill_takes_the_browser_along() {
    crate::cli::killed_with("firefox", rustix::process::Signal::KILL).await;
}
