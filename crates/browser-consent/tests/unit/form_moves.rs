//! What is done about forms and consents, as tables of moments and moves.

use serde_json::json;

use crate::flow::memory::{Action, Cover};
use crate::flow::next::{next_in_dialog, unreadable};
use crate::flow::request::Consent;
use crate::flow::way::{EMPTY, Way, asking, consent, login, told};
use crate::input::credentials::Credentials;
use crate::page::kind::Kind;
use crate::page::screens::{page as page_of, with};
use crate::page::snapshot::Handle;

#[test]
fn a_form_is_filled_in_before_it_is_sent() {
    let consent = consent();
    let mut way = Way::new(&consent);
    way.check(&login(EMPTY), &[(0, "filled email, filled password")]);
    for field in ["user", "pass"] {
        way.memory.typed.insert(Handle(field.into()), 1);
    }
    let mut filled = login(EMPTY);
    filled["fields"][0]["length"] = json!("loadtest@novamart.example".len());
    way.check(&filled, &[(10, "filled password")]);
    filled["fields"][1]["length"] = json!("correct horse".len());
    way.check(&filled, &[(20, "press Sign in as Password")]);
}

#[test]
fn a_field_that_keeps_nothing_is_told_after_three_times() {
    let consent = consent();
    let mut way = Way::new(&consent);
    way.look(0, &login(EMPTY));
    way.memory.typed.insert(Handle("user".into()), 3);
    let says = "stop: the field \"username\" does not keep what is typed into it";
    way.check(&login(EMPTY), &[(10, says)]);
}

#[test]
fn a_key_in_a_password_is_not_typed() {
    let credentials = Credentials::new("a@b.example".into(), "two\nlines".into());
    let consent = Consent { credentials: Some(&credentials), ..consent() };
    let says = "stop: what is to be typed (filled password) has a control character in it";
    Way::new(&consent).check(&login(EMPTY), &[(0, says)]);
    let consent = Consent { credentials: None, ..consent };
    Way::new(&consent).check(&login(EMPTY), &[(0, "stop: it asks for a sign-in")]);
}

#[test]
fn a_button_that_moves_is_waited_for() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let banner = |left: i32| {
        json!({
            "layers": [["We use cookies"]],
            "buttons": [{ "element": { "e": "x" }, "label": "Reject all", "kind": "button", "rect": [left, 0, 9, 9], "layers": [0] }],
        })
    };
    way.check(&banner(0), &[(0, "wait 50 ms"), (30, "wait 20 ms")]);
    way.check(&banner(5), &[(40, "wait 50 ms"), (90, "press Reject all as Banner")]);
}

#[test]
fn a_press_that_was_lost_is_made_once_more() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = login(EMPTY);
    way.look(0, &page);
    way.press(0, &page, Action::Password, "Sign in");
    way.check(&page, &[(1900, "wait"), (2100, "StartOver(Password)")]);
    way.memory.lose(&page_of(&page), Action::Password);
    way.press(3000, &page, Action::Password, "Sign in");
    let says = "stop: pressing \"Sign in\" had no effect";
    way.check(&page, &[(5500, "wait"), (17_900, "wait"), (18_100, says)]);
}

#[test]
fn a_press_that_has_sent_something_is_not_lost() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = login(EMPTY);
    way.look(0, &page);
    way.press(0, &page, Action::Password, "Sign in");
    let waiting = with(page.clone(), &json!({ "sent": 1, "waiting": 1 }));
    way.check(&waiting, &[(2100, "wait"), (40_000, "wait")]);
    let answered = with(page, &json!({ "sent": 1 }));
    way.check(&answered, &[(41_000, "stop: pressing \"Sign in\" had no effect")]);
}

#[test]
fn the_console_says_why_a_press_leads_nowhere() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = asking(&json!({}));
    way.look(0, &page);
    way.press(0, &page, Action::Approve, "Allow");
    way.memory.console.push("Sending form data violates \"form-action 'self'\"".into());
    assert!(told(&way.look(700, &page)).starts_with("stop: its Content-Security-Policy"));
}

#[test]
fn a_consent_is_witnessed_and_then_approved() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = asking(&json!({}));
    way.check(&page, &[(0, "Witness(0)")]);
    let button = page_of(&page).buttons[0].clone();
    way.witness(&button, "button");
    way.check(&page, &[(10, "press Allow as Approve")]);
    way.witness(&button, "generic");
    let says = "stop: there is no way forward; it says \"Authorize the application\"; seen: \"Allow\" (denies, says the browser), \"Deny\" (deny)";
    way.check(&page, &[(4900, "wait"), (5100, says)]);
}

#[test]
fn an_approval_may_want_a_last_word_in_its_document() {
    let consent = consent();
    let mut way = Way::new(&consent);
    way.press(0, &asking(&json!({})), Action::Approve, "Allow");
    let again = json!({ "buttons": [{ "element": { "e": "go" }, "kind": "submit", "label": "Continue", "form": 0 }], "still": true });
    let page = page_of(&again);
    way.look(10, &again);
    way.witness(&page.buttons[0], "button");
    way.check(&again, &[(20, "wait"), (900, "press Continue as Approve")]);
    way.press(900, &again, Action::Approve, "Continue");
    way.check(&again, &[(910, "wait"), (1900, "wait")]);
}

#[test]
fn an_approval_at_work_under_another_label_is_not_given_twice() {
    let consent = consent();
    for busy in [
        json!({ "label": "Allow …" }),
        json!({ "element": { "e": "new" }, "label": "Allowing ⏳" }),
        json!({ "label": "Please wait" }),
    ] {
        let mut way = Way::new(&consent);
        way.press(0, &asking(&json!({})), Action::Approve, "Allow");
        let page = asking(&busy);
        way.look(10, &page);
        way.witness(&page_of(&page).buttons[0], "button");
        way.check(&page, &[(20, "wait"), (1900, "wait")]);
    }
    // Nor while its request is not answered, whatever stands in its place.
    let mut way = Way::new(&consent);
    way.press(0, &asking(&json!({})), Action::Approve, "Allow");
    let page = with(
        asking(&json!({ "element": { "e": "new" }, "label": "Authorize" })),
        &json!({ "waiting": 1 }),
    );
    way.look(10, &page);
    way.witness(&page_of(&page).buttons[0], "button");
    way.check(&page, &[(20, "wait"), (1900, "wait")]);
    // After an approval a button that means something else is not pressed for going on.
    let mut way = Way::new(&consent);
    way.press(0, &asking(&json!({})), Action::Approve, "Allow");
    let other = json!({ "heading": "Delete your other sessions?", "still": true, "buttons": [{ "element": { "e": "ok" }, "kind": "submit", "label": "OK", "form": 0 }] });
    way.look(10, &other);
    way.witness(&page_of(&other).buttons[0], "button");
    way.check(&other, &[(20, "wait"), (1900, "wait")]);
}

#[test]
fn a_form_that_sends_to_a_stranger_is_not_filled_in() {
    let consent = consent();
    let mut page = login(EMPTY);
    page["fields"][1]["sendsTo"] = json!("https://other.example");
    let says = "stop: its form sends what is typed to https://other.example, which is not an allowed origin; nothing was typed";
    Way::new(&consent).check(&page, &[(0, says)]);
    page["fields"][1]["sendsTo"] = json!("https://auth.example");
    page["buttons"][0]["sendsTo"] = json!("https://other.example");
    Way::new(&consent).check(&page, &[(0, says)]);
    page["buttons"][0]["sendsTo"] = json!("");
    Way::new(&consent).check(&page, &[(0, "filled email, filled password")]);
}

#[test]
fn a_weak_button_waits_until_the_page_is_quiet() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = asking(&json!({ "label": "Continue" }));
    way.look(0, &page);
    let button = page_of(&page).buttons[0].clone();
    way.witness(&button, "button");
    way.check(&page, &[(790, "wait"), (810, "press Continue as Approve")]);
}

#[test]
fn a_disabled_approval_is_scrolled_to_and_then_given_up() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = asking(&json!({ "disabled": true }));
    way.check(&page, &[(0, "wait"), (900, "wait"), (1100, "Scroll")]);
    way.memory.scrolled.insert("1".into());
    let says = "stop: there is no way forward; it says \"Authorize the application\"; seen: \"Allow\" (disabled), \"Deny\" (deny)";
    way.check(&page, &[(1200, "wait"), (5100, says)]);
}

#[test]
fn boxes_come_before_the_approval_and_scopes_before_all() {
    let scopes = ["read".to_owned()];
    let consent = Consent { allow_scopes: &scopes, ..consent() };
    let boxes =
        json!({ "boxes": [{ "element": { "e": "b" }, "label": "I agree", "required": true }] });
    let page = with(asking(&json!({})), &boxes);
    let mut way = Way::new(&consent);
    way.check(&page, &[(0, "ticked I agree")]);
    way.memory.mark(Handle("b".into()));
    way.memory.mark(Handle("b".into()));
    let read = with(page.clone(), &json!({ "scopes": ["read"] }));
    way.check(&read, &[(10, "Witness(0)")]);
    let says = "stop: it shows no scope that can be read, so that it is not known to ask for what is allowed alone, and it was not approved";
    way.check(&page, &[(20, "wait"), (5100, says)]);
    let says = "stop: it asks for admin, which is not allowed, so it was not approved";
    way.check(&with(page, &json!({ "scopes": ["read", "admin"] })), &[(5200, says)]);
}

#[test]
fn what_covers_a_button_is_closed_once() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let parts = asking(&json!({}));
    way.look(0, &parts);
    let page = page_of(&parts);
    way.witness(&page.buttons[0], "button");
    let cover =
        |label: &str| Some(vec![Cover { element: Handle("c".into()), label: label.into() }]);
    way.memory.cover = cover("×");
    assert_eq!(told(&way.decide(10, &page)), "close with ×");
    way.memory.cover = cover("Buy now");
    assert_eq!(told(&way.decide(10, &page)), "wait");
    way.memory.cover = cover("×");
    way.memory.uncovered.insert("1".into());
    assert_eq!(told(&way.decide(20, &page)), "wait");
    assert!(told(&way.decide(5100, &page)).contains("something else lies over it"));
    // Whether it is still covered is for the next press to say.
    way.check(&parts, &[(5200, "press Allow as Approve")]);
}

#[test]
fn a_dialog_is_accepted_right_after_the_approval_and_not_if_it_denies() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = asking(&json!({}));
    let answered = |way: &Way<'_>, ms: u64, text: &str| {
        told(&next_in_dialog(text, &Kind::Unknown, &way.memory, &way.request, way.now(ms)))
    };
    way.look(0, &page);
    assert!(answered(&way, 0, "Really?").starts_with("DismissDialog"));
    way.press(0, &page, Action::Approve, "Allow");
    assert_eq!(answered(&way, 100, "Really?"), "AcceptDialog");
    assert!(answered(&way, 100, "Do you want to cancel?").starts_with("DismissDialog"));
    assert!(answered(&way, 5100, "Really?").starts_with("DismissDialog"));
}

#[test]
fn a_page_that_cannot_be_read_is_waited_for_and_then_given_up() {
    let consent = consent();
    let mut way = Way::new(&consent);
    way.look(0, &login(EMPTY));
    let became = |way: &Way<'_>, ms: u64, reason: Option<&str>| {
        told(&unreadable(&way.memory, reason.map(str::to_owned), way.now(ms)))
    };
    assert_eq!(became(&way, 9_900, Some("timeout")), "wait");
    assert_eq!(became(&way, 10_100, None), "wait");
    assert_eq!(became(&way, 10_100, Some("timeout")), "GiveUpReading(\"timeout\")");
    way.look(10_050, &login(EMPTY));
    assert_eq!(became(&way, 20_000, Some("timeout")), "wait");
    way.memory.in_frame = true;
    assert_eq!(became(&way, 20_000, Some("timeout")), "LeaveFrame");
}
