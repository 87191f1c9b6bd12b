//! What is chosen on the buttons of real screens, without a browser.

use serde_json::{Value, json};

use crate::page::banner::banner;
use crate::page::kind::{Kind, Past, Sent, classify};
use crate::page::locate::{self, Found, Names};
use crate::page::phrases::normalize;
use crate::page::snapshot::Snapshot;
use crate::problem::Obstacle;

const EMAIL: &str = "loadtest@novamart.example";

/// Parts of a page with others in their place.
pub(crate) fn with(mut parts: Value, more: &Value) -> Value {
    parts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parts
}

/// A page on an allowed origin, with these parts on it.
pub(crate) fn page(parts: &Value) -> Snapshot {
    let mut all = json!({
        "origin": "https://auth.example",
        "address": "https://auth.example/page",
        "document": "1",
        "client": "No Thanks Reader",
    });
    all.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

pub(crate) fn past() -> Past<'static> {
    Past {
        origins: vec!["https://auth.example".into()],
        redirect: Some("http://127.0.0.1:1/callback".into()),
        names: Names { email: Some(EMAIL), scopes: &[], choices: &[] },
        ..Past::default()
    }
}

/// The label of the button that approves on a page with these buttons.
#[track_caller]
fn check(buttons: Value, expected: Option<&str>) {
    let page = page(&json!({ "buttons": buttons }));
    let found = locate::approve(&page, &past().names).best();
    assert_eq!(found.map(|at| page.buttons[at].label.as_str()), expected, "{buttons}");
}

#[test]
fn the_button_that_approves_is_told_from_its_neighbours() {
    check(
        json!([{ "label": "Cancel", "kind": "submit" }, { "label": "Authorize", "kind": "submit", "attribute": "allow" }]),
        Some("Authorize"),
    );
    check(
        json!([{ "label": "Don’t Allow", "data": ["type cancel"] }, { "label": "Allow Access", "data": ["type save"] }]),
        Some("Allow Access"),
    );
    check(
        json!([
            { "label": "Deny", "button": true, "value": "false", "attribute": "consented" },
            { "label": "Allow", "button": true, "value": "true", "attribute": "consented" },
        ]),
        Some("Allow"),
    );
    check(
        json!([
            { "label": "Authorize", "method": "delete", "attribute": "commit" },
            { "label": "Authorize", "attribute": "commit" },
        ]),
        Some("Authorize"),
    );
    check(
        json!([{ "label": "Nein", "id": "kc-cancel" }, { "label": "Ja", "attribute": "accept" }]),
        Some("Ja"),
    );
    check(json!([{ "label": "Refuser" }, { "label": "Autoriser" }]), Some("Autoriser"));
    check(json!([{ "label": "Nicht zulassen" }, { "label": "Zulassen" }]), Some("Zulassen"));
    check(json!([{ "label": "Recusar" }, { "label": "Permitir acesso" }]), Some("Permitir acesso"));
    check(json!([{ "label": "Annulla" }, { "label": "Consenti" }]), Some("Consenti"));
    check(json!([{ "label": "Weigeren" }, { "label": "Toestaan" }]), Some("Toestaan"));
    check(json!([{ "label": "Rechazar" }, { "label": "Autorizar" }]), Some("Autorizar"));
    check(
        json!([{ "label": "Deny" }, { "label": "Grant access to No Thanks Reader" }]),
        Some("Grant access to No Thanks Reader"),
    );
    check(
        json!([{ "label": format!("Continue as {EMAIL}") }, { "label": "Cancel" }]),
        Some(&format!("Continue as {EMAIL}")),
    );
}

#[test]
fn what_does_not_approve_is_never_chosen() {
    for label in [
        "Deny",
        "[ Cancel ]",
        "Don't allow",
        "Disallow",
        "Not now",
        "Continue without access",
        "Allow another account",
        "Request access",
        "Continue with Google",
        "Accept all cookies",
        "Sign out",
        "Edit permissions",
        "Back",
        "Close",
        "Leave and allow later",
        "Exit",
        "Subscribe",
        "微信登录",
        "使用微信登录",
        "LINEでログイン",
        "Continue with Dropbox",
        "Log in with your work account",
        "Mit Keycloak anmelden",
        "GitHub login",
        "",
    ] {
        let is_silent = label.is_empty();
        assert!(is_silent || locate::veto_label(&normalize(label)).is_err(), "{label}");
        check(json!([{ "label": label, "kind": "submit" }]), None);
    }
    check(json!([{ "label": "Allow", "link": true }]), None);
    check(json!([{ "label": "Allow", "expands": true }]), None);
    check(json!([{ "label": "Allow", "attribute": "deny" }]), None);
    check(json!([{ "label": "Later on", "id": "allow", "button": true, "value": "1" }]), None);
    check(json!([{ "label": "Preview", "id": "consent-preview" }]), None);
    check(json!([{ "label": "Allow", "button": true, "value": "0" }]), None);
    check(json!([{ "label": "OK", "data": ["testid consentDenyButton"] }]), None);
}

#[track_caller]
fn check_banner(lines: &[&str], labels: &[&str], expected: Option<&str>) {
    let buttons: Vec<_> = labels.iter().map(|it| json!({ "label": it, "layers": [0] })).collect();
    let page = page(&json!({ "layers": [lines], "buttons": buttons }));
    let found = banner(&page).map(|at| page.buttons[at].label.as_str());
    assert_eq!(found, expected, "{lines:?}");
    assert!(found.is_none() || locate::approve(&page, &past().names) == Found::Nothing);
}

#[test]
fn a_cookie_banner_speaks_of_nothing_else_that_one_could_agree_to() {
    let labels = ["Accept", "Decline"];
    check_banner(&["We use cookies", "Accept", "Decline"], &labels, Some("Decline"));
    check_banner(&["With your consent we store cookies"], &labels, Some("Decline"));
    check_banner(&["Cookies", "Allow all"], &["Allow all"], Some("Allow all"));
    check_banner(&["Cookies", "Allow cookies"], &["Allow cookies"], Some("Allow cookies"));
    check_banner(&["An app wants access", "Cookies"], &labels, None);
    check_banner(&["No Thanks Reader", "Cookies"], &labels, None);
    check_banner(&["Cookies", "Authorize"], &["Authorize", "Decline"], None);
    check_banner(&["We value your privacy"], &labels, None);
}

#[test]
fn one_of_two_ways_on_may_be_a_denial_in_words_that_are_not_known() {
    let weak = json!({ "label": "Weiter" });
    let check_both = |label: &str, attribute: &str, expected| {
        check(json!([weak, { "label": label, "attribute": attribute }]), expected);
    };
    check_both("Zugriff erlauben, aber halt kaum", "", None);
    check_both("Zugriff erlauben", "approve", Some("Zugriff erlauben"));
    check_both("Erlauben", "", Some("Erlauben"));
}

#[test]
fn what_we_sign_in_with_may_be_named() {
    for label in [
        "Continue with email",
        "Sign in to GitHub",
        "Mit Passwort anmelden",
        "用户登录",
        "メールでログイン",
    ] {
        assert_eq!(locate::veto_label(&normalize(label)), Ok(()), "{label}");
    }
}

#[test]
fn of_two_equals_none_is_pressed() {
    let page = page(&json!({ "buttons": [{ "label": "Allow" }, { "label": "Accept" }] }));
    assert_eq!(locate::approve(&page, &past().names), Found::Tie);
}

#[test]
fn a_client_named_like_a_refusal_does_not_turn_it_around() {
    let mut page = page(&json!({ "buttons": [{ "label": "Don't allow" }] }));
    page.client = "Don't".into();
    assert_eq!(locate::approve(&page, &past().names), Found::Nothing);
}

#[test]
fn the_login_button_is_the_one_of_the_form() {
    let page = page(&json!({
        "fields": [{ "kind": "password", "form": 0 }],
        "buttons": [
            { "label": "Continue with Google", "kind": "submit", "form": 0, "class": "btn-primary" },
            { "label": "Show password", "kind": "button", "form": 0 },
            { "label": "Reset Password", "kind": "button", "form": 0 },
            { "label": "Continue", "kind": "submit", "form": 0 },
            { "label": "Log in", "kind": "submit", "form": 1 },
            { "label": "Log in", "link": true, "form": 0 },
        ],
    }));
    assert_eq!(locate::login(&page, &page.fields[0]).best(), Some(3));
}

#[track_caller]
pub(crate) fn check_kind(parts: &Value, past: &Past<'_>, expected: &Kind) {
    assert_eq!(&classify(&page(parts), past), expected, "{parts}");
}

#[test]
fn kinds_of_page_are_told_apart_in_order() {
    let (now, login) = (past(), json!([{ "kind": "email" }, { "kind": "password" }]));
    check_kind(
        &json!({ "address": "chrome-error://chromewebdata/", "origin": "null" }),
        &now,
        &Kind::BrowserError,
    );
    check_kind(
        &json!({ "address": "http://127.0.0.1:1/callback", "origin": "http://127.0.0.1:1" }),
        &now,
        &Kind::Redirected,
    );
    check_kind(
        &json!({ "origin": "https://evil.example", "fields": login }),
        &now,
        &Kind::Elsewhere,
    );
    check_kind(
        &json!({ "origin": "https://auth.example:8443", "fields": login }),
        &now,
        &Kind::Elsewhere,
    );
    check_kind(
        &json!({ "fields": [{ "kind": "tel", "limit": 6 }] }),
        &now,
        &Kind::NeedsHuman(Obstacle::OneTimeCode),
    );
    let captcha = json!([{ "address": "https://www.google.com/recaptcha/api2/anchor" }]);
    check_kind(
        &json!({ "fields": login, "frames": captcha }),
        &now,
        &Kind::NeedsHuman(Obstacle::Captcha),
    );
    check_kind(
        &json!({ "fields": login }),
        &now,
        &Kind::SignIn { user: Some(0), password: Some(1) },
    );
    let sign_up = json!([{ "kind": "password", "form": 0 }, { "kind": "password", "form": 0 }]);
    check_kind(&json!({ "fields": sign_up }), &now, &Kind::Unknown);
    check_kind(&json!({ "buttons": [{ "label": EMAIL }] }), &now, &Kind::AccountChooser(0));
    check_kind(&json!({ "buttons": [{ "label": "Skip for now" }] }), &now, &Kind::Offer(0));
    check_kind(
        &json!({ "status": 400, "text": "invalid_client" }),
        &now,
        &Kind::ErrorPage("invalid_client".into()),
    );
    check_kind(&json!({ "frames": [{ "origin": "https://auth.example" }] }), &now, &Kind::Frame(0));
    check_kind(&json!({ "frames": [{ "origin": "https://ads.example" }] }), &now, &Kind::Unknown);
}

#[test]
fn the_sign_in_form_that_comes_back_is_not_filled_again() {
    let form =
        |alerts: Value| json!({ "fields": [{ "kind": "password", "id": "p" }], "alerts": alerts });
    let sent = |document: &str| {
        let it = page(&with(form(json!(["Welcome"])), &json!({ "document": document })));
        Past { password: Some(Sent::from(&it, Some(0))), ..past() }
    };
    check_kind(&form(json!([])), &sent("0"), &Kind::BadCredentials(None));
    check_kind(
        &form(json!(["Welcome", "Wrong"])),
        &sent("1"),
        &Kind::BadCredentials(Some("Wrong".into())),
    );
    check_kind(
        &form(json!(["Welcome"])),
        &sent("1"),
        &Kind::SignIn { user: None, password: Some(0) },
    );
    // Our own second request brings the form back, whatever became of the first.
    let mut again = sent("0");
    again.password.as_mut().unwrap().reopened = true;
    check_kind(&form(json!(["Wrong"])), &again, &Kind::SignedOut);
}

#[test]
fn the_identifier_form_that_waits_for_its_answer_is_no_consent() {
    let form = json!({
        "fields": [{ "kind": "email", "form": 0 }],
        "buttons": [{ "label": "Next", "kind": "submit", "form": 0 }],
    });
    let sent = Past { identifier: Some(Sent::from(&page(&form), Some(0))), ..past() };
    check_kind(&form, &sent, &Kind::SignIn { user: Some(0), password: None });
}
