//! A way through pages whose clock is set by a test; no browser, no waiting.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use url::Url;

use crate::flow::look::{Move, Now};
use crate::flow::memory::{Action, Memory, Target, Witness};
use crate::flow::next::next;
use crate::flow::play::eligible;
use crate::flow::request::{Consent, Request};
use crate::input::credentials::Credentials;
use crate::page::kind::{self, Past};
use crate::page::screens::{page as page_of, past};
use crate::page::snapshot::{Button, Handle, Snapshot};

pub(crate) static URL: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://auth.example/authorize?state=1").unwrap());
pub(crate) static CREDENTIALS: LazyLock<Credentials> = LazyLock::new(|| {
    let it = Credentials::new("loadtest@novamart.example".into(), "correct horse".into());
    it.with_totp("JBSWY3DPEHPK3PXP").unwrap()
});

pub(crate) fn consent() -> Consent<'static> {
    Consent { credentials: Some(&CREDENTIALS), ..Consent::new(&URL) }
}

/// A way through pages whose clock is set by the test.
pub(crate) struct Way<'a> {
    pub(crate) memory: Memory<'a>,
    pub(crate) request: Request<'a>,
    start: Instant,
}

impl<'a> Way<'a> {
    pub(crate) fn new(consent: &'a Consent<'a>) -> Self {
        let start = Instant::now();
        let past = Past { has_codes: true, ..past() };
        Self { memory: Memory::new(past, start), request: Request::new(consent), start }
    }

    pub(crate) fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    pub(crate) fn now(&self, ms: u64) -> Now {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
        Now { instant: self.at(ms), time }
    }

    /// Looks at a page so many milliseconds after the start, and says what is done.
    pub(crate) fn look(&mut self, ms: u64, parts: &Value) -> Move {
        self.look_for(ms, parts, &[])
    }

    /// The same where the commands of a script find these targets.
    pub(crate) fn look_for(&mut self, ms: u64, parts: &Value, targets: &[Target]) -> Move {
        let (page, now) = (page_of(parts), self.at(ms));
        self.memory.observe(&page, now);
        if let Some(script) = self.request.consent.script {
            for ((at, _), target) in eligible(script, &self.memory, &page).iter().zip(targets) {
                self.memory.found(*at, target.clone(), now);
            }
        }
        self.decide(ms, &page)
    }

    pub(crate) fn decide(&self, ms: u64, page: &Snapshot) -> Move {
        let kind = kind::classify(page, &self.memory.past);
        next(page, &kind, &self.memory, &self.request, self.now(ms))
    }

    /// The browser says that a button is what the page says, under another role if it is none.
    pub(crate) fn witness(&mut self, it: &Button, role: &str) {
        let (role, label) = (role.to_owned(), it.label.clone());
        self.memory.witness(it, Witness { role, label });
    }

    pub(crate) fn press(&mut self, ms: u64, parts: &Value, action: Action, label: &str) {
        let now = self.at(ms);
        let page = page_of(parts);
        let button = page.buttons.iter().find(|it| it.label == label);
        let element = button.map_or_else(Handle::default, |it| it.element.clone());
        self.memory.press(&page, action, (element, label.to_owned()), now);
    }

    /// Looks at the same page at each of the moments, and compares what is done with what is told.
    #[track_caller]
    pub(crate) fn check(&mut self, parts: &Value, moments: &[(u64, &str)]) {
        for (ms, expected) in moments {
            let it = self.look(*ms, parts);
            assert_eq!(told(&it), *expected, "at {ms} ms");
        }
    }
}

/// A move in a few words.
pub(crate) fn told(it: &Move) -> String {
    match it {
        Move::Wait => "wait".into(),
        Move::WaitFor(time) => format!("wait {} ms", time.as_millis()),
        Move::Fill(texts, _) => {
            texts.iter().map(|it| it.what.as_str()).collect::<Vec<_>>().join(", ")
        }
        Move::Mark { done, label, .. } => format!("{done} {label}"),
        Move::Press { label, action, .. } => format!("press {label} as {action:?}"),
        Move::Uncover { label, .. } => format!("close with {label}"),
        Move::Reopen(problem) => format!("reopen, else: {problem}"),
        Move::Stop(problem) => format!("stop: {problem}"),
        other => format!("{other:?}"),
    }
}

pub(crate) fn login(length: usize) -> Value {
    json!({
        "still": true,
        "fields": [
            { "element": { "e": "user" }, "kind": "email", "attribute": "username", "form": 0, "length": length },
            { "element": { "e": "pass" }, "kind": "password", "attribute": "password", "form": 0, "length": length },
        ],
        "buttons": [{ "element": { "e": "go" }, "kind": "submit", "label": "Sign in", "form": 0 }],
    })
}

pub(crate) fn asking(button: &Value) -> Value {
    let mut allow = json!({ "element": { "e": "ok" }, "kind": "submit", "label": "Allow", "form": 0, "button": true });
    allow.as_object_mut().unwrap().extend(button.as_object().unwrap().clone());
    json!({
        "still": true,
        "heading": "Authorize the application",
        "buttons": [allow, { "element": { "e": "no" }, "kind": "submit", "label": "Deny", "form": 0 }],
    })
}

/// As long as both texts of [`login`] are not, so that they are to be typed.
pub(crate) const EMPTY: usize = 0;
