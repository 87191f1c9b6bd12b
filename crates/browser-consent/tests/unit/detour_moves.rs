//! What is done about codes, detours and dead ends, as tables of moments and moves.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::flow::look::Move;
use crate::flow::memory::{Action, GivenUp};
use crate::flow::way::{CREDENTIALS, EMPTY, Way, asking, consent, login, told};
use crate::page::kind::{Kind, Sent};
use crate::page::screens::{page as page_of, with};
use crate::page::snapshot::Handle;
use crate::problem::Problem;

#[test]
fn a_browser_that_shows_no_page_at_all_waits_for_no_person() {
    let consent = consent();
    let blank = json!({ "origin": "null", "address": "data://," });
    let says = "stop: the browser shows no page after 2 s: nothing was answered, or nothing that can be shown";
    Way::new(&consent).check(&blank, &[(0, "wait"), (1900, "wait"), (2100, says)]);
}

#[test]
fn the_end_is_heard_for_a_while() {
    let consent = consent();
    let at = |more: &Value| with(json!({ "address": "http://127.0.0.1:1/callback" }), more);
    let silent = at(&json!({}));
    let says = "stop: the redirect URI was reached, but its listener did not take the answer";
    Way::new(&consent).check(&silent, &[(0, "wait"), (9900, "wait"), (10_100, says)]);
    let denied = at(&json!({ "answer": "access_denied" }));
    let says = "stop: the authorization server refused: access_denied";
    Way::new(&consent).check(&denied, &[(0, "wait"), (900, "wait"), (1100, says)]);
}

#[test]
fn a_foreign_page_is_left_alone_and_told() {
    let consent = consent();
    let says =
        "stop: https://other.example is not an allowed origin, nothing was typed or pressed there";
    let foreign = with(login(EMPTY), &json!({ "origin": "https://other.example", "ready": true }));
    Way::new(&consent).check(&foreign, &[(0, "wait"), (290, "wait"), (310, says)]);
    let bare = json!({ "origin": "https://other.example", "ready": true });
    Way::new(&consent).check(&bare, &[(0, "wait"), (1900, "wait"), (2100, says)]);

    let mut way = Way::new(&consent);
    way.memory.past.password = Some(Sent::default());
    let reopen = says.replace("stop:", "reopen, else:");
    way.check(&foreign, &[(0, "wait"), (310, &reopen)]);
    let page = page_of(&foreign);
    way.memory.given_up =
        Some(GivenUp { page, kind: Kind::Elsewhere, problem: Problem::NotHeard, picture: None });
    way.check(&foreign, &[(320, says)]);
    way.memory.in_frame = true;
    way.check(&foreign, &[(330, "LeaveFrame")]);
}

#[test]
fn credentials_are_refused_at_once_by_a_new_page_and_late_by_the_same() {
    let consent = consent();
    let refused = with(login(EMPTY), &json!({ "alerts": ["Wrong password"] }));
    let says = "stop: it refused the e-mail or the password and says \"Wrong password\"";
    let sent = |document: &str| {
        let mut way = Way::new(&consent);
        let sent = with(login(EMPTY), &json!({ "document": document }));
        way.memory.past.password = Some(Sent::from(&page_of(&sent), Some(1)));
        way
    };
    sent("0").check(&refused, &[(0, says)]);
    sent("1").check(&refused, &[(0, "wait"), (290, "wait"), (310, says)]);
    let locked = with(login(EMPTY), &json!({ "alerts": ["Your account is locked"] }));
    assert!(
        told(&sent("0").look(0, &locked)).starts_with("stop: it says that the account is locked")
    );
}

#[test]
fn an_error_page_stays_for_a_moment_before_it_is_one() {
    let consent = consent();
    let status = json!({ "status": 500, "heading": "Server error" });
    let says = "stop: it is an error page: \"Server error: \"";
    let mut way = Way::new(&consent);
    assert_eq!(told(&way.look(290, &status)), "wait");
    assert!(told(&way.look(600, &status)).starts_with(&says[..40]));
    let alert = json!({ "alerts": ["Invalid client"] });
    let says = "stop: it is an error page: \"Invalid client\"";
    Way::new(&consent).check(&alert, &[(0, "wait"), (1400, "wait"), (1600, says)]);
}

#[test]
fn a_code_is_followed_by_the_next_one_once() {
    let consent = consent();
    let page = json!({
        "still": true,
        "fields": [{ "element": { "e": "otp" }, "kind": "text", "autocomplete": "one-time-code", "form": 0 }],
        "buttons": [{ "element": { "e": "go" }, "kind": "submit", "label": "Verify", "form": 0 }],
    });
    let mut way = Way::new(&consent);
    way.check(&page, &[(0, "filled one-time code")]);
    way.memory.code = CREDENTIALS.code(SystemTime::UNIX_EPOCH);
    way.memory.typed.insert(Handle("otp".into()), 1);
    let mut filled = page.clone();
    filled["fields"][0]["length"] = json!(6);
    way.check(&filled, &[(10, "press Verify as Code")]);
    way.press(10, &filled, Action::Code, "Verify");
    way.memory.sent(&page_of(&filled), Action::Code);
    let refused = with(page, &json!({ "alerts": ["Wrong code"] }));
    way.check(&refused, &[(100, "wait"), (29_000, "wait"), (31_000, "NextCode")]);
    way.memory.refuse_code(&page_of(&refused));
    way.check(&refused, &[(31_010, "filled one-time code")]);
    way.memory.sent(&page_of(&filled), Action::Code);
    let says = "stop: it refused the one-time code and says \"Wrong code\"";
    way.check(&refused, &[(32_000, says)]);
}

#[test]
fn each_digit_has_its_field() {
    let consent = consent();
    let digit =
        |at: usize| json!({ "element": { "e": format!("d{at}") }, "kind": "text", "limit": 1 });
    let page = json!({ "still": true, "fields": (0..6).map(digit).collect::<Vec<_>>() });
    let Move::Fill(texts, _) = Way::new(&consent).look(0, &page) else { panic!() };
    let code: String = texts.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(Some(code), CREDENTIALS.code(SystemTime::UNIX_EPOCH));
}

#[test]
fn an_offer_is_declined_once_the_page_is_quiet_and_never_beside_a_consent() {
    let consent = consent();
    let offer = json!({
        "still": true,
        "heading": "Create a passkey?",
        "buttons": [{ "element": { "e": "s" }, "label": "Not now", "kind": "button" }],
    });
    Way::new(&consent).check(&offer, &[(0, "wait"), (810, "press Not now as Skip")]);
    let beside = with(offer, &json!({ "text": "The application wants to access your account" }));
    Way::new(&consent).check(&beside, &[(0, "wait"), (810, "wait")]);
}

#[test]
fn a_page_that_passes_on_is_given_three_seconds() {
    let consent = consent();
    let passing = json!({
        "still": true,
        "passing": true,
        "buttons": [{ "element": { "e": "c" }, "label": "Continue", "kind": "submit" }],
    });
    let moments = [(0, "wait"), (2900, "wait"), (3100, "press Continue as Passing")];
    Way::new(&consent).check(&passing, &moments);
}

#[test]
fn a_frame_is_entered_once() {
    let consent = consent();
    let framed = json!({
        "frames": [{ "element": { "e": "f" }, "origin": "https://auth.example" }],
    });
    let mut way = Way::new(&consent);
    way.check(&framed, &[(0, "EnterFrame(Handle(\"f\"))")]);
    way.memory.entered.insert(Handle("f".into()));
    way.check(&framed, &[(10, "wait"), (5100, "reopen, else: there is no way forward")]);
    way.memory.in_frame = true;
    way.check(&framed, &[(5200, "LeaveFrame")]);
}

#[test]
fn what_comes_back_for_ever_is_a_loop() {
    let consent = consent();
    let says = "stop: it came back after every step; it says \"Authorize the application\"";
    let mut way = Way::new(&consent);
    let page = asking(&json!({}));
    way.look(0, &page);
    for document in ["a", "b"] {
        let earlier = with(page.clone(), &json!({ "document": document }));
        way.press(0, &earlier, Action::Approve, "Allow");
    }
    way.witness(&page_of(&page).buttons[0], "button");
    way.check(&page, &[(10, says)]);

    let mut way = Way::new(&consent);
    for at in 0..40 {
        assert_eq!(told(&way.look(at, &json!({ "document": format!("d{at}") }))), "wait");
    }
    way.check(&page, &[(50, says)]);
}

#[test]
fn nothing_is_opened_again_after_the_approval() {
    let consent = consent();
    let mut way = Way::new(&consent);
    way.press(0, &json!({ "document": "0" }), Action::Approve, "Allow");
    way.memory.past.identifier = Some(Sent::default());
    let nothing = json!({ "text": "Dashboard" });
    let moments = [(0, "wait"), (4900, "wait")];
    way.check(&nothing, &moments);
    assert!(told(&way.look(5100, &nothing)).starts_with("stop: the consent was given, but"));
}
