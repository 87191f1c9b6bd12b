//! A few of the pages in Firefox; `cargo xtask test --firefox` runs these.

use browser_consent::{Driver, Problem, WebDriver, with_session};

use crate::refusals::problem;
use crate::screens::check;
use crate::sessions::{alive, assert_gone, group};
use crate::site::Site;
use crate::visit_in;

fn webdriver() -> WebDriver {
    let path = std::env::var_os("PATH").unwrap_or_default();
    WebDriver::Driver(Driver::firefox(&path).expect("geckodriver and Firefox are on the PATH"))
}

#[test]
#[ignore = "needs firefox"]
fn a_plain_form_and_a_consent_that_names_the_client() {
    check(
        &webdriver(),
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
        &webdriver(),
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
        &webdriver(),
        "tour-consent.html",
        &["closed what covered it with Skip", "pressed Approve"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs firefox"]
fn a_question_after_the_approval() {
    check(
        &webdriver(),
        "dialog-consent.html",
        &["pressed Approve", "accepted the dialog"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs firefox"]
fn a_consent_in_a_frame_beside_other_buttons() {
    check(&webdriver(), "frame-consent.html", &["pressed Allow"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs firefox"]
fn a_button_that_is_enabled_late() {
    check(&webdriver(), "late-consent.html", &["pressed Approve"], &["/decide decision=approve"]);
}

#[tokio::test]
#[ignore = "needs firefox"]
async fn a_redirect_uri_on_a_closed_port_is_not_taken_for_success() {
    let site = Site::start().await;
    site.close_callback().await;
    let error = visit_in(&webdriver(), &site, "plain-consent.html", None).await.unwrap_err();
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
    crate::signals::killed_with("firefox", rustix::process::Signal::KILL).await;
}
