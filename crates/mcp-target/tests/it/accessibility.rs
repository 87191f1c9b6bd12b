//! Pages that can be read and filled in by whatever people use.

use mcp_target::{Fault, Screens};

use crate::one_time_password::with_secret;
use crate::person::{Page, Person};
use crate::target::{EMAIL, PASSWORD, Target};

/// One heading, a language, a title, a main part, a label for every field, a name on every button, and no script.
#[track_caller]
fn check(page: &Page) {
    let html = &page.html;
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{html}");
    for once in ["<h1>", "<title>", "<main>"] {
        assert_eq!(html.matches(once).count(), 1, "{once} in {html}");
    }
    assert!(!html.contains("<script"), "{html}");
    for input in html.split("<input ").skip(1).filter(|it| !it.starts_with(r#"type="hidden""#)) {
        let (_, id) = input.split_once(r#"id=""#).expect("a field has an id");
        let label = format!(r#"<label for="{}">"#, id.split('"').next().unwrap());
        assert!(html.contains(&label), "{label} in {html}");
    }
    assert!(!html.contains("></button>"), "{html}");
    if page.status >= 400 {
        assert_eq!(html.matches(r#"role="alert""#).count(), 1, "{html}");
    }
}

#[tokio::test]
async fn every_kind_of_page_can_be_read_and_filled_in_without_seeing_it() {
    let target = with_secret(Screens::Plain).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let login = person.open(url.as_str()).await;
    check(&login);
    check(&person.send_login(&login, "wrong").await);
    let code = person.send_login(&login, PASSWORD).await;
    check(&code);
    let form = [("request", code.request()), ("code", "wrong")];
    check(&person.submit("/login/code", &form).await);
    check(&person.open(&format!("{}/login", target.issuer)).await);

    let target = Target::with(|it| it.screens = Screens::MultiStep).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let page = person.open(url.as_str()).await;
    check(&page);
    let page = person.submit("/login", &[("request", page.request()), ("email", EMAIL)]).await;
    check(&page);
    for password in ["wrong", PASSWORD] {
        let form = [("request", page.request()), ("password", password)];
        check(&person.submit("/login/password", &form).await);
    }

    let target = Target::faulty(Fault::NoCallback).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let consent = person.sign_in(&url).await;
    check(&consent);
    check(&person.decide(&consent, "approve").await);
}
