//! Where a comment goes, and how it gets there once.

use serde_json::Value;

use crate::body::block::Marker;
use crate::body::comment::Comment;
use crate::error::Error;
use crate::github::api::{Api, Posted, Tracker};
use crate::github::issue::Issue;
use crate::github::retry::Retry;
use crate::thread::comments::{Entry, Found, Thread, Trust};
use crate::thread::notice::Notice;

/// GitHub's own limit for the comments of an issue.
pub(crate) const MAX_COMMENTS: u64 = 2_500;

/// A re-run follows its first run closely, so that its comment is among the newest.
const RERUN_PAGES: u64 = 3;

/// More issues in a row than decades could fill.
const MAX_ISSUES: usize = 50;

/// The trusted data on an issue, and what was passed over.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// Newest first.
    pub data: Vec<Value>,
    /// Comments that carry the marker and were not believed.
    pub notices: Vec<Notice>,
}

/// One call of the client, with what it knows and what it may still wait.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) api: &'a Api,
    /// The number of comments from which on the next issue is opened.
    pub(crate) rotate_at: Option<u64>,
    pub(crate) retry: &'a Retry,
    pub(crate) trust: Trust<'a>,
}

/// Where a comment goes.
pub(crate) struct Place {
    pub(crate) issue: Issue,
    pub(crate) earlier: Option<Found>,
    /// The issue as it is, if the next one has to be opened first.
    pub(crate) full: Option<Tracker>,
    /// What was passed over on the way.
    pub(crate) notices: Vec<Notice>,
}

impl Call<'_> {
    pub(crate) async fn thread(
        &self,
        issue: &Issue,
        marker: &Marker,
        notices: &mut Vec<Notice>,
        enough: impl Fn(&[Found], u64) -> bool,
    ) -> Result<Thread, Error> {
        let place = (issue, marker);
        Thread::read(self.api, self.retry, place, &self.trust, notices, enough).await
    }

    pub(crate) async fn put(
        &self,
        issue: &Issue,
        marker: &Marker,
        comment: &Comment,
    ) -> Result<(Posted, Vec<Notice>), Error> {
        let (mut failures, mut start, mut rotated, mut gone) = (0, issue.clone(), false, false);
        loop {
            let place = self.place(&start, marker, comment.key()).await?;
            if let Some(tracker) = place.full.as_ref().filter(|_| !rotated) {
                (start, rotated) = (self.rotate(&place.issue, tracker, marker).await?, true);
                continue;
            }
            let body = comment.render(self.trust.signing.map(|it| (it, &place.issue)))?;
            let Some(earlier) = &place.earlier else {
                if comment.key().is_none() {
                    let it = create_unnamed(self.api, self.retry, &place.issue, &body).await?;
                    self.trust.confirm(it.user.as_ref(), &it.html_url)?;
                    return Ok((it, place.notices));
                }
                match self.api.create(&place.issue, &body).await {
                    Ok(it) => {
                        self.trust.confirm(it.user.as_ref(), &it.html_url)?;
                        return Ok((it, place.notices));
                    }
                    Err(err) => self.retry.settle(err, &mut failures).await?,
                }
                continue;
            };
            match self.api.edit(&place.issue, earlier.id, &body).await {
                Ok(it) => return Ok((it, place.notices)),
                // Somebody has deleted it since it was listed.
                Err(Error::NotFound { .. }) if !gone => gone = true,
                Err(err) => self.retry.settle(err, &mut failures).await?,
            }
        }
    }

    pub(crate) async fn place(
        &self,
        issue: &Issue,
        marker: &Marker,
        key: Option<&str>,
    ) -> Result<Place, Error> {
        let (mut issue, mut notices) = (issue.clone(), Vec::new());
        for _ in 0..MAX_ISSUES {
            let is_it = |it: &Found| matches!(&it.entry, Entry::Run { key: Some(it), .. } if Some(it.as_str()) == key);
            let enough = |found: &[Found], pages| {
                // Our newest comment tells whether the issue goes on elsewhere.
                found.iter().any(is_it) || (pages >= RERUN_PAGES && !found.is_empty())
            };
            let mut thread = self.thread(&issue, marker, &mut notices, enough).await?;
            let mut next = thread.next().map(|it| issue.repository().issue(it));
            let full = self.rotate_at.is_some_and(|it| thread.tracker.comments >= it);
            if let Some(at) = thread.found.iter().position(is_it) {
                let earlier = Some(thread.found.swap_remove(at));
                return Ok(Place { issue, earlier, full: None, notices });
            }
            if let Some((address, login)) = key.and_then(|it| thread.by_other_bot(it))
                && self.trust.untold
            {
                let (believed, posted) = (self.trust.author.to_string(), Some(address));
                return Err(Error::WrongAuthor { login, believed, posted });
            }
            if next.is_none() && thread.tracker.locked {
                next = self.successor(&issue, &thread.tracker, marker, &mut notices).await?;
            }
            if next.is_none() && full {
                self.may_rotate(&issue, &thread)?;
            }
            let tracker = thread.tracker;
            match next {
                Some(it) => issue = it,
                None => {
                    let full = full.then_some(tracker);
                    return Ok(Place { issue, earlier: None, full, notices });
                }
            }
        }
        Err(Error::NotFound { issue: issue.to_string() })
    }

    pub(crate) async fn history(
        &self,
        issue: &Issue,
        marker: &Marker,
        n: usize,
    ) -> Result<History, Error> {
        let (mut threads, mut notices, mut at) = (Vec::new(), Vec::new(), issue.clone());
        // Runs are counted alone: what an issue carries over stands on the one before it too.
        let runs = |found: &[Found]| {
            found.iter().filter(|it| matches!(it.entry, Entry::Run { .. })).count()
        };
        for _ in 0..MAX_ISSUES {
            let enough = |found: &[Found], _| runs(found) >= n && !found.is_empty();
            let thread = self.thread(&at, marker, &mut notices, enough).await?;
            let next = match thread.next() {
                Some(it) => Some(at.repository().issue(it)),
                None if thread.tracker.comments >= MAX_COMMENTS || thread.tracker.locked => {
                    self.successor(&at, &thread.tracker, marker, &mut notices).await?
                }
                None => None,
            };
            threads.push(thread);
            let Some(next) = next else { break };
            at = next;
        }
        let mut data = Vec::new();
        for (number, thread) in threads.into_iter().enumerate().rev() {
            for it in thread.found {
                match it.entry {
                    Entry::Run { data: it, .. } => data.push(it),
                    Entry::Carried(all) if number == 0 => data.extend(all),
                    Entry::Carried(_) | Entry::Next(_) => {}
                }
            }
        }
        data.truncate(n);
        Ok(History { data, notices })
    }
}

/// Posts what cannot be looked for afterwards: only where GitHub says that it did nothing it is tried again.
pub(crate) async fn create_unnamed(
    api: &Api,
    retry: &Retry,
    issue: &Issue,
    body: &str,
) -> Result<Posted, Error> {
    loop {
        match api.create(issue, body).await {
            Ok(it) => return Ok(it),
            Err(err @ Error::RateLimited { .. }) => retry.settle(err, &mut 0).await?,
            Err(err @ (Error::Network { .. } | Error::Status { .. })) => {
                let (issue, source) = (issue.to_string(), err.into());
                return Err(Error::Unconfirmed { issue, source });
            }
            Err(err) => return Err(err),
        }
    }
}
