//! A full issue goes on in the next one.

use serde_json::{Value, json};

use crate::body::block::Marker;
use crate::body::block::{Kind, write};
use crate::body::comment::Comment;
use crate::error::Error;
use crate::github::api::Tracker;
use crate::github::author::Account;
use crate::github::issue::Issue;
use crate::thread::comments::{Entry, Found, Pointer, Thread};
use crate::thread::notice::Notice;
use crate::thread::post::Call;

/// As many earlier runs as a comparison with the noise of a year's quarter needs.
const CARRIED: usize = 12;

/// How many pages of issues are looked through for one that was opened before.
const ISSUE_PAGES: u64 = 10;

impl Call<'_> {
    /// Whether a new issue would be the only one after this one, as far as can be told.
    pub(crate) fn may_rotate(&self, issue: &Issue, thread: &Thread) -> Result<(), Error> {
        if let Some(link) = thread.unverified.clone() {
            return Err(Error::UnverifiedLink { link, why: "its signature is not ours" });
        }
        if self.trust.untold && !thread.is_ours {
            // Should they be different accounts, each run would open another issue.
            let message = format!("no comment on {issue} is of {}", self.trust.author);
            return Err(Error::UnknownAuthor { status: 403, message });
        }
        Ok(())
    }

    /// Opens the issue after `full`, carries the newest data over and links the two; does what is not done yet.
    pub(crate) async fn rotate(
        &self,
        full: &Issue,
        tracker: &Tracker,
        marker: &Marker,
    ) -> Result<Issue, Error> {
        let text = format!("Continues {}.", tracker.html_url);
        let pointer = json!({ "issue": full.number() });
        let signing = self.trust.signing.map(|it| (it, full));
        let body =
            format!("{text}\n\n{}", write(&marker.of(Kind::Previous), &pointer, None, signing));
        let open = async || {
            let (repository, title) = (full.repository(), next_title(&tracker.title));
            let opened = self.api.open(repository, &title, &body, &tracker.labels()).await?;
            self.trust.confirm(opened.user.as_ref(), &opened.html_url)?;
            Ok(repository.issue(opened.number))
        };
        let look = async || {
            let mut unverified = Vec::new();
            let found = self.successor(full, tracker, marker, &mut unverified).await?;
            match unverified.pop().filter(|_| found.is_none()) {
                Some(it) => {
                    let link = it.comment().to_owned();
                    Err(Error::UnverifiedLink { link, why: "its signature is not ours" })
                }
                None => Ok(found),
            }
        };
        let next = self.retry.write_once(look, open).await?;
        self.carry(full, &next, marker).await?;

        let text = format!("Continued in #{}.", next.number());
        let pointer = json!({ "issue": next.number() });
        let comment = Comment::new(text).with_data(&marker.of(Kind::Next), &pointer);
        let linked = self.note(full, marker, &comment, |it| it.next().is_some()).await;
        match linked {
            // There was no room left for the link; the next issue still points back.
            Err(Error::TooManyComments { .. } | Error::Locked { .. }) => Ok(next),
            it => it.map(|()| next),
        }
    }

    /// The issue that we opened after `full`, where one of the newest is that.
    ///
    /// Those that are of the trusted author and cannot be verified become notices.
    pub(crate) async fn successor(
        &self,
        full: &Issue,
        tracker: &Tracker,
        marker: &Marker,
        notices: &mut Vec<Notice>,
    ) -> Result<Option<Issue>, Error> {
        let labels = tracker.labels();
        // A comma would part one label in two.
        let labels = if labels.iter().any(|it| it.contains(',')) { Vec::new() } else { labels };
        let (labels, repository) = (labels.join(","), full.repository());
        let list = async |page| self.api.list(repository, &labels, "all", "desc", page).await;
        for page in 1..=ISSUE_PAGES {
            let (issues, more) = self.retry.read(async || list(page).await).await?;
            for it in &issues {
                let text = it.body.as_deref().unwrap_or_default();
                let previous = marker.of(Kind::Previous);
                let block = self.trust.block(full, &previous, text, it.user.as_ref(), &it.html_url);
                // A signature is for one issue, so that only a link to this one can be verified.
                let names = previous.data(text).is_some_and(|it| {
                    serde_json::from_value::<Pointer>(it).is_ok_and(|it| it.issue == full.number())
                });
                if let Some(Err(Notice::Forged { .. })) = block
                    && names
                    && self.trust.untold
                    && it.user.as_ref().is_some_and(Account::is_bot)
                {
                    self.trust.confirm(it.user.as_ref(), &it.html_url)?;
                }
                match block.filter(|_| names && it.number > full.number()) {
                    Some(Ok(_)) => return Ok(Some(repository.issue(it.number))),
                    Some(Err(Notice::Forged { .. })) | None => {}
                    Some(Err(notice)) => notices.push(notice),
                }
            }
            if !more || issues.iter().any(|it| it.number <= full.number()) {
                break;
            }
        }
        Ok(None)
    }

    async fn carry(&self, full: &Issue, next: &Issue, marker: &Marker) -> Result<(), Error> {
        let mut data = self.data_of(full, marker, CARRIED).await?;
        while !data.is_empty() {
            let text =
                format!("The newest {} runs of #{}, to compare with.", data.len(), full.number());
            let all = Value::Array(data.clone());
            let comment = Comment::new(text).with_data(&marker.of(Kind::Carried), &all);
            match comment.render(self.trust.signing.map(|it| (it, next))) {
                Err(Error::TooLong { .. }) => drop(data.pop()),
                _ => return self.note(next, marker, &comment, |it| !it.found.is_empty()).await,
            }
        }
        Ok(())
    }

    async fn data_of(&self, issue: &Issue, marker: &Marker, n: usize) -> Result<Vec<Value>, Error> {
        let runs =
            |it: &[Found]| it.iter().filter(|it| matches!(it.entry, Entry::Run { .. })).count();
        let mut unheard = Vec::<Notice>::new();
        let thread = self.thread(issue, marker, &mut unheard, |it, _| runs(it) >= n).await?;
        let mut data = Vec::new();
        for it in thread.found {
            match it.entry {
                Entry::Run { data: it, .. } => data.push(it),
                Entry::Carried(all) => data.extend(all),
                Entry::Next(_) => {}
            }
        }
        data.truncate(n);
        Ok(data)
    }

    /// Puts a comment for ourselves on an issue, unless it is there.
    async fn note(
        &self,
        issue: &Issue,
        marker: &Marker,
        comment: &Comment,
        there: impl Fn(&Thread) -> bool,
    ) -> Result<(), Error> {
        let body = comment.render(self.trust.signing.map(|it| (it, issue)))?;
        let look = async || {
            let mut unheard = Vec::<Notice>::new();
            let thread = self.thread(issue, marker, &mut unheard, |it, _| !it.is_empty()).await?;
            Ok(there(&thread).then_some(()))
        };
        let write = async || {
            let it = self.api.create(issue, &body).await?;
            self.trust.confirm(it.user.as_ref(), &it.html_url)
        };
        self.retry.write_once(look, write).await
    }
}

/// `Load test` → `Load test (2)` → `Load test (3)`.
fn next_title(title: &str) -> String {
    let numbered = title.strip_suffix(')').and_then(|it| it.rsplit_once(" ("));
    match numbered.and_then(|(name, number)| Some((name, number.parse::<u32>().ok()?))) {
        Some((name, number)) => format!("{name} ({})", number.saturating_add(1)),
        None => format!("{title} (2)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_issue_is_numbered() {
        for (title, next) in [
            ("Load test", "Load test (2)"),
            ("Load test (2)", "Load test (3)"),
            ("Load test (staging)", "Load test (staging) (2)"),
            (" (9)", " (10)"),
        ] {
            assert_eq!(next_title(title), next);
        }
    }
}
