//! The tracking issue: earlier runs out of its comments, this run as a new one.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use gh_comment::{
    Author, Client, Comment, Issue, Marker, Notice, SigningKey, Token, default_api, default_key,
};
use k6_summary::Run;
use serde_json::Value;
use url::Url;

use crate::address::is_loopback;
use crate::project::{http_client, in_actions, variable};
use crate::section::say;

/// How long the GitHub CLI may take to tell its token.
const GH: Duration = Duration::from_secs(10);

const MARKER: &str = "loadtest";

/// A year of weeks: the noise band takes the last of them, the drift the first.
const EARLIER: usize = 52;

/// Well before GitHub's 2,500 comments an issue the next one is opened.
const ROTATE_AT: u64 = 2000;

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
        let base = default_api(variable)?;
        // A workflow's own token may not ask who it is.
        let bot = in_actions().then(|| Author::github_actions(&base));
        let http = http_client(!is_loopback(&base))?;
        let token = token(&base)?;
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
    pub(crate) async fn post(&self, run: &Run, body: &str) -> anyhow::Result<Url> {
        let data = serde_json::to_value(run).context("failed to write the record")?;
        let mut comment = Comment::new(body).with_data(&self.marker, &data);
        if let Some(key) = default_key(variable, &data) {
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

/// The token of the environment, else the one that the GitHub CLI keeps for this host.
fn token(base: &Url) -> anyhow::Result<Token> {
    if let Some(it) = variable("GH_TOKEN").or_else(|| variable("GITHUB_TOKEN")) {
        return Ok(Token::new(it.trim()));
    }
    let host = base.host_str().unwrap_or_default();
    let host = host.strip_prefix("api.").unwrap_or(host);
    let token = token_of_gh(host).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    token.map(Token::new).context(
        "--issue needs a token in GH_TOKEN or GITHUB_TOKEN, or that of the GitHub CLI: `gh auth login`",
    )
}

/// What the GitHub CLI says; it may ask a keyring, which may ask somebody who is not there.
fn token_of_gh(host: &str) -> Option<String> {
    let mut gh = Command::new("gh");
    gh.args(["auth", "token", "--hostname", host]).stdin(Stdio::null()).stderr(Stdio::null());
    let mut gh = gh.stdout(Stdio::piped()).spawn().ok()?;
    let mut stdout = gh.stdout.take()?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text).map(|_| text);
        let _nobody_waits = tell.send(read);
    });
    let text = told.recv_timeout(GH).ok();
    if text.is_none() {
        let _has_ended = gh.kill();
    }
    let ended = gh.wait().is_ok_and(|it| it.success());
    text?.ok().filter(|_| ended)
}
