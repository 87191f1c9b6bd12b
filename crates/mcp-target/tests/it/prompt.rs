//! Which pages are shown, and which a client wants to be shown.

use crate::person::Person;
use crate::target::{Target, parameter};

#[tokio::test]
async fn a_remembered_consent_is_not_asked_for_again_unless_something_is_new() {
    let target = Target::with(|it| it.remember_consent = true).await;
    let id = target.register().await;
    let mut person = Person::new(&target);
    let narrow = target.authorize_url(&id, &[("scope", "mcp:read")]);
    person.approve(&narrow).await;
    let straight = person.open(narrow.as_str()).await.url;
    assert!(parameter(&straight, "code").is_some(), "{straight}");

    let wide = target.authorize_url(&id, &[("scope", "mcp:read openid")]);
    let page = person.open(wide.as_str()).await;
    assert!(page.html.contains("Authorize application"), "a new scope");
    person.decide(&page, "approve").await;
    for url in [&narrow, &wide] {
        assert!(parameter(&person.open(url.as_str()).await.url, "code").is_some());
    }
    let consent = target.authorize_url(&id, &[("scope", "mcp:read"), ("prompt", "consent")]);
    let page = person.open(consent.as_str()).await;
    assert!(page.html.contains("Authorize application"), "asked for");
    let other = target.authorize_url(&target.register().await, &[("scope", "mcp:read")]);
    let page = person.open(other.as_str()).await;
    assert!(page.html.contains("Authorize application"), "another client");

    let mut second = Person::new(&target);
    second.email = "second@novamart.example";
    assert!(second.sign_in(&narrow).await.html.contains("Authorize application"), "another user");
    // Who signs in again is remembered too.
    let callback = Person::new(&target).sign_in(&narrow).await.url;
    assert!(parameter(&callback, "code").is_some());
}

#[tokio::test]
async fn a_denied_consent_is_not_remembered() {
    let target = Target::with(|it| it.remember_consent = true).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let page = person.sign_in(&url).await;
    person.decide(&page, "deny").await;
    assert!(person.open(url.as_str()).await.html.contains("Authorize application"));
}

#[tokio::test]
async fn without_a_page_there_is_a_code_or_the_reason_why_not() {
    for remember_consent in [true, false] {
        let target = Target::with(|it| it.remember_consent = remember_consent).await;
        let id = target.register().await;
        let silent = target.authorize_url(&id, &[("prompt", "none")]);
        let mut person = Person::new(&target);
        let error = async |person: &mut Person<'_>| {
            parameter(&person.open(silent.as_str()).await.url, "error")
        };
        assert_eq!(error(&mut person).await.as_deref(), Some("login_required"));
        let page = person.sign_in(&target.authorize_url(&id, &[])).await;
        assert_eq!(error(&mut person).await.as_deref(), Some("consent_required"));
        person.decide(&page, "approve").await;
        let callback = person.open(silent.as_str()).await.url;
        assert_eq!(parameter(&callback, "code").is_some(), remember_consent, "{callback}");
        assert_eq!(parameter(&callback, "state").as_deref(), Some("some state"));
    }
}

#[tokio::test]
async fn a_login_is_asked_for_again_where_the_client_wants_it() {
    let target = Target::start().await;
    let id = target.register().await;
    let mut person = Person::new(&target);
    person.approve(&target.authorize_url(&id, &[])).await;
    for change in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "0")] {
        let page = person.open(target.authorize_url(&id, &[change]).as_str()).await;
        assert!(page.html.contains("<h1>Sign in</h1>"), "{change:?}");
        // The consent page is no way around it.
        let consent = page.url.as_str().replace("/login?", "/consent?");
        assert!(person.open(&consent).await.html.contains("<h1>Sign in</h1>"), "{change:?}");
        let page = person.send_login(&page, crate::target::PASSWORD).await;
        let callback = person.decide(&page, "approve").await.url;
        assert!(parameter(&callback, "code").is_some(), "{change:?}");
    }
    let page = person.open(target.authorize_url(&id, &[("max_age", "1000")]).as_str()).await;
    assert!(page.html.contains("Authorize application"));
    for change in [("prompt", "none login"), ("prompt", "create"), ("max_age", "x")] {
        let callback = person.open(target.authorize_url(&id, &[change]).as_str()).await.url;
        assert_eq!(parameter(&callback, "error").as_deref(), Some("invalid_request"), "{change:?}");
    }
}
