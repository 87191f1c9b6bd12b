//! Screens on which the obvious thing to press or to tick is the wrong one.

use browser_consent::Problem;

use crate::refusals::{problem, request};
use crate::run;
use crate::site::Site;

/// Visits a page with these scopes allowed, all if there are none; what was pressed, what the site was sent, and why it
/// ended if it did not at the redirect URI.
fn go(page: &str, scopes: &[&str]) -> (Vec<String>, Vec<String>, Option<Problem>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let allow_scopes: Vec<String> = scopes.iter().map(|it| (*it).to_owned()).collect();
    runtime.block_on(async {
        let site = Site::start().await;
        let url = site.url(page);
        let credentials = crate::credentials();
        let mut it = request(&url);
        (it.credentials, it.allow_scopes) = (Some(&credentials), &allow_scopes);
        let (actions, problem) = match run(&it, site.code_arrived()).await {
            Ok(trail) => (trail.actions().map(str::to_owned).collect(), None),
            Err(error) => {
                let (problem, actions) = problem(error);
                (actions, Some(problem))
            }
        };
        (actions, site.posted(), problem)
    })
}

#[track_caller]
fn check(page: &str, actions: &[&str], posted: &[&str]) {
    let (done, sent, problem) = go(page, &[]);
    assert!(problem.is_none(), "{page}: {problem:?} after {done:?}, sent {sent:?}");
    assert_eq!((done, sent), (owned(actions), owned(posted)), "{page}");
}

/// Compares why a page was left alone, on which nothing may be done.
#[track_caller]
fn check_left_alone(page: &str, scopes: &[&str], expected: impl Fn(&Problem) -> bool) {
    let (done, sent, problem) = go(page, scopes);
    assert_eq!((done, sent), (owned(&[]), owned(&[])), "{page}");
    assert!(problem.as_ref().is_some_and(expected), "{page}: {problem:?}");
}

fn owned(them: &[&str]) -> Vec<String> {
    them.iter().map(|it| (*it).to_owned()).collect()
}

fn is_stuck(problem: &Problem) -> bool {
    matches!(problem, Problem::NoWayForward { .. })
}

#[test]
#[ignore = "needs a browser"]
fn a_consent_page_that_also_speaks_of_cookies_is_no_cookie_banner() {
    check("cookie-class-consent.html", &["pressed Accept"], &["/decide decision=accepted"]);
    check("cookie-word-consent.html", &["pressed Allow"], &["/decide decision=accepted"]);
    check("cookie-layer-consent.html", &["pressed Accept"], &["/decide decision=approve"]);
    let too_much = Problem::Scope { scopes: owned(&["offline_access"]) };
    check_left_alone("cookie-class-consent.html", &["mcp:read"], |it| *it == too_much);
}

#[test]
#[ignore = "needs a browser"]
fn a_denial_with_a_word_of_approval_in_it_is_not_pressed() {
    check("negated-consent.html", &["pressed Weiter"], &["/decide decision=weiter"]);
}

#[test]
#[ignore = "needs a browser"]
fn a_bar_over_the_approval_is_not_declined_to_get_at_it() {
    check_left_alone("bar-consent.html", &[], is_stuck);
}

#[test]
#[ignore = "needs a browser"]
fn a_scope_is_seen_in_whichever_element_it_stands() {
    let others = ["mcp:admin", "https://www.googleapis.com/auth/drive", "repo", "files.write"];
    let too_much = Problem::Scope { scopes: owned(&others) };
    check_left_alone("odd-scopes-consent.html", &["mcp:read"], |it| *it == too_much);
}

#[test]
#[ignore = "needs a browser"]
fn nothing_is_pressed_before_an_approval_that_comes_late() {
    check("close-consent.html", &["pressed Allow"], &["/decide decision=approve"]);
    check("not-now-consent.html", &["pressed Allow"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn no_form_for_something_else_is_taken_for_the_sign_in() {
    check("newsletter-consent.html", &["pressed Allow"], &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn no_other_provider_is_signed_in_with() {
    let actions = [
        "filled email",
        "filled password",
        "pressed ログイン",
        "pressed Grant access to No Thanks Reader",
    ];
    check("provider-login.html", &actions, &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn a_scope_that_nobody_asked_for_is_not_ticked_even_where_it_has_to_be() {
    let posted = ["/decide scope=mcp%3Aread&decision=approve"];
    check("required-consent.html", &["ticked mcp:read", "pressed Allow"], &posted);
}

#[test]
#[ignore = "needs a browser"]
fn no_workspace_is_made_and_the_only_one_is_taken() {
    check_left_alone("no-workspace.html", &[], |it| matches!(it, Problem::Choice { .. }));
    let actions = ["pressed Novamart", "pressed Grant access to No Thanks Reader"];
    check("one-workspace.html", &actions, &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn an_account_is_pressed_in_a_list_and_not_where_it_tells_who_has_signed_in() {
    let actions = ["pressed …", "pressed Allow"];
    check("account-links.html", &actions, &["/decide decision=approve"]);
}

#[test]
#[ignore = "needs a browser"]
fn a_strict_page_is_read_as_a_lenient_one() {
    check("strict.xhtml", &["pressed Continue"], &["/decide accept=Continue"]);
}
