//! The issue that has a label and a title.

use crate::client::Client;
use crate::error::Error;
use crate::github::api::Tracker;
use crate::github::issue::Issue;
use crate::github::issue::Repository;
use crate::thread::post::Call;

impl Client {
    /// The oldest open issue of `repository` with this label and exactly this title.
    ///
    /// Everybody can open an issue with any title, but only those with triage rights can label it.
    pub async fn find(
        &self,
        repository: &Repository,
        label: &str,
        title: &str,
    ) -> Result<Option<Issue>, Error> {
        self.call("the look", false, async |call| call.find(repository, label, title).await).await
    }

    /// The issue that [`find`](Self::find) finds, or a new one.
    pub async fn find_or_create(
        &self,
        repository: &Repository,
        label: &str,
        title: &str,
    ) -> Result<Issue, Error> {
        let body = "Reports are posted here, one comment a run.";
        let labels = [label.to_owned()];
        self.call("opening the issue", false, async |call| {
            let look = async || call.find(repository, label, title).await;
            let open = async || {
                let opened = self.api.open(repository, title, body, &labels).await?;
                let issue = repository.issue(opened.number);
                if !is_labelled(&opened, label) {
                    // The next run would not find it and open another one.
                    let (issue, label) = (issue.to_string(), label.to_owned());
                    return Err(Error::NoLabel { issue, label });
                }
                Ok(issue)
            };
            call.patience.write_once(look, open).await
        })
        .await
    }
}

impl Call<'_> {
    async fn find(
        &self,
        repository: &Repository,
        label: &str,
        title: &str,
    ) -> Result<Option<Issue>, Error> {
        for page in 1.. {
            let list = async || self.client.api.list(repository, label, "open", "asc", page).await;
            let (issues, more) = self.patience.read(list).await?;
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
}

fn is_labelled(tracker: &Tracker, label: &str) -> bool {
    tracker.labels().iter().any(|it| it.eq_ignore_ascii_case(label))
}
