//! Cookie banners, which stand on pages of every kind.

use crate::page::phrases::normalize;
use crate::page::snapshot::{Button, Snapshot};
use crate::page::words;

/// The button that sends a cookie banner away, if possible without agreeing to anything.
pub(crate) fn banner(page: &Snapshot) -> Option<usize> {
    let find = |fits: &dyn Fn(&str) -> bool| {
        page.buttons.iter().position(|it| {
            is_in_banner(page, it) && !it.link && !it.disabled && fits(&normalize(&it.label))
        })
    };
    find(&|label| words::REFUSE_COOKIES.are(label))
        .or_else(|| find(&|label| words::CLOSE.are(label)))
        .or_else(|| find(&|label| words::ACCEPT_COOKIES.are(label)))
}

/// Whether a button stands in a cookie banner.
pub(crate) fn is_in_banner(page: &Snapshot, it: &Button) -> bool {
    it.layers.iter().any(|at| is_banner(page, *at))
}

/// Whether a layer that is called after cookies speaks of them and of nothing else that one could agree to.
fn is_banner(page: &Snapshot, at: usize) -> bool {
    let lines: Vec<_> = page.layers.get(at).into_iter().flatten().map(|it| normalize(it)).collect();
    let mut buttons = page.buttons.iter().filter(|it| it.layers.contains(&at));
    let is_about_cookies = |it: &str| {
        let labels = [words::REFUSE_COOKIES, words::ACCEPT_COOKIES, words::CLOSE];
        words::COOKIE.occur_in(it) || labels.iter().any(|labels| labels.are(it))
    };
    let client = normalize(&page.client);
    let names_client = |it: &String| client.len() > 1 && it.contains(&client);
    lines.iter().any(|it| words::COOKIE.occur_in(it))
        && !lines.iter().any(names_client)
        && lines.iter().all(|it| is_about_cookies(it) || !words::CONSENT.occur_in(it))
        && buttons.all(|it| {
            let label = normalize(&it.label);
            is_about_cookies(&label) || !words::STRONG.occur_in(&label)
        })
}
