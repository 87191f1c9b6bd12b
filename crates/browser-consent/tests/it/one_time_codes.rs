//! One-time codes.

use browser_consent::{Credentials, Error, Problem, Trail};

use crate::refusals::{problem, request};
use crate::run;
use crate::site::Site;

/// Codes that change every two seconds, so that no test waits for half a minute.
const SECRET: &str = "otpauth://totp/Novamart?secret=GEZDGNBVGY3TQOJQ&period=2";

async fn go(site: &Site, page: &str, credentials: &Credentials) -> Result<Trail, Error> {
    let url = site.url(page);
    let mut it = request(&url);
    it.credentials = Some(credentials);
    run(&it, site.code_arrived()).await
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_one_time_code_is_made_and_sent() {
    let site = Site::start().await;
    let credentials = crate::credentials().with_totp(SECRET).unwrap();
    let trail = go(&site, "code-login.html", &credentials).await.unwrap();
    let actions: Vec<_> = trail.actions().collect();
    assert_eq!(actions[..2], ["filled one-time code", "pressed Verify"], "{trail}");
    assert_eq!(site.codes.lock().unwrap().len(), 1);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_code_that_is_asked_for_digit_by_digit_is_sent_by_the_page() {
    let site = Site::start().await;
    let credentials = crate::credentials().with_totp(SECRET).unwrap();
    let trail = go(&site, "code-digits.html", &credentials).await.unwrap();
    assert_eq!(trail.actions().filter(|it| it.starts_with("filled a digit")).count(), 6);
    assert_eq!(site.codes.lock().unwrap()[0].len(), 6);
}

/// As after another run in the same half minute.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_code_that_was_used_before_is_followed_by_the_next_one() {
    let site = Site::start().await;
    let long = SECRET.replace("period=2", "period=5");
    let credentials = crate::credentials().with_totp(&long).unwrap();
    go(&site, "code-login.html", &credentials).await.unwrap();
    go(&site, "code-login.html", &credentials).await.unwrap();
    let codes = site.codes.lock().unwrap();
    assert_ne!(codes.first(), codes.last());
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_code_that_is_refused_twice_is_not_sent_again() {
    let site = Site::start().await;
    let url = site.url("code-refused-always");
    let credentials = crate::credentials().with_totp(SECRET).unwrap();
    let mut it = request(&url);
    it.credentials = Some(&credentials);
    let (problem, _) = problem(run(&it, site.code_arrived()).await.unwrap_err());
    assert_eq!(problem, Problem::BadCode { says: Some("Wrong code.".into()) });
    assert_eq!(site.posted().len(), 2);
}

#[test]
fn a_secret_that_is_none_is_refused_before_any_browser_starts() {
    let error = crate::credentials().with_totp("not a secret!").unwrap_err().to_string();
    assert!(error.contains("Base32") && !error.contains("not a secret"), "{error}");
}
