//! The issue that has a label and a title.

use crate::error::Error;
use crate::github::api::Tracker;
use crate::github::issue::{Issue, Repository};
use crate::thread::post::Call;

/// The oldest open issue of `repository` with this label and exactly this title.
pub(crate) async fn find_issue(
    call: &Call<'_>,
    repository: &Repository,
    label: &str,
    title: &str,
) -> Result<Option<Issue>, Error> {
    for page in 1.. {
        let list = async || call.api.list(repository, label, "open", "asc", page).await;
        let (issues, more) = call.retry.read(list).await?;
        let is_it = |it: &&Tracker| {
            it.pull_request.is_none() && it.title == title && is_labelled(it, label)
        };
        if let Some(it) = issues.iter().find(is_it) {
            return Ok(Some(repository.issue(it.number)));
        }
        if !more {
            break;
        }
    }
    Ok(None)
}

pub(crate) fn is_labelled(tracker: &Tracker, label: &str) -> bool {
    tracker.labels().iter().any(|it| it.eq_ignore_ascii_case(label))
}
