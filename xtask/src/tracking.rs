//! The tracking issue: earlier runs out of its comments, this run as a new one.

use std::process::{Command, Stdio};

use anyhow::Context as _;
use gh_comment::{
    Author, Client, Comment, Issue, Marker, SigningKey, Token, default_api, default_key,
};
use k6_summary::Run;
use serde_json::Value;
use url::Url;

use crate::address::is_loopback;
use crate::project::{http_client, in_actions, variable};
use crate::section::say;

const MARKER: &str = "loadtest";

/// A year of weeks: the noise band takes the last of them, the drift the first.
const EARLIER: usize = 52;

/// Well before GitHub's 2,500 comments an issue the next one is opened.
const ROTATE_AT: u64 = 2000;

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
    /// Only comments of `trusted` are believed: by default those of the token's own account. With LOADTEST_HMAC_KEY
    /// set, only signed ones are, since whoever edits a comment could take its signature away.
    pub(crate) fn new(issue: &'a Issue, trusted: Option<Author>) -> anyhow::Result<Self> {
        let base = default_api(variable)?;
        // A workflow's own token may not ask who it is.
        let trusted = trusted.or_else(|| in_actions().then(|| Author::github_actions(&base)));
        let http = http_client(!is_loopback(&base))?;
        let token = token(&base)?;
        let mut client =
            Client::new(http, base, token)?.rotating_at(ROTATE_AT).on_wait(|it, wait| {
                say("issue", format_args!("waiting {} s: {it}", wait.as_secs()));
            });
        if let Some(it) = trusted {
            client = client.trusting(it);
        }
        match variable("LOADTEST_HMAC_KEY") {
            Some(it) => {
                let key = SigningKey::new(it.trim()).context("LOADTEST_HMAC_KEY is no good")?;
                client = client.signing(key, true);
            }
            None => {
                say("issue", "without LOADTEST_HMAC_KEY nobody sees whether a comment was edited")
            }
        }
        let marker = MARKER.parse().expect("the marker is a constant that fits");
        Ok(Self { client, issue, marker })
    }

    /// Trusted records of earlier runs; those of an unknown version are named and passed over.
    pub(crate) async fn earlier(&self) -> anyhow::Result<Vec<Run>> {
        let history = self.client.history(self.issue, &self.marker, EARLIER).await?;
        for it in history.notices.iter().take(NAMED) {
            say("issue", format_args!("passed over: {it}"));
        }
        if history.notices.len() > NAMED {
            say("issue", format_args!("passed over: {} more", history.notices.len() - NAMED));
        }
        let read = |payload: &Value| {
            let run: Result<Run, _> = payload.to_string().parse();
            run.map_err(|it| say("issue", format_args!("an earlier run is passed over: {it}"))).ok()
        };
        Ok(history.data.iter().filter_map(read).collect())
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

/// The token of the environment, else the one that the GitHub CLI keeps for this host.
fn token(base: &Url) -> anyhow::Result<Token> {
    if let Some(it) = variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN")) {
        return Ok(Token::new(it.trim()));
    }
    let host = base.host_str().unwrap_or_default();
    let host = host.strip_prefix("api.").unwrap_or(host);
    let mut gh = Command::new("gh");
    gh.args(["auth", "token", "--hostname", host]).stdin(Stdio::null()).stderr(Stdio::null());
    let output = gh.output().ok().filter(|it| it.status.success());
    let said = output.and_then(|it| String::from_utf8(it.stdout).ok());
    let token = said.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    token.map(Token::new).context(
        "--issue needs a token in GITHUB_TOKEN or GH_TOKEN, or that of the GitHub CLI: `gh auth login`",
    )
}
