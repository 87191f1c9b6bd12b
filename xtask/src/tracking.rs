//! The tracking issue: earlier runs out of its comments, this run as a new one.

use anyhow::Context as _;
use gh_comment::{Author, Client, Comment, Issue, Marker, Token, default_key};
use k6_summary::Run;
use url::Url;

use crate::project::{http_client, variable};

const MARKER: &str = "loadtest";

/// As many earlier runs as the comparison can use.
const EARLIER: usize = 12;

#[derive(Debug)]
pub(crate) struct Tracking<'a> {
    client: Client,
    issue: &'a Issue,
    marker: Marker,
}

impl<'a> Tracking<'a> {
    /// Takes the token and the API's address from the environment, as GitHub Actions sets them.
    pub(crate) fn new(issue: &'a Issue) -> anyhow::Result<Self> {
        let token = variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN"));
        let token = token.context("--issue needs a token in GITHUB_TOKEN or GH_TOKEN")?;
        let base = variable("GITHUB_API_URL");
        let base = base.unwrap_or_else(|| "https://api.github.com".to_owned());
        let base = Url::parse(&base).context("GITHUB_API_URL is no address")?;
        let in_actions = variable("GITHUB_ACTIONS").as_deref() == Some("true");
        let author = in_actions.then(|| Author::github_actions(&base));
        let client = Client::new(http_client(true)?, base, Token::new(token))?;
        let client = match author {
            Some(it) => client.trusting(it),
            None => client,
        };
        let marker = MARKER.parse().expect("the marker is a constant that fits");
        Ok(Self { client, issue, marker })
    }

    /// Trusted records of earlier runs; those of an unknown version are passed over.
    pub(crate) async fn earlier(&self) -> anyhow::Result<Vec<Run>> {
        let payloads = self.client.last_data(self.issue, &self.marker, EARLIER).await?;
        Ok(payloads.iter().filter_map(|it| it.to_string().parse().ok()).collect())
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
