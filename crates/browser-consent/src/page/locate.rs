//! Which element is the right one, as scores and vetoes over one snapshot.

use crate::page::banner::is_in_banner;
use crate::page::phrases::{Phrases, attribute_words, normalize};
use crate::page::snapshot::{Button, Field, Snapshot};
use crate::page::words;

/// What is known about the run and never stands on a button as its meaning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names<'a> {
    pub(crate) email: Option<&'a str>,
    pub(crate) scopes: &'a [String],
    /// The workspaces and regions to take.
    pub(crate) choices: &'a [String],
}

/// The outcome of the search for one button.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    Nothing,
    /// Several are equally good, so none is pressed.
    Tie,
    Best {
        index: usize,
        strong: bool,
    },
}

impl Found {
    pub(crate) fn best(self) -> Option<usize> {
        if let Self::Best { index, .. } = self { Some(index) } else { None }
    }

    /// Whether there is a button that says in so many words that it approves.
    pub(crate) fn is_strong(self) -> bool {
        matches!(self, Self::Tie | Self::Best { strong: true, .. })
    }
}

/// How good a button is, or why it is out of the question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Score {
    pub(crate) points: i32,
    pub(crate) strong: bool,
}

/// Below this a button is a control of the form and not its end.
const LOGIN_POINTS: i32 = 6;

/// The button that sends the form of `field`.
pub(crate) fn login(page: &Snapshot, field: &Field) -> Found {
    strictly_best(
        page.buttons
            .iter()
            .map(|it| login_score(page, it, field).ok().filter(|it| it.points >= LOGIN_POINTS)),
    )
}

/// The button that approves.
pub(crate) fn approve(page: &Snapshot, names: &Names<'_>) -> Found {
    let scores: Vec<_> =
        page.buttons.iter().map(|it| approve_score(page, it, names).ok()).collect();
    let found = strictly_best(scores.iter().copied());
    let goes_on = scores.iter().flatten().any(|it| !it.strong);
    match found {
        Found::Best { index, strong: true } if goes_on && is_doubtful(page, index, names) => {
            Found::Tie
        }
        _ => found,
    }
}

/// Whether a label that has more than a word of approval may turn it around, in words that are not known: where none of
/// the others denies, one of them has to.
fn is_doubtful(page: &Snapshot, at: usize, names: &Names<'_>) -> bool {
    let it = &page.buttons[at];
    !words::STRONG.are(&meaning(page, &it.label, names))
        && !has_approving_attribute(it)
        && !page.buttons.iter().any(denies)
}

pub(crate) fn strictly_best(scores: impl Iterator<Item = Option<Score>>) -> Found {
    let mut found = Found::Nothing;
    let mut most = i32::MIN;
    for (index, score) in scores.enumerate() {
        let Some(score) = score else { continue };
        if score.points > most {
            most = score.points;
            found = Found::Best { index, strong: score.strong };
        } else if score.points == most {
            found = Found::Tie;
        }
    }
    found
}

pub(crate) fn login_score(
    page: &Snapshot,
    it: &Button,
    field: &Field,
) -> Result<Score, &'static str> {
    let label = meaning(page, &it.label, &Names::default());
    veto(it, &label)?;
    if it.link {
        return Err("a link");
    }
    if let Some(word) = words::OTHER_SIGN_IN.find(&label) {
        return Err(word);
    }
    if it.data.iter().any(|it| it.starts_with("method ") || it.starts_with("provider ")) {
        return Err("another way to sign in");
    }
    let mut points = match (it.form, field.form) {
        (Some(mine), Some(its)) if mine == its => 5,
        (None, None) => 2,
        _ => 0,
    };
    // Without a form every button is a submitting one unless it says otherwise.
    let submits = it.form.is_some() && matches!(it.kind.as_str(), "submit" | "image");
    points += if submits { 3 } else { 0 };
    points += if words::LOGIN.occur_in(&label) { 4 } else { 0 };
    points += primary(it);
    Ok(Score { points, strong: true })
}

pub(crate) fn approve_score(
    page: &Snapshot,
    it: &Button,
    names: &Names<'_>,
) -> Result<Score, &'static str> {
    let label = meaning(page, &it.label, names);
    veto(it, &label)?;
    if it.link {
        return Err("a link");
    }
    if is_in_banner(page, it) {
        return Err("part of a cookie banner");
    }
    let strong = words::STRONG.occur_in(&label);
    let mut points = match (strong, words::WEAK.find(&label)) {
        (true, _) => {
            10 + if words::STRONG.lead(&label) || label.split(' ').count() <= 5 { 2 } else { 0 }
        }
        (false, Some(_)) => 4,
        // In a language that is not known, its author's names say it.
        (false, None) if approves_by_structure(page, it) => 4,
        (false, None) => 0,
    };
    // What its author calls it only counts beside words of its own, which a close button has not.
    if points == 0 && !label.trim().is_empty() {
        return Err("says nothing that approves");
    }
    points += if has_approving_attribute(it) { 3 } else { 0 };
    points += if it.button && words::APPROVE_VALUES.are(&normalize(&it.value)) { 3 } else { 0 };
    if points == 0 {
        return Err("says nothing that approves");
    }
    points += primary(it);
    points -= if it.kind == "button" && it.form.is_some() { 2 } else { 0 };
    Ok(Score { points, strong })
}

/// Whether an accessible name that the browser computed may be pressed as approval.
pub(crate) fn may_approve(
    page: &Snapshot,
    label: &str,
    names: &Names<'_>,
) -> Result<(), &'static str> {
    veto_label(&meaning(page, label, names))
}

/// Whether the page speaks of consent anywhere.
pub(crate) fn speaks_of_consent(page: &Snapshot) -> bool {
    let text = normalize(&format!("{} {} {}", page.title, page.heading, page.text));
    words::CONSENT.occur_in(&text)
}

/// Whether the page looks as if somebody is asked for consent: its words, or a button that denies.
pub(crate) fn asks_for_consent(page: &Snapshot) -> bool {
    speaks_of_consent(page) || page.buttons.iter().any(denies)
}

/// Whether a button refuses something, and not only for now.
fn denies(it: &Button) -> bool {
    let label = normalize(&it.label);
    words::DENY.occur_in(&label) && !words::SKIP.are(&label)
}

/// Whether the page's title or heading speaks of consent.
pub(crate) fn is_headed_by_consent(page: &Snapshot) -> bool {
    words::CONSENT.occur_in(&normalize(&format!("{} {}", page.title, page.heading)))
}

/// Whether a page with buttons is the one that asks for consent, even if none of them gives it.
pub(crate) fn is_about_consent(page: &Snapshot) -> bool {
    let denies = page.buttons.iter().any(denies);
    !page.buttons.is_empty() && (is_headed_by_consent(page) || denies && speaks_of_consent(page))
}

/// Whether a button takes away what it stands on, without agreeing to it or refusing it.
pub(crate) fn closes(label: &str) -> bool {
    if matches!(label.trim(), "×" | "✕" | "✖" | "╳") {
        return true;
    }
    let label = normalize(label);
    words::SKIP.are(&label)
        || Phrases("x, dismiss").are(&label)
        || words::CLOSE.lead(&label) && !words::DENY.occur_in(&label)
}

/// A label without the names that somebody chose: the client's and the account's.
fn meaning(page: &Snapshot, label: &str, names: &Names<'_>) -> String {
    let mut label = normalize(label);
    for name in [page.client.as_str(), names.email.unwrap_or_default()] {
        let name = normalize(name);
        // A client that is called "Don't" must not turn "Don't allow" into consent.
        if name.len() > 1 && !words::DENY.are(&name) {
            label = label.replace(&name, " ");
        }
    }
    label
}

pub(crate) fn veto(it: &Button, label: &str) -> Result<(), &'static str> {
    veto_label(label)?;
    if let Some(word) = attributes(it).iter().find_map(|it| words::DENY_ATTRIBUTES.find(it)) {
        return Err(word);
    }
    if it.button && words::DENY_VALUES.are(&normalize(&it.value)) {
        return Err("its value denies");
    }
    if it.method.eq_ignore_ascii_case("delete") {
        return Err("its form deletes");
    }
    if it.expands {
        return Err("it opens a menu");
    }
    Ok(())
}

pub(crate) fn veto_label(label: &str) -> Result<(), &'static str> {
    let vetoes = [words::DENY, words::ASIDE, words::CLOSE];
    if let Some(word) = vetoes.iter().find_map(|it| it.find(label)) {
        return Err(word);
    }
    if Phrases("request").lead(label) {
        return Err("request");
    }
    let is_with = words::WITH.occur_in(label);
    if let Some(provider) = words::PROVIDERS.find(label)
        && (is_with || words::PROVIDERS.are(label) || is_sign_in_of_provider(label))
    {
        return Err(provider);
    }
    if is_with && let Some(word) = words::OTHER_SIGN_IN.find(label) {
        return Err(word);
    }
    let signs_in = words::LOGIN.occur_in(label) && !words::STRONG.occur_in(label);
    if is_with && signs_in && !words::OURS.occur_in(label) {
        return Err("signs in with something else");
    }
    Ok(())
}

/// "GitHub login", as against "Sign in to GitHub".
fn is_sign_in_of_provider(label: &str) -> bool {
    words::PROVIDERS.lead(label) && words::LOGIN.occur_in(label)
}

/// What the page's author called the button; its classes are left out, as they speak of looks.
fn attributes(it: &Button) -> Vec<String> {
    let action = it.action.rsplit('/').next().unwrap_or_default();
    [it.attribute.as_str(), it.id.as_str(), action]
        .into_iter()
        .chain(it.data.iter().map(String::as_str))
        .map(attribute_words)
        .collect()
}

fn has_approving_attribute(it: &Button) -> bool {
    attributes(it).iter().any(|it| words::APPROVE_ATTRIBUTES.occur_in(it))
}

/// Whether the page names the client, as one that asks for consent does.
pub(crate) fn names_client(page: &Snapshot) -> bool {
    let client = normalize(&page.client);
    client.trim().chars().count() > 1
        && normalize(&format!("{} {} {}", page.title, page.heading, page.text)).contains(&client)
}

/// Whether this approves by its form alone, on a page that names the client: there is nothing in the form but two buttons,
/// its author calls this one an approval and the other a refusal, and its label is in none of the known languages.
pub(crate) fn approves_by_structure(page: &Snapshot, it: &Button) -> bool {
    let label = normalize(&it.label);
    let of_form = |other: &Option<usize>| it.form.is_some() && *other == it.form;
    let mut buttons = page.buttons.iter().filter(|it| of_form(&it.form));
    let (first, second, more) = (buttons.next(), buttons.next(), buttons.next());
    let (Some(first), Some(second), None) = (first, second, more) else { return false };
    let other = if std::ptr::eq(first, it) { second } else { first };
    let is_bare = !page.fields.iter().any(|it| of_form(&it.form))
        && !page.choices.iter().any(|it| of_form(&it.form));
    let known = [words::WEAK, words::LOGIN, words::SKIP, words::CLOSE];
    let called = |it: &Button, phrases: Phrases| attributes(it).iter().any(|it| phrases.are(it));
    is_bare
        && [it, other].iter().all(|it| it.kind == "submit")
        && !label.trim().is_empty()
        && !known.iter().any(|it| it.occur_in(&label))
        && called(it, words::APPROVE_ATTRIBUTES)
        && attributes(other).iter().any(|it| words::DENY_ATTRIBUTES.occur_in(it))
        && names_client(page)
}

/// The step that presses a button which could be an approval, where an attribute of its own names it.
pub(crate) fn step(it: &Button) -> Option<String> {
    if it.link || it.disabled || veto(it, &normalize(&it.label)).is_err() {
        return None;
    }
    let plain = |it: &str| {
        it.starts_with(|it: char| it.is_ascii_alphabetic())
            && it.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_'))
    };
    match (it.id.as_str(), it.attribute.as_str(), it.value.as_str()) {
        (id, ..) if plain(id) => Some(format!("click #{id}")),
        (_, name, value) if plain(name) && plain(value) => {
            Some(format!("click [name={name}][value={value}]"))
        }
        (_, name, _) if plain(name) => Some(format!("click [name={name}]")),
        _ => None,
    }
}

fn primary(it: &Button) -> i32 {
    i32::from(Phrases("primary, success").occur_in(&attribute_words(&it.class)))
}
