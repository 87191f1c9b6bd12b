//! What a page says, in its own words.

use crate::page::phrases::normalize;
use crate::page::snapshot::Snapshot;
use crate::page::words;

/// What a page said at one moment, to know later what is new.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) document: String,
    messages: Vec<String>,
    text: String,
}

impl Said {
    pub(crate) fn by(page: &Snapshot) -> Self {
        let messages = messages(page).cloned().collect();
        Self { document: page.document.clone(), messages, text: page.text.clone() }
    }
}

/// All that is announced or styled as an error, warnings first.
fn messages(page: &Snapshot) -> impl Iterator<Item = &String> {
    page.alerts.iter().chain(&page.notes).chain(&page.live)
}

/// A warning that was not there before.
pub(crate) fn complaint(page: &Snapshot, before: &Said) -> Option<String> {
    page.alerts.iter().chain(&page.notes).find(|it| !before.messages.contains(it)).cloned()
}

/// Whatever was not there before: a warning, a message, or else words in a text that is otherwise as it was.
pub(crate) fn news(page: &Snapshot, before: &Said) -> Option<String> {
    let spoken = messages(page).find(|it| !before.messages.contains(it)).cloned();
    spoken.or_else(|| added(&before.text, &page.text))
}

/// The words that were put into a text at one place, if most of it is as it was.
fn added(before: &str, now: &str) -> Option<String> {
    let old: Vec<&str> = before.split_whitespace().collect();
    let new: Vec<&str> = now.split_whitespace().collect();
    let pairs = old.iter().zip(&new);
    let start = pairs.take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[start..], &new[start..]);
    let pairs = old.iter().rev().zip(new.iter().rev());
    let end = pairs.take_while(|(one, other)| one == other).count();
    let (gone, come) = (old.len() - end, new.len() - end);
    (come > 0 && start + end > 0 && gone * 4 <= start + end).then(|| new[..come].join(" "))
}

/// What a page is about on which nothing can be done: what is new on it, else its warning, its heading and its text.
pub(crate) fn gist(page: &Snapshot, before: Option<&Said>) -> Option<String> {
    if let Some(it) = before.and_then(|it| news(page, it)) {
        return Some(it);
    }
    let mut words: Vec<&str> = Vec::new();
    let rest = page.text.trim_start_matches(page.heading.as_str()).trim();
    for it in messages(page).map(String::as_str).chain([page.heading.as_str(), rest]) {
        if !it.is_empty() && !words.iter().any(|known| known.contains(it)) {
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

#[cfg(test)]
mod tests {
    use super::added;

    #[test]
    fn words_that_come_into_a_text_are_told_from_another_text() {
        let form = "Sign in to Novamart E-mail Password Sign in";
        let refused = "Sign in to Novamart E-mail Password That is not known here. Sign in";
        assert_eq!(added(form, refused).as_deref(), Some("That is not known here."));
        let changed = "Sign in to Novamart Wrong e-mail Password Sign in";
        assert_eq!(added(form, changed).as_deref(), Some("Wrong e-mail"));
        assert_eq!(added(form, form), None);
        assert_eq!(added(form, "Choose a new password Again Submit"), None);
        assert_eq!(added("", "Choose a new password"), None);
    }
}
