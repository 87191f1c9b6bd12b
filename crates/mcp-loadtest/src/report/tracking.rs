//! The tracking issue: earlier runs out of its comments, this run as a new one.

use std::time::Duration;

use anyhow::Context as _;
use gh_comment::{
    Author, Client, Comment, Error, Examined, Issue, Marker, Notice, SigningKey, default_api,
    default_key, default_token,
};
use k6_summary::Run;
use serde_json::Value;
use url::Url;

use crate::address::http_client;
use crate::console::section::say;
use crate::environment::{in_actions, readable, variable};

const MARKER: &str = "loadtest";

/// A year of weeks: the noise band takes the last of them, the drift the first.
const EARLIER: usize = 52;

/// Well before GitHub's 2,500 comments an issue the next one is opened.
pub(crate) const ROTATE_AT: u64 = 2000;

/// Beyond this the report is not worth waiting for earlier runs.
const READ_WITHIN: Duration = Duration::from_secs(120);

/// How many comments that were passed over are named one by one.
const NAMED: usize = 5;

#[derive(Debug)]
pub(crate) struct Tracking<'a> {
    client: Client,
    issue: &'a Issue,
    marker: Marker,
}

impl<'a> Tracking<'a> {
    /// Takes the token and the API's address from the environment, as GitHub Actions sets them.
    ///
    /// Only comments of `trusted` are believed: by default those of the token's own account, or of `github-actions[bot]`
    /// where a workflow's token is not told its own. With LOADTEST_HMAC_KEY set, only signed ones are, since whoever edits a comment could take its signature away.
    pub(crate) fn new(issue: &'a Issue, trusted: Option<Author>) -> anyhow::Result<Self> {
        let base = default_api(readable)?;
        // A workflow's own token may not ask who it is.
        let bot = in_actions().then(|| Author::github_actions(&base));
        let http = http_client(Some(&base))?;
        let token = default_token(&base, readable).context(
            "--issue needs a token in GH_TOKEN or GITHUB_TOKEN, or that of the GitHub CLI: `gh auth login`",
        )?;
        let mut client =
            Client::new(http, base, token)?.rotating_at(ROTATE_AT).on_wait(|it, wait| {
                say("issue", format_args!("waiting {} s: {it}", wait.as_secs()));
            });
        if let Some(it) = trusted {
            client = client.trusting(it);
        }
        if let Some(it) = bot {
            client = client.or_trusting(it);
        }
        match variable("LOADTEST_HMAC_KEY")? {
            Some(it) => {
                let key = SigningKey::new(&it).context("LOADTEST_HMAC_KEY is no good")?;
                client = client.signing(key, true);
            }
            None => {
                say("issue", "without LOADTEST_HMAC_KEY nobody sees whether a comment was edited")
            }
        }
        let marker = MARKER.parse().expect("the marker is a constant that fits");
        Ok(Self { client, issue, marker })
    }

    /// Asks before there is load whether a report could be posted: what it would meet after the load as well is an error now,
    /// and what may pass by then is said.
    pub(crate) async fn check(&self) -> anyhow::Result<()> {
        match self.examine().await {
            Ok(it) if !it.is_open => {
                say(
                    "issue",
                    format_args!("{} is closed; the report is posted there all the same", it.issue),
                );
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(
                it @ (Error::Unauthorized
                | Error::MissingPermission { .. }
                | Error::Locked { .. }
                | Error::Archived { .. }
                | Error::Forbidden { .. }
                | Error::NotFound { .. }
                | Error::Gone { .. }
                | Error::OtherHost { .. }
                | Error::TooManyComments { .. }
                | Error::UnknownAuthor { .. }
                | Error::Answer { .. }
                | Error::Moved { .. }
                | Error::WrongAuthor { .. }),
            ) => {
                let before = "the report could not be posted, so nothing was measured";
                Err(anyhow::Error::new(it).context(before))
            }
            Err(it) => {
                say("issue", format_args!("not reached yet: {:#}", anyhow::Error::new(it)));
                Ok(())
            }
        }
    }

    /// Whether a report could be posted, asked without posting anything.
    pub(crate) async fn examine(&self) -> Result<Examined, Error> {
        let comment = Comment::new("a look").with_data(&self.marker, &Value::Null);
        self.client.clone().within(READ_WITHIN).examine(self.issue, &comment).await
    }

    /// The key of the comment that the report of such a run would have; outside Actions each run has its own.
    pub(crate) fn key(&self, run: &Value) -> Option<String> {
        default_key(readable, run)
    }

    /// Trusted records of earlier runs; those of an unknown version are named and passed over.
    pub(crate) async fn earlier(&self) -> anyhow::Result<Vec<Run>> {
        let client = self.client.clone().within(READ_WITHIN);
        let history = client.history(self.issue, &self.marker, EARLIER).await?;
        tell(&history.notices);
        let read = |payload: &Value| {
            let run: Result<Run, _> = payload.to_string().parse();
            run.map_err(|it| say("issue", format_args!("an earlier run is passed over: {it}"))).ok()
        };
        Ok(history.data.iter().filter_map(read).collect())
    }

    /// Posts the report, or edits the comment of the same run, and returns its address.
    ///
    /// An attempt that measured nothing has a comment of its own where it would take the place of one that did.
    pub(crate) async fn post(
        &self,
        run: &Run,
        keyed: &Value,
        replaces: bool,
        body: &str,
    ) -> anyhow::Result<Url> {
        let data = serde_json::to_value(run).context("failed to write the record")?;
        let mut comment = Comment::new(body).with_data(&self.marker, &data);
        if let Some(key) = self.key(keyed) {
            let key = if replaces { format!("{key}/{}", run.id) } else { key };
            comment = comment.with_key(key);
        }
        let posted = self.client.deliver(self.issue, &comment).await;
        let posted = posted.with_context(|| format!("failed to comment on {}", self.issue))?;
        tell(&posted.notices);
        Ok(posted.url)
    }
}

fn tell(notices: &[Notice]) {
    for it in notices.iter().take(NAMED) {
        say("issue", format_args!("passed over: {it}"));
    }
    if notices.len() > NAMED {
        say("issue", format_args!("passed over: {} more", notices.len() - NAMED));
    }
}
