//! What a page says, in its own words.

use crate::page::phrases::normalize;
use crate::page::snapshot::Snapshot;
use crate::page::words;

/// All that a page said at one moment, to know later what is new.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) document: String,
    words: Vec<String>,
}

impl Said {
    pub(crate) fn by(page: &Snapshot) -> Self {
        let words = [&page.alerts, &page.notes, &page.live, &page.lines];
        let words = words.into_iter().flatten().cloned().collect();
        Self { document: page.document.clone(), words }
    }

    fn is_new(&self, it: &str) -> bool {
        !self.words.iter().any(|known| known == it)
    }
}

/// A warning that was not there before.
pub(crate) fn complaint(page: &Snapshot, before: &Said) -> Option<String> {
    page.alerts.iter().chain(&page.notes).find(|it| before.is_new(it)).cloned()
}

/// Whatever was not there before: a warning, a message, or else a line of a page that is otherwise as it was.
pub(crate) fn news(page: &Snapshot, before: &Said) -> Option<String> {
    let message = page.live.iter().find(|it| before.is_new(it)).cloned();
    let spoken = complaint(page, before).or(message);
    spoken.or_else(|| {
        let new: Vec<&String> = page.lines.iter().filter(|it| before.is_new(it)).collect();
        let is_otherwise_the_same = new.len() * 2 <= page.lines.len();
        new.first().filter(|_| is_otherwise_the_same).map(|it| (*it).clone())
    })
}

/// What a page is about on which nothing can be done: what is new on it, else its warning, its heading and its lines.
pub(crate) fn gist(page: &Snapshot, before: Option<&Said>) -> Option<String> {
    if let Some(it) = before.and_then(|it| news(page, it)) {
        return Some(it);
    }
    let labels = page.buttons.iter().map(|it| &it.label);
    let labels: Vec<&String> = labels.chain(page.fields.iter().map(|it| &it.label)).collect();
    let mut words: Vec<&str> = Vec::new();
    let warnings = page.alerts.iter().chain(&page.notes).chain(&page.live);
    let lines = page.lines.iter().filter(|it| !labels.contains(it));
    for it in warnings.chain([&page.heading]).chain(lines) {
        if !it.is_empty() && !words.iter().any(|known| known.contains(it.as_str())) {
            words.push(it);
        }
    }
    (!words.is_empty()).then(|| words.join(" · "))
}

/// What a page says on which somebody decided before.
pub(crate) fn already(page: &Snapshot) -> Option<String> {
    let mut said = page.alerts.iter().chain([&page.heading, &page.title, &page.text]);
    said.find(|it| words::ALREADY.occur_in(&normalize(it))).cloned()
}

/// What a page says on which no policy lets this account go on.
pub(crate) fn policy(page: &Snapshot) -> Option<String> {
    let head = [page.heading.as_str(), page.title.as_str()].into_iter();
    let mut said = page.alerts.iter().chain(&page.notes).map(String::as_str).chain(head);
    said.find(|it| words::POLICY.occur_in(&normalize(it))).map(str::to_owned)
}

/// What an error page says; only asked where there is no other way forward, and nothing to fill in.
pub(crate) fn error(page: &Snapshot) -> Option<String> {
    if page.status >= 400 {
        let heading = if page.heading.is_empty() { &page.title } else { &page.heading };
        let said = if page.text.contains(heading.as_str()) {
            page.text.clone()
        } else {
            format!("{heading}: {}", page.text)
        };
        return Some(if said.trim().is_empty() {
            format!("HTTP status {}", page.status)
        } else {
            said
        });
    }
    page.alerts.first().filter(|_| page.fields.is_empty()).cloned()
}
