use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::body::block::Marker;
use crate::body::comment::Comment;
use crate::body::signature::SigningKey;
use crate::error::Error;
use crate::error::printable;
use crate::github::api::{Api, Token};
use crate::github::author::Author;
use crate::github::issue::{Issue, Repository};
use crate::github::retry::{OnWait, Retry};
use crate::thread::comments::Trust;
use crate::thread::find_issue::{find_issue, is_labelled};
use crate::thread::notice::Notice;
use crate::thread::post::{Call, History, MAX_COMMENTS, Place, create_unnamed};

const WITHIN: Duration = Duration::from_secs(600);

/// GitHub's limit is 65,536 characters.
const MORE_THAN_GITHUB_TAKES: usize = 65_537;

const POSTING: &str = "the post";

/// Writes and reads the comments of issues on one GitHub.
#[derive(Clone)]
pub struct Client {
    api: Api,
    trusted: Option<Author>,
    otherwise: Option<Author>,
    signing: Option<SigningKey>,
    signatures_required: bool,
    rotate_at: Option<u64>,
    within: Duration,
    on_wait: OnWait,
}

/// What [`Client::deliver`] has done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The comment's address.
    pub url: Url,
    /// Comments that carry the marker and were not believed, so that none of them was edited or followed.
    pub notices: Vec<Notice>,
}

/// What [`Client::post`] would do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// Comments that carry the marker and were not believed.
    pub notices: Vec<Notice>,
    /// The issue that would get the comment, or that is full.
    pub issue: Issue,
    /// The address of the comment that would be edited.
    pub edits: Option<String>,
    /// Whether the next issue would be opened first.
    pub rotates: bool,
    /// The body, hidden block included.
    pub body: String,
}

/// What [`Client::examine`] has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Examined {
    /// The issue that a comment would get to: the one that was named, or the one in which it goes on.
    pub issue: Issue,
    /// Whether it is open.
    pub is_open: bool,
    /// How many comments it has.
    pub comments: u64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the API at `base`: `https://api.github.com`, or `https://HOST/api/v3` on a server of one's own.
    ///
    /// Plain http is taken on loopback only. `http` should follow no redirects: a post would become a read.
    /// Whose comments are believed is asked of `/user` when it matters.
    pub fn new(http: reqwest::Client, base: Url, token: Token) -> Result<Self, Error> {
        Ok(Self {
            api: Api::new(http, base, &token)?,
            trusted: None,
            otherwise: None,
            signing: None,
            signatures_required: false,
            rotate_at: None,
            within: WITHIN,
            on_wait: Arc::new(|_, _| {}),
        })
    }

    /// Believes the comments of `author` instead of the token's own account.
    ///
    /// Nothing is posted with the token of another account, which would not find its own comments.
    pub fn trusting(mut self, author: Author) -> Self {
        self.trusted = Some(author);
        self
    }

    /// Believes the comments of `author` where GitHub does not say whose token it is.
    ///
    /// A workflow's own token needs this, since `/user` is closed to it.
    pub fn or_trusting(mut self, author: Author) -> Self {
        self.otherwise = Some(author);
        self
    }

    /// Signs what it posts and believes no signature but its own.
    ///
    /// With `required` it does not believe comments without a signature either, as those from before it had a key.
    pub fn signing(mut self, key: SigningKey, required: bool) -> Self {
        self.signing = Some(key);
        self.signatures_required = required;
        self
    }

    /// Goes on in a new issue once there are this many comments; GitHub takes no more than 2,500.
    pub fn rotating_at(mut self, comments: u64) -> Self {
        self.rotate_at = Some(comments.min(MAX_COMMENTS));
        self
    }

    /// Gives each call this long, waiting for GitHub included; 10 minutes by default.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// Calls this before each wait, with what is waited for and how long.
    pub fn on_wait(mut self, tell: impl Fn(&Error, Duration) + Send + Sync + 'static) -> Self {
        self.on_wait = Arc::new(tell);
        self
    }

    /// Puts `comment` on `issue`, or on the issue that it goes on in, and returns its address.
    ///
    /// If the comment has a key and one of ours with the same key is among the newest, that one is edited
    /// instead, which notifies nobody. What breaks is tried again; before it is posted again, it is looked for.
    pub async fn post(&self, issue: &Issue, comment: &Comment) -> Result<Url, Error> {
        Ok(self.deliver(issue, comment).await?.url)
    }

    /// Does what [`post`](Self::post) does, and tells what was passed over too.
    ///
    /// After the key for signatures has changed, those are the comments that are not found again.
    pub async fn deliver(&self, issue: &Issue, comment: &Comment) -> Result<Delivery, Error> {
        self.api.check_host(issue)?;
        comment.render(self.signing.as_ref().map(|it| (it, issue)))?;
        let (posted, notices) = match comment.marker() {
            Some(marker) => {
                self.call(POSTING, true, async |call| call.put(issue, marker, comment).await)
                    .await?
            }
            None => {
                let body = comment.body()?;
                let post =
                    async |retry: &Retry| create_unnamed(&self.api, retry, issue, &body).await;
                (Retry::within(self.within, self.on_wait.clone(), POSTING, post).await?, Vec::new())
            }
        };
        let url = Url::parse(&posted.html_url).map_err(|err| Error::Answer {
            address: printable(&posted.html_url),
            source: Some(err.into()),
        })?;
        Ok(Delivery { url, notices })
    }

    /// What [`post`](Self::post) would do now; reads, and writes nothing.
    pub async fn preview(&self, issue: &Issue, comment: &Comment) -> Result<Preview, Error> {
        self.api.check_host(issue)?;
        self.call("the look", true, async |call| {
            let place = match comment.marker() {
                Some(marker) => call.place(issue, marker, comment.key()).await?,
                None => {
                    Place { issue: issue.clone(), earlier: None, full: None, notices: Vec::new() }
                }
            };
            let body = comment.render(self.signing.as_ref().map(|it| (it, &place.issue)))?;
            let (edits, rotates) = (place.earlier.map(|it| it.url), place.full.is_some());
            Ok(Preview { notices: place.notices, issue: place.issue, edits, rotates, body })
        })
        .await
    }

    /// Looks whether a comment of this kind could be posted on `issue`: whether the issue is there, and whether the token may
    /// comment on it.
    ///
    /// The latter is asked by a comment that is longer than GitHub takes from anybody, so that nothing is written.
    ///
    /// # Errors
    /// What a [`post`](Self::post) would meet.
    pub async fn examine(&self, issue: &Issue, comment: &Comment) -> Result<Examined, Error> {
        let place = self.preview(issue, comment).await?;
        self.call("the look", false, async |call| {
            let tracker = call.retry.read(async || call.api.issue(&place.issue).await).await?;
            if place.edits.is_none() {
                let refused = "x".repeat(MORE_THAN_GITHUB_TAKES);
                match call.api.create(&place.issue, &refused).await {
                    Err(Error::TooLongForGitHub { .. } | Error::Unprocessable { .. }) => {}
                    Err(it) => return Err(it),
                    // A server that takes more than GitHub does.
                    Ok(it) => call.api.delete(&place.issue, it.id).await?,
                }
            }
            let (is_open, comments) = (tracker.state != "closed", tracker.comments);
            Ok(Examined { issue: place.issue.clone(), is_open, comments })
        })
        .await
    }

    /// The data in the newest `n` comments on `issue` that are ours and carry `marker`, newest first.
    ///
    /// An issue that goes on in others is read together with them. Comments of others, however well they imitate
    /// ours, and ours that were edited or cannot be read are passed over with a notice.
    pub async fn history(
        &self,
        issue: &Issue,
        marker: &Marker,
        n: usize,
    ) -> Result<History, Error> {
        self.api.check_host(issue)?;
        self.call("the look", false, async |call| call.history(issue, marker, n).await).await
    }

    /// The data of [`history`](Self::history) alone.
    pub async fn last_data(
        &self,
        issue: &Issue,
        marker: &Marker,
        n: usize,
    ) -> Result<Vec<Value>, Error> {
        Ok(self.history(issue, marker, n).await?.data)
    }

    /// The oldest open issue of `repository` with this label and exactly this title.
    ///
    /// Everybody can open an issue with any title, but only those with triage rights can label it.
    pub async fn find(
        &self,
        repository: &Repository,
        label: &str,
        title: &str,
    ) -> Result<Option<Issue>, Error> {
        self.call("the look", false, async |call| find_issue(call, repository, label, title).await)
            .await
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
            let look = async || find_issue(call, repository, label, title).await;
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
            call.retry.write_once(look, open).await
        })
        .await
    }

    async fn call<T>(
        &self,
        doing: &'static str,
        writes: bool,
        work: impl AsyncFnOnce(&Call<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        Retry::within(self.within, self.on_wait.clone(), doing, async |retry| {
            let (author, untold) = self.author(retry, writes).await?;
            let (signing, required) = (self.signing.as_ref(), self.signatures_required);
            let trust = Trust { author, signing, required, untold };
            work(&Call { api: &self.api, rotate_at: self.rotate_at, retry, trust }).await
        })
        .await
    }

    /// Whose comments are believed, and whether it is not told if the token is theirs.
    async fn author(&self, retry: &Retry, writes: bool) -> Result<(Author, bool), Error> {
        if let Some(trusted) = self.trusted.as_ref().filter(|_| !writes) {
            return Ok((trusted.clone(), false));
        }
        let own = retry.read(async || self.api.user().await).await;
        match (&self.trusted, &self.otherwise, own) {
            (Some(trusted), _, Ok(own)) if !trusted.is(&own) => {
                let (login, believed) = (printable(&own.login), trusted.to_string());
                Err(Error::WrongAuthor { login, believed, posted: None })
            }
            (Some(trusted), _, Ok(_)) => Ok((trusted.clone(), false)),
            (None, _, Ok(own)) => Ok((Author::Id(own.id), false)),
            (Some(it), _, Err(Error::UnknownAuthor { .. }))
            | (None, Some(it), Err(Error::UnknownAuthor { status: 403, .. })) => {
                Ok((it.clone(), true))
            }
            (_, _, Err(err)) => Err(err),
        }
    }
}
