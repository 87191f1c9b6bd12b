//! Screens without a way forward: what is said about each, and that nothing was pressed that must not be.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use browser_consent::{
    Consent, Credentials, Error, Obstacle, Problem, Unreachable, consent, with_session,
};
use url::Url;

use crate::site::{CLIENT, EMAIL, PASSWORD, Site};
use crate::{run, visit, visit_as, webdriver};

/// The problem, with the actions that led to it.
pub(crate) fn problem(error: Error) -> (Problem, Vec<String>) {
    match error {
        Error::Page { problem, trail, .. } => {
            (*problem, trail.actions().map(str::to_owned).collect())
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_wrong_password_is_sent_once_and_told_in_the_words_of_the_page() {
    let site = Site::start().await;
    let credentials = Credentials::new(EMAIL.into(), "not the password".into());
    let error = visit_as(&site, "plain-login.html", Some(&credentials)).await.unwrap_err();
    let origin = &site.origin;
    assert_eq!(
        error.to_string(),
        format!(
            "at {origin}/wrong-password.html (\"Sign in\"): it refused the e-mail or the password and says \
             \"That password does not belong to this account.\""
        )
    );
    assert_eq!(site.posted(), ["/login email&password"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_wrong_password_is_noticed_in_a_page_that_stays() {
    let site = Site::start().await;
    let credentials = Credentials::new(EMAIL.into(), "not the password".into());
    let (problem, _) = problem(visit_as(&site, "spa.html", Some(&credentials)).await.unwrap_err());
    assert_eq!(problem, Problem::BadCredentials { says: "Wrong e-mail or password".into() });
    assert_eq!(site.posted(), ["/session"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_that_only_denies_is_left_alone() {
    let site = Site::start().await;
    let (problem, actions) = problem(visit(&site, "deny-only.html").await.unwrap_err());
    let says = "Your administrator has to allow this app".to_owned();
    assert_eq!(problem, Problem::Policy { says });
    assert_eq!((actions.len(), site.posted().len()), (0, 0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_consent_to_more_than_the_allowed_scopes_is_refused() {
    let site = Site::start().await;
    let url = site.url("scopes-consent.html");
    let allowed = ["mcp:read", "offline_access"].map(str::to_owned);
    let mut it = request(&url);
    it.allow_scopes = &allowed;
    let error = run(&it, site.code_arrived()).await.unwrap_err();
    let (problem, actions) = problem(error);
    assert_eq!(problem, Problem::Scope { scopes: vec!["mcp:admin".into()] });
    assert_eq!((actions.len(), site.posted().len()), (0, 0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_one_time_code_needs_a_human() {
    let site = Site::start().await;
    let (problem, actions) = problem(visit(&site, "code.html").await.unwrap_err());
    assert_eq!(
        (problem, actions.len()),
        (Problem::NeedsHuman { obstacle: Obstacle::OneTimeCode }, 0)
    );
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_sign_in_page_without_credentials_is_left_alone() {
    let site = Site::start().await;
    let (problem, _) = problem(visit_as(&site, "plain-login.html", None).await.unwrap_err());
    assert_eq!(problem, Problem::CredentialsMissing);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn nothing_is_typed_on_an_origin_that_nobody_allowed() {
    let (site, foreign) = (Site::start().await, Site::start().await);
    let hop = format!("hop?to={}/plain-login.html", foreign.origin);
    let (problem, actions) = problem(visit(&site, &hop).await.unwrap_err());
    assert!(
        matches!(&problem, Problem::Refused { origin, .. } if *origin == foreign.origin),
        "{problem:?}"
    );
    assert_eq!((actions.len(), foreign.posted().len()), (0, 0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn an_error_page_is_quoted() {
    let site = Site::start().await;
    let (problem, _) = problem(visit(&site, "failure").await.unwrap_err());
    assert_eq!(
        problem,
        Problem::ErrorPage { says: "invalid_client This client is not registered here.".into() }
    );
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_refusal_at_the_redirect_uri_is_told() {
    let site = Site::start().await;
    let (problem, _) = problem(visit(&site, "denied").await.unwrap_err());
    assert_eq!(problem, Problem::Denied { says: "access_denied not in this workspace".into() });
}

/// Get Current URL then shows the redirect URI, and the click counts as a success.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_redirect_uri_on_a_closed_port_is_not_taken_for_success() {
    let site = Site::start().await;
    site.close_callback().await;
    let url = site.url("plain-consent.html");
    let redirect = url.query_pairs().find(|it| it.0 == "redirect_uri").unwrap().1.into_owned();
    let it = request(&url);
    let webdriver = webdriver();
    let outcome = with_session(&webdriver, async |client| {
        consent(client, &it, browser_consent::reached(client, &redirect)).await
    });
    let error = outcome.await.unwrap().unwrap_err();
    assert!(error.to_string().starts_with(&format!("at {redirect}: ")), "{error}");
    assert_eq!(
        problem(error),
        (Problem::NothingListened, vec![format!("pressed Grant access to {CLIENT}")])
    );
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_server_that_is_not_there_is_told_by_what_the_system_says() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://{free}/authorize")).unwrap();
    let it = request(&url);
    let error = run(&it, std::future::pending()).await.unwrap_err();
    let (problem, _) = problem(error);
    assert_eq!(problem, Problem::Unreachable { reason: Unreachable::Refused });
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_policy_that_forbids_the_redirect_is_named() {
    let site = Site::start().await;
    let (problem, actions) = problem(visit(&site, "strict-consent").await.unwrap_err());
    assert!(
        matches!(&problem, Problem::FormAction { says } if says.contains("form-action")),
        "{problem}"
    );
    assert_eq!(actions, [format!("pressed Grant access to {CLIENT}")]);
    assert_eq!(site.posted(), ["/decide decision=approve"]);
    assert!(problem.to_string().contains("/strict-consent?… "), "{problem}");
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_button_without_effect_is_pressed_once_and_the_trail_tells_it() {
    let site = Site::start().await;
    let url = site.url("no-effect.html");
    let mut it = request(&url);
    it.timeout = Duration::from_secs(6);
    let error = run(&it, site.code_arrived()).await.unwrap_err();
    let (problem, actions) = problem(error);
    let trail = format!("consent {}/no-effect.html (pressed Approve)", site.origin);
    assert_eq!(problem, Problem::Deadline { seconds: 6, trail });
    assert_eq!((actions.len(), site.posted()), (1, vec!["/pressed".to_owned()]));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn plain_http_is_refused_before_anything_is_opened() {
    let url = Url::parse("http://auth.example/authorize").unwrap();
    let it = request(&url);
    let error = run(&it, std::future::pending()).await.unwrap_err();
    assert!(matches!(error, Error::Insecure { origin } if origin == "http://auth.example"));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn what_is_kept_of_a_failure_has_nothing_secret_in_it() {
    let site = Site::start().await;
    let folder = tempfile::tempdir().unwrap();
    let credentials = Credentials::new(EMAIL.into(), "not the password".into());
    let url = site.url("plain-login.html");
    let mut it = request(&url);
    (it.credentials, it.evidence) = (Some(&credentials), Some(folder.path()));
    let error = run(&it, site.code_arrived()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.ends_with(&format!("what the page looked like is in {}", folder.path().display())),
        "{text}"
    );

    let report = std::fs::read_to_string(folder.path().join("browser-consent.json")).unwrap();
    for secret in [EMAIL, PASSWORD, "not the password", "state-3f9a0b1c"] {
        assert!(!report.contains(secret) && !text.contains(secret), "{secret} in {report}");
    }
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["kind"], "sign-in refused");
    assert_eq!(report["buttons"][0]["label"], "Sign in");
    let picture = folder.path().join("browser-consent.png");
    assert!(std::fs::read(&picture).unwrap().starts_with(b"\x89PNG"));
    for file in [picture, folder.path().join("browser-consent.json")] {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn no_picture_is_kept_of_a_page_that_repeats_the_password() {
    let site = Site::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (url, credentials) = (site.url("echo-login.html"), crate::credentials());
    let mut it = request(&url);
    (it.credentials, it.evidence) = (Some(&credentials), Some(folder.path()));
    let text = run(&it, site.code_arrived()).await.unwrap_err().to_string();
    let report = std::fs::read_to_string(folder.path().join("browser-consent.json")).unwrap();
    for secret in [PASSWORD, "correct+horse+battery", EMAIL] {
        assert!(!report.contains(secret) && !text.contains(secret), "{secret} in {report}");
    }
    assert!(!folder.path().join("browser-consent.png").exists());
}

pub(crate) fn request(url: &Url) -> Consent<'_> {
    let mut it = Consent::new(url);
    (it.client_name, it.timeout) = (Some(CLIENT), Duration::from_secs(20));
    it
}
