//! The tracking issue: earlier runs out of its comments, this run as a new one.

use anyhow::Context as _;
use gh_comment::{Author, Client, Comment, Issue, Marker, Token, default_key};
use k6_summary::Run;
use serde_json::Value;
use url::Url;

use crate::address::is_loopback;
use crate::project::{http_client, in_actions, variable};
use crate::section::say;

const MARKER: &str = "loadtest";

/// A year of weeks: the noise band takes the last of them, the drift the first.
const EARLIER: usize = 52;

#[derive(Debug)]
pub(crate) struct Tracking<'a> {
    client: Client,
    issue: &'a Issue,
    marker: Marker,
}

impl<'a> Tracking<'a> {
    /// Takes the token and the API's address from the environment, as GitHub Actions sets them.
    ///
    /// Only comments of `trusted` are believed: by default those of the token's own account.
    pub(crate) fn new(issue: &'a Issue, trusted: Option<Author>) -> anyhow::Result<Self> {
        let token = variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN"));
        let token = token.context("--issue needs a token in GITHUB_TOKEN or GH_TOKEN")?;
        let base = variable("GITHUB_API_URL");
        let base = base.unwrap_or_else(|| "https://api.github.com".to_owned());
        let base = Url::parse(&base).context("GITHUB_API_URL is no address")?;
        // A workflow's own token may not ask who it is.
        let trusted = trusted.or_else(|| in_actions().then(|| Author::github_actions(&base)));
        let http = http_client(!is_loopback(&base))?;
        let client = Client::new(http, base, Token::new(token.trim()))?;
        let client = match trusted {
            Some(it) => client.trusting(it),
            None => client,
        };
        let marker = MARKER.parse().expect("the marker is a constant that fits");
        Ok(Self { client, issue, marker })
    }

    /// Trusted records of earlier runs; those of an unknown version are named and passed over.
    pub(crate) async fn earlier(&self) -> anyhow::Result<Vec<Run>> {
        let payloads = self.client.last_data(self.issue, &self.marker, EARLIER).await?;
        let read = |payload: &Value| {
            let run: Result<Run, _> = payload.to_string().parse();
            run.map_err(|it| say("issue", format_args!("an earlier run is passed over: {it}"))).ok()
        };
        Ok(payloads.iter().filter_map(read).collect())
    }

    /// Posts the report, or edits the comment of the same run, and returns its address.
    pub(crate) async fn post(&self, run: &Run, body: &str) -> anyhow::Result<Url> {
        let data = serde_json::to_value(run).context("failed to write the record")?;
        let mut comment = Comment::new(body).with_data(&self.marker, &data);
        if let Some(key) = default_key(variable, &data) {
            comment = comment.with_key(key);
        }
        let posted = self.client.post(self.issue, &comment).await;
        posted.with_context(|| format!("failed to comment on {}", self.issue))
    }
}
