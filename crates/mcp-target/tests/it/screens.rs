//! The ways through sign-in and consent, without the scripts that only a browser runs.

use std::time::{Duration, Instant};

use mcp_target::{Fault, Screens};
use reqwest::header::COOKIE;
use serde_json::{Value, json};
use url::Url;

use crate::person::Person;
use crate::target::{EMAIL, PASSWORD, REDIRECT_URI, Target, parameter};

async fn with_screens(screens: Screens) -> Target {
    Target::with(|it| it.screens = screens).await
}

#[tokio::test]
async fn the_password_is_asked_for_on_a_page_of_its_own() {
    let target = with_screens(Screens::MultiStep).await;
    let mut person = Person::new(&target);
    let url = target.authorize_url(&target.register().await, &[]);

    let page = person.open(url.as_str()).await;
    assert!(page.html.contains(r#"type="email""#) && !page.html.contains(r#"type="password""#));
    let form = [("request", page.request()), ("email", EMAIL)];
    let page = person.submit("/login", &form).await;
    assert!(page.html.contains(EMAIL) && !page.html.contains(r#"type="email""#));

    let form = |password| [("request", page.request()), ("password", password)];
    let wrong = person.submit("/login/password", &form("wrong")).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.html.contains(r#"<p role="alert">Wrong e-mail or password.</p>"#));
    let consent = person.submit("/login/password", &form(PASSWORD)).await;
    let callback = person.decide(&consent, "approve").await.url;
    assert!(callback.as_str().starts_with(REDIRECT_URI));
    assert!(parameter(&callback, "code").is_some());
}

#[tokio::test]
async fn a_password_page_without_an_address_goes_back_to_the_first() {
    let target = with_screens(Screens::MultiStep).await;
    let mut person = Person::new(&target);
    let url = target.authorize_url(&target.register().await, &[]);
    let page = person.open(url.as_str()).await;
    let password = page.url.as_str().replace("/login?", "/login/password?");
    assert_eq!(person.open(&password).await.url, page.url);
    let form = [("request", page.request())];
    assert_eq!(person.submit("/login", &form).await.url, page.url);
}

/// Asks what the application's script asks, with the cookie of whoever signed in.
struct App<'a> {
    target: &'a Target,
    request: String,
    cookie: String,
}

impl App<'_> {
    async fn screen(&self) -> (u16, Value) {
        let url = format!("{}/screen?request={}", self.target.issuer, self.request);
        let response = self.target.http.get(url).header(COOKIE, &self.cookie).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}{path}", self.target.issuer);
        let mut form = vec![("request", self.request.as_str())];
        form.extend_from_slice(fields);
        let request = self.target.http.post(url).header(COOKIE, &self.cookie).form(&form);
        let response = request.header("Origin", &self.target.issuer).send().await.unwrap();
        if let Some(cookie) = response.headers().get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

#[tokio::test]
async fn an_application_is_told_what_to_draw_and_where_to_go_on() {
    let target = with_screens(Screens::SinglePage).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let page = Person::new(&target).open(url.as_str()).await;
    assert!(page.html.contains(r#"<script type="module" src="/app.js">"#), "{}", page.html);
    assert!(!page.html.contains("<form"));
    let request = parameter(&page.url, "request").unwrap();
    let mut app = App { target: &target, request, cookie: String::new() };

    assert_eq!(app.screen().await, (200, json!({ "screen": "sign-in" })));
    let (status, wrong) = app.send("/login", &[("email", EMAIL), ("password", "wrong")]).await;
    assert_eq!((status, &wrong["text"]), (401, &json!("Wrong e-mail or password.")));
    let (status, answer) = app.send("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(
        (status, &answer["next"]),
        (200, &json!(format!("/consent?request={}", app.request)))
    );

    let (_, question) = app.screen().await;
    assert_eq!(question["screen"], "consent");
    assert_eq!(question["client"], "A <b>test</b>");
    assert_eq!(question["scopes"], json!(["mcp:read", "offline_access"]));
    let (status, answer) = app.send("/consent", &[("decision", "approve")]).await;
    assert_eq!(status, 200);
    let callback = Url::parse(answer["next"].as_str().unwrap()).unwrap();
    assert!(parameter(&callback, "code").is_some(), "{callback}");

    let (status, answer) = app.screen().await;
    assert_eq!((status, &answer["title"]), (400, &json!("Request expired")));
}

#[tokio::test]
async fn screens_carry_a_script_only_if_something_is_to_go_wrong_with_them() {
    for (faults, played) in [
        (vec![], None),
        (vec![Fault::SlowScreens], None),
        (vec![Fault::Redraw], Some(r#"data-faults="redraw""#)),
        (
            vec![Fault::Redraw, Fault::DropFirstClick],
            Some(r#"data-faults="redraw drop-first-click""#),
        ),
    ] {
        let target = Target::with(|it| it.faults = faults.iter().copied().collect()).await;
        let url = target.authorize_url(&target.register().await, &[]);
        let start = Instant::now();
        let page = Person::new(&target).open(url.as_str()).await;
        let least = if faults.contains(&Fault::SlowScreens) { 2 * 400 } else { 0 };
        assert!(start.elapsed() >= Duration::from_millis(least));
        assert_eq!(page.html.contains("<script"), played.is_some());
        assert!(played.is_none_or(|it| page.html.contains(it)), "{}", page.html);
    }
}
