//! Screens with a way forward: what was filled and pressed on each, and that nothing else was.

use browser_consent::WebDriver;

use crate::site::Site;
use crate::{visit, visit_in, webdriver};

/// Takes a page to its redirect URI in one of the browsers, and compares what was done and what the site was sent.
#[track_caller]
pub(crate) fn check(webdriver: &WebDriver, page: &str, actions: &[&str], posted: &[&str]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (trail, sent) = runtime.block_on(async {
        let site = Site::start().await;
        let trail = visit_in(webdriver, &site, page, Some(&crate::credentials())).await;
        (trail.unwrap_or_else(|error| panic!("{page}: {error}")), site.posted())
    });
    assert_eq!(trail.actions().collect::<Vec<_>>(), actions, "{trail}");
    assert_eq!(sent, posted);
}

#[test]
#[ignore = "needs a browser"]
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
#[ignore = "needs a browser"]
fn the_identifier_first_and_deny_before_allow() {
    check(
        &webdriver(),
        "identifier.html",
        &[
            "filled email",
            "pressed Continue",
            "filled password",
            "pressed Continue",
            "pressed Allow",
        ],
        &["/login email&password", "/decide consented=true"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn another_provider_first_in_the_form_and_cancel_as_its_implied_button() {
    check(
        &webdriver(),
        "social-login.html",
        &["filled email", "filled password", "pressed Log in", "pressed Authorize"],
        &["/login email&password", "/decide scope=mcp%3Aread&allow=Authorize"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_german_page_with_one_word_buttons() {
    check(
        &webdriver(),
        "keycloak-login.html",
        &["filled email", "filled password", "pressed Anmelden", "pressed Ja"],
        &["/login email&password", "/decide accept=Ja"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_button_that_is_enabled_late() {
    check(&webdriver(), "late-consent.html", &["pressed Approve"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn an_application_that_draws_itself_again_and_again() {
    let sign_in = ["filled email", "filled password"];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let site = Site::start().await;
        let trail = visit(&site, "spa.html").await.unwrap_or_else(|error| panic!("{error}"));
        let actions: Vec<_> = trail.actions().filter(|it| !sign_in.contains(it)).collect();
        assert_eq!(actions, ["pressed Sign in", "pressed Authorize"], "{trail}");
        assert_eq!(site.posted(), ["/session", "/decide-json decision=approve"]);
    });
}

#[test]
#[ignore = "needs a browser"]
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
#[ignore = "needs a browser"]
fn the_same_label_on_a_form_that_deletes() {
    check(
        &webdriver(),
        "two-forms-consent.html",
        &["pressed Authorize"],
        &["/decide commit=Authorize"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_weak_word_on_a_page_about_consent() {
    check(&webdriver(), "weak-consent.html", &["pressed Continue"], &["/decide"]);
}

#[test]
#[ignore = "needs a browser"]
fn a_tour_that_lies_over_the_button() {
    check(
        &webdriver(),
        "tour-consent.html",
        &["closed what covered it with Skip", "pressed Approve"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_question_after_the_approval() {
    check(
        &webdriver(),
        "dialog-consent.html",
        &["pressed Approve", "accepted the dialog"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_sign_in_form_in_a_frame() {
    check(
        &webdriver(),
        "frame-login.html",
        &[
            "filled email",
            "filled password",
            "pressed Sign in",
            "pressed Grant access to No Thanks Reader",
        ],
        &["/login email&password", "/decide decision=approve"],
    );
}
