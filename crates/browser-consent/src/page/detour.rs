//! What stands between the sign-in and the consent: lists to choose from, offers, pages that pass on.

use crate::page::banner::is_in_banner;
use crate::page::locate::{self, Found, Names, Score};
use crate::page::phrases::normalize;
use crate::page::snapshot::{Button, Snapshot};
use crate::page::words;

/// What is taken from a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pick {
    /// A radio button or an option, after which another button goes on.
    Choice(usize),
    /// A button that stands for the thing itself.
    Button(usize),
    /// What the page has chosen already is as good as any.
    Chosen,
    /// There are several and none was named.
    Unknown,
}

/// The button that stands for our account: its name or value is the account's, or the page is a list of accounts.
///
/// On a page that asks for consent, or as a link, it only tells who has signed in.
pub(crate) fn account(page: &Snapshot, names: &Names<'_>, consent: Found) -> Option<usize> {
    let email = names.email?.trim();
    let is_list = is_list_of(page, words::ACCOUNT);
    if consent.is_strong() && !is_list {
        return None;
    }
    let exact = page.buttons.iter().position(|it| {
        let texts = [&it.label, &it.value];
        !it.expands
            && (is_list || !it.link)
            && texts.into_iter().any(|text| text.trim().eq_ignore_ascii_case(email))
    });
    if exact.is_some() || !is_list {
        return exact;
    }
    let named = |it: &Button| {
        let label = normalize(&it.label);
        label.contains(&normalize(email))
            && !words::DENY.occur_in(&label)
            && !words::ASIDE.occur_in(&label)
    };
    page.buttons.iter().position(|it| !it.expands && named(it)).or_else(|| {
        page.buttons.iter().position(|it| words::ANOTHER_ACCOUNT.are(&normalize(&it.label)))
    })
}

/// The workspace or region to take, on a page that lists them.
pub(crate) fn chooser(page: &Snapshot, names: &Names<'_>) -> Option<Pick> {
    is_list_of(page, words::PLACE).then(|| pick(page, names))
}

/// What to take from the lists of a page.
fn pick(page: &Snapshot, names: &Names<'_>) -> Pick {
    if !page.choices.is_empty() {
        let labels = page.choices.iter().map(|it| it.label.as_str());
        return match wanted(labels, names) {
            Some(at) if page.choices[at].chosen => Pick::Chosen,
            Some(at) => Pick::Choice(at),
            None if names.choices.is_empty() && page.choices.iter().any(|it| it.chosen) => {
                Pick::Chosen
            }
            None if names.choices.is_empty() && page.choices.len() == 1 => Pick::Choice(0),
            None => Pick::Unknown,
        };
    }
    let tiles = tiles(page);
    let labels = tiles.iter().map(|at| page.buttons[*at].label.as_str());
    if let Some(at) = wanted(labels, names) {
        return Pick::Button(tiles[at]);
    }
    let places: Vec<_> = tiles.into_iter().filter(|at| is_place(&page.buttons[*at])).collect();
    match places.as_slice() {
        [only] if names.choices.is_empty() => Pick::Button(*only),
        _ => Pick::Unknown,
    }
}

/// A radio button or option that was named and is not chosen yet, on a page of whichever kind.
pub(crate) fn named_choice(page: &Snapshot, names: &Names<'_>) -> Option<usize> {
    let at = wanted(page.choices.iter().map(|it| it.label.as_str()), names)?;
    (!page.choices[at].chosen && !page.choices[at].disabled).then_some(at)
}

/// The labels that one can choose between.
pub(crate) fn labels(page: &Snapshot) -> Vec<String> {
    if page.choices.is_empty() {
        tiles(page).into_iter().map(|at| page.buttons[at].label.clone()).collect()
    } else {
        page.choices.iter().map(|it| it.label.clone()).collect()
    }
}

/// The buttons that stand for something to choose: all that neither refuse nor go on nor lead aside.
fn tiles(page: &Snapshot) -> Vec<usize> {
    let is_tile = |it: &Button| {
        let label = normalize(&it.label);
        locate::veto(it, &label).is_ok()
            && !is_in_banner(page, it)
            && !label.trim().is_empty()
            && !words::LOGIN.are(&label)
            && !words::WEAK.are(&label)
    };
    page.buttons.iter().enumerate().filter(|(_, it)| is_tile(it)).map(|(at, _)| at).collect()
}

/// Whether a tile is called after a place and not after something to do.
fn is_place(it: &Button) -> bool {
    let label = normalize(&it.label);
    let to_do = [words::MAKE, words::STRONG, words::LOGIN, words::WEAK];
    !to_do.iter().any(|words| words.occur_in(&label)) && !words::LANGUAGE.are(&label)
}

/// The label that was asked for: exactly, or as the only one that holds it.
fn wanted<'a>(labels: impl Iterator<Item = &'a str>, names: &Names<'_>) -> Option<usize> {
    let labels: Vec<String> = labels.map(normalize).collect();
    names.choices.iter().find_map(|it| {
        let it = normalize(it);
        labels.iter().position(|label| *label == it).or_else(|| {
            let mut holding = labels.iter().enumerate().filter(|(_, label)| label.contains(&it));
            holding.next().filter(|_| holding.next().is_none()).map(|(at, _)| at)
        })
    })
}

fn is_list_of(page: &Snapshot, what: crate::page::phrases::Phrases) -> bool {
    let head = normalize(&format!("{} {}", page.title, page.heading));
    words::CHOOSE.occur_in(&head) && what.occur_in(&head)
}

/// The button that goes on from a page on which there is nothing more to decide.
pub(crate) fn forward(page: &Snapshot) -> Found {
    let score = |it: &Button| {
        let label = normalize(&it.label);
        locate::veto(it, &label).ok()?;
        let says = words::LOGIN.occur_in(&label) || words::WEAK.occur_in(&label);
        (says && !it.link && !is_in_banner(page, it))
            .then_some(Score { points: i32::from(it.kind == "submit"), strong: false })
    };
    locate::strictly_best(page.buttons.iter().map(score))
}

/// Whether the page goes on by itself, with nothing that a person would have to decide.
pub(crate) fn is_passing(page: &Snapshot) -> bool {
    let text = normalize(&format!("{} {} {}", page.title, page.heading, page.text));
    let is_empty = page.fields.is_empty() && page.boxes.is_empty() && page.choices.is_empty();
    let denies = page.buttons.iter().any(|it| words::DENY.occur_in(&normalize(&it.label)));
    is_empty
        && !denies
        && page.status < 400
        && !locate::is_headed_by_consent(page)
        && (page.passing || page.buttons.is_empty() && words::ON_ITS_WAY.occur_in(&text))
}

/// The button that declines an offer which is not the consent: it says so, or it says no on a page about such an offer.
pub(crate) fn skip(page: &Snapshot) -> Option<usize> {
    let find = |fits: &dyn Fn(&Button, &str) -> bool| {
        page.buttons.iter().position(|it| !it.expands && fits(it, &normalize(&it.label)))
    };
    let declines = |it: &Button, label: &str| {
        !it.link && words::DENY.lead(label) && !words::ASIDE.occur_in(label)
    };
    let head = normalize(&format!("{} {}", page.title, page.heading));
    let is_offer = words::OFFER.occur_in(&head) && !locate::names_client(page);
    find(&|_, label| words::SKIP.are(label)).or_else(|| find(&declines).filter(|_| is_offer))
}
