//! Pages as identity providers have them: what is not understood is named in its own words, and no password is accused.

use browser_consent::{Credentials, Problem, Script};

use crate::refusals::{problem, request};
use crate::site::{EMAIL, Site};
use crate::{credentials, run, visit, visit_as};

#[track_caller]
fn says(problem: &Problem) -> &str {
    match problem {
        Problem::NoWayForward { says: Some(it), .. } => it,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_that_is_not_understood_after_the_right_password_is_named_and_the_password_is_not() {
    for (page, words) in [
        ("expiring-login.html", "Your sign-in has expired"),
        ("new-password-login.html", "Yours is older than a year"),
        ("profile-login.html", "Complete your profile"),
        ("passkey-login.html", "Register a passkey"),
        ("enrol-login.html", "Add an authenticator"),
    ] {
        let site = Site::start().await;
        let (problem, actions) = problem(visit(&site, page).await.unwrap_err());
        assert!(says(&problem).contains(words), "{page}: {problem}");
        assert_eq!(site.posted(), ["/login email&password"], "{page}");
        assert_eq!(actions.iter().filter(|it| *it == "filled password").count(), 1, "{page}");
    }
}

/// The picture is of the page that stood in the way, and not of the sign-in that came after it.
#[tokio::test]
#[ignore = "needs a browser"]
async fn what_stood_in_the_way_is_kept_although_the_request_was_opened_again() {
    let site = Site::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (url, credentials) = (site.url("passkey-login.html"), credentials());
    let mut it = request(&url);
    (it.credentials, it.evidence) = (Some(&credentials), Some(folder.path()));
    let error = run(&it, site.code_arrived()).await.unwrap_err().to_string();
    let page =
        format!("at {}/passkey-wanted.html (\"Sign in\"): there is no way forward", site.origin);
    assert!(error.starts_with(&page), "{error}");
    let report = std::fs::read_to_string(folder.path().join("browser-consent.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["heading"], "Register a passkey");
    assert!(folder.path().join("browser-consent.png").exists());
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_message_is_quoted_wherever_it_stands() {
    let site = Site::start().await;
    let (told, _) = problem(visit(&site, "disabled-login.html").await.unwrap_err());
    let says = Some("This account is switched off until an owner confirms it.".to_owned());
    assert_eq!(told, Problem::CameBack { says });

    let site = Site::start().await;
    let wrong = Credentials::new(EMAIL.into(), "not the password".into());
    let (told, _) =
        problem(visit_as(&site, "plain-words-login.html", Some(&wrong)).await.unwrap_err());
    let says = "That combination is not known here.".to_owned();
    assert_eq!(told, Problem::BadCredentials { says });
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn an_offer_is_passed_by_its_way_out_whatever_stands_beside_it() {
    let site = Site::start().await;
    let trail = visit(&site, "faster-offer.html").await.unwrap();
    let pressed: Vec<_> = trail.actions().collect();
    assert_eq!(pressed, ["pressed Not now", "pressed Grant access to No Thanks Reader"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_box_is_known_by_its_label_and_a_consent_may_have_a_last_word() {
    let site = Site::start().await;
    let trail = visit(&site, "last-word-consent.html").await.unwrap();
    let pressed: Vec<_> = trail.actions().collect();
    assert_eq!(pressed, ["ticked mcp:read", "pressed Grant access", "pressed Continue"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_consent_in_another_language_is_given_by_its_form_or_its_step_is_told() {
    let site = Site::start().await;
    let trail = visit(&site, "russian-consent.html").await.unwrap();
    assert_eq!(trail.actions().collect::<Vec<_>>(), ["pressed Да"]);

    let site = Site::start().await;
    let (told, actions) = problem(visit(&site, "finnish-consent.html").await.unwrap_err());
    let Problem::NoWayForward { says, steps, .. } = told else { panic!("{told:?}") };
    assert_eq!(says.as_deref(), Some("Sovellus pyytää oikeuksia"));
    assert_eq!(
        (actions.len(), steps.as_slice()),
        (0, ["click #first", "click #second"].map(str::to_owned).as_slice())
    );
    let (url, mut script) = (site.url("finnish-consent.html"), Script::default());
    script.step(&steps[0], |_| None).unwrap();
    let mut it = request(&url);
    it.script = Some(&script);
    let trail = run(&it, site.code_arrived()).await.unwrap();
    assert_eq!(trail.actions().collect::<Vec<_>>(), ["pressed click #first"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_consent_that_shows_no_scope_is_not_approved_where_only_some_are_allowed() {
    let site = Site::start().await;
    let (url, scopes) = (site.url("plain-consent.html"), ["mcp:read".to_owned()]);
    let mut it = request(&url);
    it.allow_scopes = &scopes;
    let (told, actions) = problem(run(&it, site.code_arrived()).await.unwrap_err());
    assert_eq!((told, actions.len()), (Problem::ScopesUnread, 0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn the_device_that_was_named_gives_the_code() {
    let site = Site::start().await;
    let (url, choices) = (site.url("devices.html"), ["Load generator".to_owned()]);
    let credentials = credentials().with_totp("JBSWY3DPEHPK3PXP").unwrap();
    let mut it = request(&url);
    (it.credentials, it.choices) = (Some(&credentials), &choices);
    let trail = run(&it, site.code_arrived()).await.unwrap();
    let actions: Vec<_> = trail.actions().collect();
    assert_eq!(actions[..2], ["chose Load generator", "filled one-time code"]);
}
