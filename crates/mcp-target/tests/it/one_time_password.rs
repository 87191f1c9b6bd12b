//! A one-time password after the password.

use std::time::SystemTime;

use mcp_target::{Screens, TotpSecret};
use ring::hmac;
use serde_json::json;

use crate::person::{Page, Person};
use crate::target::{EMAIL, PASSWORD, Target, parameter};

/// `12345678901234567890` in base32.
pub(crate) const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

pub(crate) async fn with_secret(screens: Screens) -> Target {
    Target::with(|it| {
        it.screens = screens;
        it.users[0].totp = TotpSecret::from_base32(SECRET);
    })
    .await
}

/// The password of a step before or after that of now.
fn code(steps: i64) -> String {
    let step = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() / 30;
    let step = step.checked_add_signed(steps).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345678901234567890");
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 0xf);
    let word: [u8; 4] = tag.as_ref()[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

async fn send(person: &mut Person<'_>, page: &Page, code: &str) -> Page {
    person.submit("/login/code", &[("request", page.request()), ("code", code)]).await
}

#[tokio::test]
async fn a_one_time_password_is_asked_for_after_the_password_and_is_good_once() {
    for screens in [Screens::Plain, Screens::MultiStep] {
        let target = with_secret(screens).await;
        let url = target.authorize_url(&target.register().await, &[]);
        let mut person = Person::new(&target);
        let asked = async |person: &mut Person<'_>| {
            let page = person.open(url.as_str()).await;
            if screens == Screens::Plain {
                return person.send_login(&page, PASSWORD).await;
            }
            let form = [("request", page.request()), ("email", EMAIL)];
            let page = person.submit("/login", &form).await;
            let form = [("request", page.request()), ("password", PASSWORD)];
            person.submit("/login/password", &form).await
        };
        let page = asked(&mut person).await;
        assert!(page.html.contains(r#"inputmode="numeric" autocomplete="one-time-code""#));
        assert_eq!(person.cookie, None, "nobody is signed in yet");
        let consent = page.url.as_str().replace("/login/code?", "/consent?");
        assert_eq!(person.open(&consent).await.url, page.url, "and there is no way around it");

        for wrong in ["", "000000x", &code(-20)] {
            let again = send(&mut person, &page, wrong).await;
            assert_eq!(again.status, 401, "{wrong}");
            assert!(again.html.contains(r#"<p role="alert">Wrong one-time password.</p>"#));
        }
        // One from the future, so that the clock going on does not make it too old.
        let good = code(1);
        let consent = send(&mut person, &page, &good).await;
        assert!(consent.html.contains("Authorize application"), "{consent:?}");
        let callback = person.decide(&consent, "approve").await.url;
        assert!(parameter(&callback, "code").is_some());

        let mut thief = Person::new(&target);
        let page = asked(&mut thief).await;
        assert_eq!(send(&mut thief, &page, &good).await.status, 401, "seen before");
        let other = code(0);
        let consent = send(&mut thief, &page, &other).await;
        assert!(consent.html.contains("Authorize application"), "one of its own: {consent:?}");
        let mut third = Person::new(&target);
        let page = asked(&mut third).await;
        for used in [good, other] {
            assert_eq!(send(&mut third, &page, &used).await.status, 401, "seen before");
        }
    }
}

#[tokio::test]
async fn after_five_wrong_one_time_passwords_the_request_is_dropped() {
    let target = with_secret(Screens::Plain).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let page = person.sign_in(&url).await;
    for _ in 0..4 {
        assert_eq!(send(&mut person, &page, "wrong").await.status, 401);
    }
    for code in ["wrong", &code(0)] {
        let page = send(&mut person, &page, code).await;
        assert_eq!(page.status, 400);
        assert!(page.html.contains("Request expired"), "{page:?}");
    }
}

#[tokio::test]
async fn a_one_time_password_without_the_password_leads_back_to_it() {
    let target = with_secret(Screens::Plain).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let login = person.open(url.as_str()).await;
    assert_eq!(send(&mut person, &login, &code(0)).await.url, login.url);
    let page = login.url.as_str().replace("/login?", "/login/code?");
    assert_eq!(person.open(&page).await.url, login.url);
}

#[tokio::test]
async fn an_application_asks_for_it_too() {
    let target = with_secret(Screens::SinglePage).await;
    let url = target.authorize_url(&target.register().await, &[]);
    let page = Person::new(&target).open(url.as_str()).await;
    let request = parameter(&page.url, "request").unwrap();
    let fields = [("request", request.as_str()), ("email", EMAIL), ("password", PASSWORD)];
    let (status, answer) = target.form("/login", None, &fields).await;
    assert_eq!((status, answer), (200, json!({"next": format!("/login/code?request={request}")})));
    let (_, screen) = target.get(&format!("/screen?request={request}")).await;
    assert_eq!(screen, json!({"screen": "one-time-password"}));
    let right = code(0);
    for (code, status) in [("wrong", 401), (right.as_str(), 200)] {
        let fields = [("request", request.as_str()), ("code", code)];
        assert_eq!(target.form("/login/code", None, &fields).await.0, status);
    }
}
