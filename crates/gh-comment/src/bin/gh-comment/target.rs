//! Which issue, which GitHub, and who we are there.
#![expect(clippy::print_stderr, reason = "a program talks on stderr")]

use std::{str::FromStr, time::Duration};

use anyhow::Context as _;
use clap::Args;
use gh_comment::{
    Author, Client, Error, Issue, Marker, Repository, SigningKey, Token, default_api, default_token,
};
use reqwest::redirect;
use url::Url;

use crate::environment::variable;

#[derive(Args)]
pub(crate) struct Target {
    /// The issue: owner/repo#12, its address, its number in GITHUB_REPOSITORY, or owner/repo with --title
    #[arg(value_name = "ISSUE")]
    at: At,
    /// Name under which the data is hidden
    #[arg(long, value_name = "NAME")]
    pub(crate) marker: Marker,
    /// Look for the open issue with this title, where ISSUE is a repository
    #[arg(long, requires = "label")]
    title: Option<String>,
    /// The label that this issue has
    #[arg(long, requires = "title", value_parser = one_label)]
    label: Option<String>,
}

#[derive(Clone)]
enum At {
    Issue(Issue),
    Repository(Repository),
}

#[derive(Args)]
pub(crate) struct Connection {
    /// Believe the comments of this account: a numeric id, a login or an app's login with `[bot]`
    /// [default: the token's own account; github-actions[bot] for the token of a workflow, which is not told its own]
    #[arg(long, value_name = "ACCOUNT")]
    trusted_author: Option<Author>,
    /// Fail where LOADTEST_HMAC_KEY is not set; with it no comment without a signature is believed anyway
    #[arg(long)]
    require_signature: bool,
    /// Believe comments without a signature too, as those from before there was a key: whoever edits a comment
    /// can take its signature away
    #[arg(long, conflicts_with = "require_signature")]
    allow_unsigned: bool,
    /// Give up after this long, waiting for GitHub's rate limits included
    #[arg(long, value_name = "SECS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86400))]
    timeout: u64,
}

impl FromStr for At {
    type Err = anyhow::Error;

    fn from_str(given: &str) -> anyhow::Result<Self> {
        let number = given.strip_prefix('#').unwrap_or(given);
        if !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()) {
            let repository = variable("GITHUB_REPOSITORY")
                .context("a number alone needs the repository in GITHUB_REPOSITORY")?;
            return Ok(Self::Issue(format!("{repository}#{number}").parse()?));
        }
        match given.parse() {
            Ok(it) => Ok(Self::Issue(it)),
            Err(err) => given.parse().map(Self::Repository).map_err(|_| err.into()),
        }
    }
}

/// GitHub's lists of labels are parted by commas.
fn one_label(given: &str) -> Result<String, &'static str> {
    if given.contains(',') { Err("a label here has no comma") } else { Ok(given.to_owned()) }
}

impl Target {
    /// Whether the place is an issue, or a repository with the issue's label and title.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match (&self.at, self.topic()) {
            (At::Issue(it), Some(_)) => {
                anyhow::bail!("{it} is an issue already: give owner/repo together with --title")
            }
            (At::Repository(it), None) => anyhow::bail!(
                "{it} is a repository: write {it}#12, or say which issue by --label and --title"
            ),
            _ => Ok(()),
        }
    }

    /// The issue, which has to be there.
    pub(crate) async fn issue(&self, client: &Client, create: bool) -> anyhow::Result<Issue> {
        if create
            && let (At::Repository(repository), Some((label, title))) = (&self.at, self.topic())
        {
            return Ok(client.find_or_create(repository, label, title).await?);
        }
        self.find(client).await?.with_context(|| self.missing())
    }

    /// The issue, if it is there.
    pub(crate) async fn find(&self, client: &Client) -> anyhow::Result<Option<Issue>> {
        match (&self.at, self.topic()) {
            (At::Repository(it), Some((label, title))) => Ok(client.find(it, label, title).await?),
            (At::Issue(it), _) => Ok(Some(it.clone())),
            (At::Repository(_), None) => Ok(None),
        }
    }

    pub(crate) fn missing(&self) -> String {
        format!("there is no {}: open it, or let --create do it", self.wanted())
    }

    /// The issue in words, where it was not found.
    pub(crate) fn wanted(&self) -> String {
        let (label, title) = self.topic().unwrap_or_default();
        let place = match &self.at {
            At::Issue(it) => it.to_string(),
            At::Repository(it) => it.to_string(),
        };
        format!("open issue of {place} with the label `{label}` and the title `{title}`")
    }

    fn topic(&self) -> Option<(&str, &str)> {
        Some((self.label.as_deref()?, self.title.as_deref()?))
    }
}

impl Connection {
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let base = default_api(variable)?;
        let in_actions = variable("GITHUB_ACTIONS").as_deref() == Some("true");
        let bot = in_actions.then(|| Author::github_actions(&base));

        // It fails where there is one already, and there is none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            // A token and a comment go where they were sent, and nowhere else.
            .redirect(redirect::Policy::none());
        if base.scheme() == "http" {
            http = http.no_proxy();
        }
        let http = http.build().context("failed to set up https")?;
        let token = token(&base)?;
        let mut client =
            Client::new(http, base, token)?.within(Duration::from_secs(self.timeout)).on_wait(tell);
        if let Some(author) = self.trusted_author.clone() {
            client = client.trusting(author);
        }
        if let Some(bot) = bot {
            client = client.or_trusting(bot);
        }
        match variable("LOADTEST_HMAC_KEY") {
            Some(it) => {
                let key = SigningKey::new(it).context("LOADTEST_HMAC_KEY is no good")?;
                Ok(client.signing(key, !self.allow_unsigned))
            }
            None if self.require_signature => {
                anyhow::bail!("--require-signature needs the secret in LOADTEST_HMAC_KEY")
            }
            None => Ok(client),
        }
    }

    /// Whether there is a key for signatures.
    pub(crate) fn signs(&self) -> bool {
        variable("LOADTEST_HMAC_KEY").is_some()
    }
}

fn tell(error: &Error, wait: Duration) {
    eprintln!("waiting {} s: {error}", wait.as_secs());
}

fn token(base: &Url) -> anyhow::Result<Token> {
    default_token(base, variable).context(
        "no token: set GH_TOKEN or GITHUB_TOKEN (in a workflow, `GITHUB_TOKEN: ${{ github.token }}` \
         and the permission `issues: write`), or sign in with `gh auth login`",
    )
}
