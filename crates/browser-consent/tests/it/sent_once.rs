//! What is sent once, whatever the page does, and to nobody else.

use browser_consent::{Client, Credentials, Problem, StorageState, with_session};
use serde_json::{Value, json};

use crate::refusals::{problem, request};
use crate::site::{EMAIL, PASSWORD, Site};
use crate::{run, visit, visit_as, webdriver};

#[tokio::test]
#[ignore = "needs a browser"]
async fn the_button_of_a_form_that_waits_for_its_answer_approves_nothing() {
    let site = Site::start().await;
    let trail = visit(&site, "login-that-allows.html").await.unwrap();
    assert_eq!(trail.actions().filter(|it| *it == "pressed Continue").count(), 1, "{trail}");
    assert_eq!(site.posted(), ["/session", "/decide decision=approve"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn an_approval_on_its_way_is_not_taken_for_lost_however_it_was_sent() {
    let site = Site::start().await;
    visit(&site, "own-fetch-consent.html").await.unwrap();
    assert_eq!(site.posted(), ["/decide decision=approve"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_code_that_the_page_sends_itself_is_not_sent_for_ever() {
    let site = Site::start().await;
    let url = site.url("digits-refused.html");
    let secret = "otpauth://totp/Novamart?secret=GEZDGNBVGY3TQOJQ&period=2";
    let credentials = crate::credentials().with_totp(secret).unwrap();
    let mut it = request(&url);
    it.credentials = Some(&credentials);
    let (problem, _) = problem(run(&it, site.code_arrived()).await.unwrap_err());
    assert_eq!(problem, Problem::BadCode { says: Some("Wrong code.".into()) });
    assert_eq!(site.posted().len(), 2, "{:?}", site.posted());
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_line_break_in_a_secret_presses_no_key() {
    let site = Site::start().await;
    let credentials = Credentials::new(format!("{EMAIL}\n"), format!("{PASSWORD}\r\n"));
    visit_as(&site, "plain-login.html", Some(&credentials)).await.unwrap();

    let site = Site::start().await;
    let credentials = Credentials::new(EMAIL.into(), "two\nlines".into());
    let error = visit_as(&site, "plain-login.html", Some(&credentials)).await.unwrap_err();
    assert!(matches!(problem(error).0, Problem::Untypable { .. }));
    assert_eq!(site.posted(), Vec::<String>::new());
}

/// Local storage goes to its own origin alone, also where even its quiet page leads elsewhere.
#[tokio::test]
#[ignore = "needs a browser"]
async fn what_an_origin_kept_is_not_given_to_the_one_it_leads_to() {
    let (site, foreign) = (Site::start().await, Site::start().await);
    site.lead_robots_to(&foreign.origin);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let kept = json!([{ "name": "token", "value": "local-token-5e2a" }]);
    let origins = json!([{ "origin": site.origin, "localStorage": kept }]);
    let state = json!({ "cookies": [], "origins": origins }).to_string();
    crate::write_private(&file, &state);
    let state = StorageState::read(&file).unwrap().unwrap();
    let driver = webdriver();
    let seen = with_session(&driver, async |client| {
        state.restore(client).await.unwrap();
        let foreign = stored_at(client, foreign.url("plain-consent.html").as_str()).await;
        (foreign, client.current_url().await.unwrap().origin())
    });
    let (seen, at) = seen.await.unwrap();
    assert_eq!((seen, at.ascii_serialization()), (json!(0), foreign.origin.clone()));
}

async fn stored_at(client: &Client, page: &str) -> Value {
    client.goto(page).await.unwrap();
    client.execute("return localStorage.length", Vec::new()).await.unwrap()
}
