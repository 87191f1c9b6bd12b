//! What stands before, between and around the sign-in and the consent.

use browser_consent::{Problem, Trail};

use crate::refusals::{problem, request};
use crate::site::Site;
use crate::{run, visit};

#[track_caller]
fn check(page: &'static str, actions: &'static [&'static str], posted: &'static [&'static str]) {
    let (trail, sent) = go(page, &[]);
    assert_eq!(trail.actions().collect::<Vec<_>>(), actions, "{trail}");
    assert_eq!(sent, posted);
}

#[track_caller]
fn go(page: &'static str, choices: &[&str]) -> (Trail, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let choices: Vec<String> = choices.iter().map(|it| (*it).to_owned()).collect();
    runtime.block_on(async {
        let site = Site::start().await;
        let url = site.url(page);
        let credentials = crate::credentials();
        let mut it = request(&url);
        (it.choices, it.credentials) = (&choices, Some(&credentials));
        let trail = run(&it, site.code_arrived()).await;
        (trail.unwrap_or_else(|error| panic!("{page}: {error}")), site.posted())
    })
}

#[test]
#[ignore = "needs a browser"]
fn a_cookie_banner_is_refused_first() {
    check(
        "cookie-banner.html",
        &["pressed Reject all", "pressed Allow access"],
        &["/cookies-refused", "/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_region_a_workspace_and_a_team_that_were_named_are_taken() {
    let (trail, posted) = go("region.html", &["Europe", "Novamart Load Test", "Performance"]);
    let actions: Vec<_> = trail.actions().collect();
    assert_eq!(
        actions,
        [
            "chose Europe",
            "pressed Continue",
            "pressed Novamart Load Test",
            "chose Performance",
            "pressed Authorize"
        ]
    );
    assert_eq!(posted, ["/decide team=2&decision=approve"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_choice_that_nobody_made_is_left_to_people() {
    let site = Site::start().await;
    let (problem, actions) = problem(visit(&site, "region.html").await.unwrap_err());
    let names = ["United States", "Europe"].map(str::to_owned).to_vec();
    assert_eq!(problem, Problem::Choice { names });
    assert_eq!((actions.len(), site.posted().len()), (0, 0));
}

#[test]
#[ignore = "needs a browser"]
fn our_account_is_taken_from_a_list() {
    check(
        "accounts.html",
        &["pressed Load Test … Signed in", "pressed Grant access to No Thanks Reader"],
        &["/decide decision=approve"],
    );
}

/// The driver cannot click a link two shadow roots deep, and answers with an error of its own.
#[test]
#[ignore = "needs a browser"]
fn an_offer_is_skipped_and_a_page_that_passes_on_is_waited_for() {
    check(
        "passkey-offer.html",
        &["pressed Skip for now", "pressed Grant access to No Thanks Reader"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_page_that_should_pass_on_and_does_not_is_sent_by_hand() {
    check(
        "passing-by-hand.html",
        &["pressed Continue", "pressed Grant access to No Thanks Reader"],
        &["/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_start_page_after_the_sign_in_is_no_end() {
    check(
        "start",
        &[
            "filled email",
            "filled password",
            "pressed Sign in",
            "opened the request again",
            "pressed Grant access to No Thanks Reader",
        ],
        &["/login email&password", "/decide decision=approve"],
    );
}

#[test]
#[ignore = "needs a browser"]
fn a_consent_in_a_frame_beside_other_buttons() {
    check("frame-consent.html", &["pressed Allow"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn twins_that_nobody_sees_are_not_pressed() {
    check("twin-consent.html", &["pressed Allow"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn a_button_that_only_says_that_it_is_disabled_is_waited_for() {
    check("aria-consent.html", &["pressed Approve"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn a_button_that_moves_is_pressed_where_it_comes_to_rest() {
    check("moving-consent.html", &["pressed Approve"], &["/decide decision=approve"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_consent_that_comes_back_is_a_loop() {
    let site = Site::start().await;
    let (problem, actions) = problem(visit(&site, "loop.html").await.unwrap_err());
    assert!(matches!(problem, Problem::Loop { .. }), "{problem:?}");
    assert_eq!(actions, ["pressed Allow", "pressed Allow"]);
}
