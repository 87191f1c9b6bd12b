//! What is done on a page after what was remembered, as tables of moments and moves; no browser, no waiting.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use url::Url;

use crate::flow::memory::{Action, Cover, Memory, Target};
use crate::flow::next::{Look, Move, Now, next};
use crate::flow::play::eligible;
use crate::flow::request::{Consent, Request};
use crate::input::credentials::Credentials;
use crate::input::script::Script;
use crate::page::kind::{self, Kind, Past, Sent};
use crate::page::screens::{page as page_of, past};
use crate::page::snapshot::{Handle, Snapshot};

static URL: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://auth.example/authorize?state=1").unwrap());
static CREDENTIALS: LazyLock<Credentials> = LazyLock::new(|| {
    let it = Credentials::new("loadtest@novamart.example".into(), "correct horse".into());
    it.with_totp("JBSWY3DPEHPK3PXP").unwrap()
});

fn consent() -> Consent<'static> {
    Consent { credentials: Some(&CREDENTIALS), ..Consent::new(&URL) }
}

/// A way through pages whose clock is set by the test.
struct Way<'a> {
    memory: Memory<'a>,
    request: Request<'a>,
    start: Instant,
}

impl<'a> Way<'a> {
    fn new(consent: &'a Consent<'a>) -> Self {
        let start = Instant::now();
        let past = Past { has_codes: true, ..past() };
        Self { memory: Memory::new(past, start), request: Request::new(consent), start }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// Looks at a page so many milliseconds after the start, and says what is done.
    fn look(&mut self, ms: u64, parts: &Value) -> Move {
        self.look_for(ms, parts, &[])
    }

    /// The same where the commands of a script find these targets.
    fn look_for(&mut self, ms: u64, parts: &Value, targets: &[Target]) -> Move {
        let (page, now) = (page_of(parts), self.at(ms));
        self.memory.observe(&page, now);
        if let Some(script) = self.request.consent.script {
            for ((at, _), target) in eligible(script, &self.memory, &page).iter().zip(targets) {
                self.memory.found(*at, target.clone(), now);
            }
        }
        self.decide(ms, &page)
    }

    fn decide(&self, ms: u64, page: &Snapshot) -> Move {
        let kind = kind::classify(page, &self.memory.past);
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
        next(page, &kind, &self.memory, &self.request, Now { instant: self.at(ms), time })
    }

    fn press(&mut self, ms: u64, parts: &Value, action: Action, label: &str) {
        let now = self.at(ms);
        self.memory.press(&page_of(parts), action, label.to_owned(), now);
    }

    /// Looks at the same page at each of the moments, and compares what is done with what is told.
    #[track_caller]
    fn check(&mut self, parts: &Value, moments: &[(u64, &str)]) {
        for (ms, expected) in moments {
            let it = self.look(*ms, parts);
            assert_eq!(told(&it), *expected, "at {ms} ms");
        }
    }
}

/// A move in a few words.
fn told(it: &Move) -> String {
    match it {
        Move::Wait => "wait".into(),
        Move::WaitFor(time) => format!("wait {} ms", time.as_millis()),
        Move::Fill(texts, _) => {
            texts.iter().map(|it| it.what.as_str()).collect::<Vec<_>>().join(", ")
        }
        Move::Mark { done, label, .. } => format!("{done} {label}"),
        Move::Press { label, action, .. } => format!("press {label} as {action:?}"),
        Move::Uncover { label, .. } => format!("close with {label}"),
        Move::Stop(problem) => format!("stop: {problem}"),
        other => format!("{other:?}"),
    }
}

fn login(length: usize) -> Value {
    json!({
        "still": true,
        "fields": [
            { "element": { "e": "user" }, "kind": "email", "attribute": "username", "form": 0, "length": length },
            { "element": { "e": "pass" }, "kind": "password", "form": 0, "length": length },
        ],
        "buttons": [{ "element": { "e": "go" }, "kind": "submit", "label": "Sign in", "form": 0 }],
    })
}

fn asking(button: &Value) -> Value {
    let mut allow = json!({ "element": { "e": "ok" }, "kind": "submit", "label": "Allow", "form": 0, "button": true });
    allow.as_object_mut().unwrap().extend(button.as_object().unwrap().clone());
    json!({
        "still": true,
        "heading": "Authorize the application",
        "buttons": [allow, { "element": { "e": "no" }, "kind": "submit", "label": "Deny", "form": 0 }],
    })
}

fn with(mut parts: Value, more: &Value) -> Value {
    parts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parts
}

/// As long as both texts of [`login`] are not, so that they are to be typed.
const EMPTY: usize = 0;

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
    let says = "stop: what is to be typed (filled password) has a control character in it; take it out of the secret";
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
    way.memory.witness(&button, true);
    way.check(&page, &[(10, "press Allow as Approve")]);
    way.memory.witness(&button, false);
    let says = "stop: there is no way forward; seen: \"Allow\" (denies, says the browser), \"Deny\" (deny)";
    way.check(&page, &[(4900, "wait"), (5100, says)]);
}

#[test]
fn a_weak_button_waits_until_the_page_is_quiet() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = asking(&json!({ "label": "Continue" }));
    way.look(0, &page);
    let button = page_of(&page).buttons[0].clone();
    way.memory.witness(&button, true);
    way.check(&page, &[(790, "wait"), (810, "press Continue as Approve")]);
}

#[test]
fn a_disabled_approval_is_scrolled_to_and_then_given_up() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = asking(&json!({ "disabled": true }));
    way.check(&page, &[(0, "wait"), (900, "wait"), (1100, "Scroll")]);
    way.memory.scrolled.insert("1".into());
    let says = "stop: there is no way forward; seen: \"Allow\" (disabled), \"Deny\" (deny)";
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
    way.check(&page, &[(10, "Witness(0)")]);
    let says = "stop: it asks for admin, which is not allowed, so it was not approved";
    way.check(&with(page, &json!({ "scopes": ["read", "admin"] })), &[(20, says)]);
}

#[test]
fn what_covers_a_button_is_closed_once() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let parts = asking(&json!({}));
    way.look(0, &parts);
    let page = page_of(&parts);
    way.memory.witness(&page.buttons[0], true);
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
    let says = "stop: https://other.example is not an allowed origin, nothing was typed or pressed";
    let foreign = with(login(EMPTY), &json!({ "origin": "https://other.example", "ready": true }));
    Way::new(&consent).check(&foreign, &[(0, "wait"), (290, "wait"), (310, says)]);
    let bare = json!({ "origin": "https://other.example", "ready": true });
    Way::new(&consent).check(&bare, &[(0, "wait"), (1900, "wait"), (2100, says)]);

    let mut way = Way::new(&consent);
    way.memory.past.password = Some(Sent::default());
    way.check(&foreign, &[(0, "wait"), (310, "Reopen")]);
    way.memory.reopened = true;
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
        let sent = Sent { document: document.into(), alerts: Vec::new() };
        way.memory.past.password = Some(sent);
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
    way.check(&framed, &[(10, "wait"), (5100, "Reopen")]);
    way.memory.in_frame = true;
    way.check(&framed, &[(5200, "LeaveFrame")]);
}

#[test]
fn what_comes_back_for_ever_is_a_loop() {
    let consent = consent();
    let says = "stop: it came back after every step; is the session's cookie accepted?";
    let mut way = Way::new(&consent);
    let page = asking(&json!({}));
    way.look(0, &page);
    for document in ["a", "b"] {
        let earlier = with(page.clone(), &json!({ "document": document }));
        way.press(0, &earlier, Action::Approve, "Allow");
    }
    way.memory.witness(&page_of(&page).buttons[0], true);
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

#[test]
fn a_dialog_is_accepted_right_after_the_approval_and_not_if_it_denies() {
    let consent = consent();
    let mut way = Way::new(&consent);
    let page = page_of(&asking(&json!({})));
    let accepts = |way: &Way<'_>, ms: u64, text: &str| {
        let now = Now { instant: way.at(ms), time: SystemTime::UNIX_EPOCH };
        let (memory, request) = (&way.memory, &way.request);
        Look { page: &page, kind: &Kind::Unknown, memory, request, now }.may_accept(text)
    };
    assert!(!accepts(&way, 0, "Really?"));
    way.press(0, &asking(&json!({})), Action::Approve, "Allow");
    assert!(accepts(&way, 100, "Really?"));
    assert!(!accepts(&way, 100, "Do you want to cancel?"));
    assert!(!accepts(&way, 5100, "Really?"));
}

fn script(steps: &[&str]) -> Script {
    let mut script = Script::default();
    for it in steps {
        script.step(it, |_| Some("novamart".into())).unwrap();
    }
    script
}

fn target(element: &str, length: usize) -> Target {
    let element = Handle(element.into());
    let document = "1".to_owned();
    Target { document, found: true, visible: true, element, length, ..Target::default() }
}

#[test]
fn a_step_comes_before_the_rules_for_half_a_second() {
    let script = script(&["click #other"]);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let (none, page) = ([Target::default()], login(EMPTY));
    assert_eq!(told(&way.look_for(0, &page, &none)), "wait");
    assert_eq!(told(&way.look_for(490, &page, &none)), "wait");
    assert_eq!(told(&way.look_for(510, &page, &none)), "filled email, filled password");
    let it = way.look_for(520, &page, &[target("other", 0)]);
    assert_eq!(told(&it), "press click #other as Scripted");
}

#[test]
fn a_step_that_presses_what_the_rules_would_is_theirs() {
    let script = script(&["click #ok"]);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let page = asking(&json!({}));
    let it = way.look_for(0, &page, &[target("ok", 0)]);
    assert_eq!(told(&it), "press click #ok as Approve");
    way.press(0, &page, Action::Approve, "Allow");
    assert_eq!(told(&way.look_for(10, &page, &[target("ok", 0)])), "Advance(0)");
}

#[test]
fn a_text_is_typed_until_the_field_holds_it() {
    let script = script(&["fill #tenant env:TENANT"]);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let page = login(EMPTY);
    let step = "fill #tenant env:TENANT";
    assert_eq!(told(&way.look_for(0, &page, &[target("t", 0)])), step);
    way.memory.typed.insert(Handle("t".into()), 1);
    assert_eq!(told(&way.look_for(10, &page, &[target("t", 3)])), step);
    assert_eq!(told(&way.look_for(20, &page, &[target("t", 8)])), "Advance(0)");
    way.memory.advance(0, way.at(20));
    assert_eq!(told(&way.look_for(30, &page, &[])), "filled email, filled password");
}

#[test]
fn a_selector_that_is_none_is_told() {
    let script = script(&["click ]["]);
    let consent = Consent { script: Some(&script), ..consent() };
    let wrong = Target { wrong: true, ..Target::default() };
    let it = Way::new(&consent).look_for(0, &login(EMPTY), &[wrong]);
    let says = "stop: the step `click ][` its selector is not valid; look at the page and change its selector";
    assert_eq!(told(&it), says);
}

/// A recipe of one task for the login page, with these commands.
fn recipe(commands: &str) -> Script {
    let json = format!(
        r#"[{{ "match": "*", "tasks": [{{ "task": "T", "match": "https://auth.example/page*", "commands": {commands} }}] }}]"#
    );
    Script::recipe(&json, &URL, |_| None).unwrap()
}

#[test]
fn a_page_of_the_recipes_own_is_not_for_the_rules() {
    let script = recipe(r##"[["click", "id", "ok", "optional"], ["click", "id", "go"]]"##);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let (page, none) = (login(EMPTY), Target::default());
    for ms in [0, 600, 4900] {
        assert_eq!(told(&way.look_for(ms, &page, &[none.clone(), none.clone()])), "wait");
    }
    let it = way.look_for(5100, &page, &[none.clone(), none.clone()]);
    let says = "stop: the step `click id ok` found nothing to act on; look at the page and change its selector";
    assert_eq!(told(&it), says);
    // An optional command is passed over where the next one can be done.
    let it = way.look_for(5200, &page, &[none, target("go", 0)]);
    assert_eq!(told(&it), "press click id go as Password");
}

#[test]
fn a_wait_has_its_own_time_and_is_not_met_by_what_was_not_seen() {
    let script = recipe(r#"[["wait", "id", "x", 3]]"#);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let page = login(EMPTY);
    assert_eq!(told(&way.look_for(2900, &page, &[Target::default()])), "wait");
    let says =
        "stop: the step `wait id x` waited in vain; look at the page and change its selector";
    assert_eq!(told(&way.look_for(3000, &page, &[Target::default()])), says);
    assert_eq!(told(&way.look_for(3100, &page, &[target("x", 0)])), "Advance(0)");

    let script = recipe(r#"[["wait-element-invisible", "id", "x", 3]]"#);
    let consent = Consent { script: Some(&script), ..consent };
    let mut way = Way::new(&consent);
    assert_eq!(told(&way.look_for(0, &page, &[Target::default()])), "wait");
    let gone = Target { document: "1".into(), ..Target::default() };
    assert_eq!(told(&way.look_for(0, &page, &[gone])), "Advance(0)");
}

#[test]
fn a_password_is_not_written_in_a_recipe() {
    let script = recipe(r#"[["text", "id", "pass", "hunter22"]]"#);
    let consent = Consent { script: Some(&script), ..consent() };
    let secret = Target { secret: true, ..target("pass", 0) };
    let it = told(&Way::new(&consent).look_for(0, &login(EMPTY), &[secret]));
    assert!(it.contains("holds a password") && !it.contains("hunter22"), "{it}");
}
