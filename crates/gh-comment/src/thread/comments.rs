//! The comments of one issue, from the newest on, and which of them are ours.

use serde::Deserialize;
use serde_json::Value;

use crate::body::block::Marker;
use crate::body::block::{Block, Kind, Read};
use crate::body::signature::SigningKey;
use crate::error::Error;
use crate::error::printable;
use crate::github::api::{Api, PER_PAGE, Posted, Tracker};
use crate::github::author::Account;
use crate::github::author::Author;
use crate::github::issue::Issue;
use crate::github::retry::Retry;
use crate::thread::notice::Notice;

/// Far beyond the 2,500 comments that an issue can have; ends the walk if `Link` makes no sense.
const MAX_PAGES: u64 = 100;

/// Whom and what to believe.
#[derive(Debug)]
pub(crate) struct Trust<'a> {
    pub(crate) author: Author,
    pub(crate) signing: Option<&'a SigningKey>,
    pub(crate) required: bool,
    /// Whether GitHub does not say whose token this is, as with the token of an app.
    pub(crate) untold: bool,
}

/// A comment of ours.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) id: u64,
    pub(crate) url: String,
    pub(crate) entry: Entry,
}

/// What a comment of ours is for.
#[derive(Debug)]
pub(crate) enum Entry {
    Run {
        data: Value,
        key: Option<String>,
    },
    /// The issue goes on in the one with this number.
    Next(u64),
    /// The newest data of the issue before this one, newest first.
    Carried(Vec<Value>),
}

/// How one issue points to another.
#[derive(Debug, Deserialize)]
pub(crate) struct Pointer {
    pub(crate) issue: u64,
}

/// The issue as it is now, and our newest comments on it, newest first.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) tracker: Tracker,
    pub(crate) found: Vec<Found>,
    /// Addresses, logins and keys of comments that an app which is not believed has posted.
    bots: Vec<(String, String, String)>,
    /// Whether the account that is believed has written here at all.
    pub(crate) is_ours: bool,
    /// A link of ours to the next issue that cannot be verified.
    pub(crate) unverified: Option<String>,
}

impl Thread {
    /// Reads pages from the last one on until there is `enough`, by what was found and the number of pages.
    pub(crate) async fn read(
        api: &Api,
        retry: &Retry,
        (issue, marker): (&Issue, &Marker),
        trust: &Trust<'_>,
        notices: &mut Vec<Notice>,
        enough: impl Fn(&[Found], u64) -> bool,
    ) -> Result<Self, Error> {
        let tracker = retry.read(async || api.issue(issue).await).await?;
        let last = tracker.comments.div_ceil(PER_PAGE).clamp(1, MAX_PAGES);
        let page = async |number| retry.read(async || api.comments(issue, number).await).await;
        // What came after the count was taken is newer still.
        let mut newest = Vec::new();
        for number in last..=MAX_PAGES {
            let (comments, more) = page(number).await?;
            newest.extend(comments);
            if !more {
                break;
            }
        }
        let (found, bots) = (Vec::new(), Vec::new());
        let mut it = Self { tracker, found, bots, is_ours: false, unverified: None };
        it.take(issue, marker, trust, notices, &newest);
        for number in (1..last).rev() {
            if enough(&it.found, last - number) {
                break;
            }
            it.take(issue, marker, trust, notices, &page(number).await?.0);
        }
        Ok(it)
    }

    fn take(
        &mut self,
        issue: &Issue,
        marker: &Marker,
        trust: &Trust<'_>,
        notices: &mut Vec<Notice>,
        comments: &[Posted],
    ) {
        for it in comments.iter().rev() {
            let entry = trust.entry(issue, marker, it);
            let forged = matches!(entry, None | Some(Err(Notice::Forged { .. })));
            self.is_ours |= !forged;
            match entry {
                Some(Ok(entry)) if self.has(&entry, trust) => {
                    notices.push(Notice::Edited { comment: printable(&it.html_url) });
                }
                Some(Ok(entry)) => {
                    self.found.push(Found { id: it.id, url: it.html_url.clone(), entry });
                }
                Some(Err(notice)) => {
                    self.bots.extend(by_bot(marker, it));
                    let is_link = || Block::names(&marker.of(Kind::Next), it.text());
                    if !forged && is_link() {
                        self.unverified.get_or_insert_with(|| printable(&it.html_url));
                    }
                    notices.push(notice);
                }
                None => {}
            }
        }
    }

    /// Whether a run was found before: its block was copied into this comment, signature and all.
    fn has(&self, entry: &Entry, trust: &Trust<'_>) -> bool {
        let Entry::Run { key, data } = entry else { return false };
        self.found.iter().any(|it| match &it.entry {
            Entry::Run { key: Some(it), .. } => Some(it) == key.as_ref(),
            // Without a key two runs may well have the same data; under one signature they are a copy.
            Entry::Run { key: None, data: it } => {
                trust.signing.is_some() && key.is_none() && it == data
            }
            _ => false,
        })
    }

    /// A comment under `key` by an app that is not believed: its address and login.
    pub(crate) fn by_other_bot(&self, key: &str) -> Option<(String, String)> {
        let it = self.bots.iter().find(|it| it.2 == key)?;
        Some((it.0.clone(), it.1.clone()))
    }

    /// The issue that comes after this one; it can only have been opened later.
    pub(crate) fn next(&self) -> Option<u64> {
        self.found.iter().find_map(|it| match it.entry {
            Entry::Next(number) if number > self.tracker.number => Some(number),
            _ => None,
        })
    }
}

fn by_bot(marker: &Marker, it: &Posted) -> Option<(String, String, String)> {
    let user = it.user.as_ref().filter(|it| it.is_bot())?;
    let Read::Block(block) = Block::read(marker, it.text()) else { return None };
    Some((printable(&it.html_url), printable(&user.login), block.key?))
}

impl Trust<'_> {
    /// Whether what was posted at `address` will be believed; what is not would be posted again and again.
    pub(crate) fn confirm(&self, user: Option<&Account>, address: &str) -> Result<(), Error> {
        match user.filter(|it| !self.author.is(it)) {
            Some(it) => Err(Error::WrongAuthor {
                login: printable(&it.login),
                believed: self.author.to_string(),
                posted: Some(printable(address)),
            }),
            None => Ok(()),
        }
    }

    fn entry(&self, issue: &Issue, marker: &Marker, it: &Posted) -> Option<Result<Entry, Notice>> {
        let url = &it.html_url;
        let read = |marker: &Marker| self.block(issue, marker, it.text(), it.user.as_ref(), url);
        let malformed = || Notice::Malformed { comment: printable(url) };
        if let Some(block) = read(marker) {
            return Some(block.map(|it| Entry::Run { data: it.data, key: it.key }));
        }
        if let Some(block) = read(&marker.of(Kind::Next)) {
            let pointer = |it: Block<'_>| serde_json::from_value::<Pointer>(it.data);
            let next = block.and_then(|it| pointer(it).map_err(|_| malformed()));
            return Some(next.map(|it| Entry::Next(it.issue)));
        }
        let carried = read(&marker.of(Kind::Carried))?;
        Some(carried.and_then(|it| match it.data {
            Value::Array(all) => Ok(Entry::Carried(all)),
            _ => Err(malformed()),
        }))
    }

    /// The block under `marker` in a text of `user`, if there is one, and if it is believed.
    pub(crate) fn block<'a>(
        &self,
        issue: &Issue,
        marker: &Marker,
        text: &'a str,
        user: Option<&Account>,
        url: &str,
    ) -> Option<Result<Block<'a>, Notice>> {
        let read = Block::read(marker, text);
        if matches!(read, Read::Nothing) {
            return None;
        }
        let comment = printable(url);
        if !user.is_some_and(|it| self.author.is(it)) {
            let author = user.map_or_else(String::new, |it| printable(&it.login));
            return Some(Err(Notice::Forged { comment, author }));
        }
        Some(match read {
            Read::Block(it) => match self.signing {
                Some(key) if it.is_signed() && !it.verify(key, issue) => {
                    Err(Notice::Edited { comment })
                }
                _ if self.required && !it.is_signed() => Err(Notice::Unsigned { comment }),
                _ => Ok(it),
            },
            Read::UnknownVersion => Err(Notice::UnknownVersion { comment }),
            Read::Malformed | Read::Nothing => Err(Notice::Malformed { comment }),
        })
    }
}
