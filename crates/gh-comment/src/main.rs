//! `gh-comment`: posts to a tracking issue and reads what was posted before.
#![expect(clippy::print_stderr, reason = "a program talks on stderr")]

use std::{
    env, fs,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use gh_comment::{Author, Client, Comment, Issue, Marker, Token, default_key};
use reqwest::redirect;
use serde_json::Value;
use url::Url;

const AFTER: &str = "\
Environment:
  GITHUB_TOKEN, GH_TOKEN  the token; a workflow needs the permission `issues: write`
  GITHUB_API_URL          the API [default: https://api.github.com]

Example:
  gh-comment last acme/api#12 --marker loadtest > previous.json
  gh-comment post acme/api#12 --marker loadtest --data run.json < body.md

Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  `last` found no earlier comment";

/// Puts one comment per run on a GitHub issue and finds the earlier ones
#[derive(Parser)]
#[command(version, after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Post the Markdown on stdin with data hidden at its end; print the comment's address
    #[command(after_help = AFTER)]
    Post {
        #[command(flatten)]
        place: Place,
        /// File with the JSON to hide
        #[arg(long, value_name = "FILE")]
        data: PathBuf,
        /// Edit the comment that was posted under this key, if there is one [default: the run in GitHub
        /// Actions and the data's `environment`; elsewhere the data's `id`]
        #[arg(long)]
        key: Option<String>,
    },
    /// Print the data in the newest comment of ours, or exit with 3
    #[command(after_help = AFTER)]
    Last {
        #[command(flatten)]
        place: Place,
        /// How many, newest first, a line each
        #[arg(short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
        n: u16,
    },
}

#[derive(Args)]
struct Place {
    /// The issue: owner/repo#12, or its address
    issue: Issue,
    /// Name under which the data is hidden
    #[arg(long, value_name = "NAME")]
    marker: Marker,
    /// Believe the comments of this account: a numeric id, a login or an app's login with `[bot]`
    /// [default: github-actions[bot] in GitHub Actions, elsewhere the token's own account]
    #[arg(long, value_name = "ACCOUNT")]
    trusted_author: Option<Author>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command).await {
        Ok(code) => code,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let lines = match command {
        Command::Post { place, data, key } => {
            let data = record(&data)?;
            let mut comment = Comment::new(text()?).with_data(&place.marker, &data);
            if let Some(key) = key.or_else(|| default_key(variable, &data)) {
                comment = comment.with_key(key);
            }
            vec![client(place.trusted_author)?.post(&place.issue, &comment).await?.to_string()]
        }
        Command::Last { place, n } => {
            let client = client(place.trusted_author)?;
            let found = client.last_data(&place.issue, &place.marker, n.into()).await?;
            if found.is_empty() {
                eprintln!(
                    "no earlier comment on {} is ours and marked `{}`",
                    place.issue, place.marker
                );
                return Ok(ExitCode::from(3));
            }
            found.iter().map(Value::to_string).collect()
        }
    };
    match writeln!(io::stdout(), "{}", lines.join("\n")) {
        Err(err) if err.kind() != io::ErrorKind::BrokenPipe => {
            Err(err).context("failed to write to stdout")
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn text() -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        eprintln!("reading the comment's text from stdin");
    }
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .context("failed to read the comment's text from stdin")?;
    Ok(text)
}

fn record(file: &Path) -> anyhow::Result<Value> {
    let json = fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    serde_json::from_slice(&json)
        .with_context(|| format!("{} is not one JSON value", file.display()))
}

fn client(trusted: Option<Author>) -> anyhow::Result<Client> {
    let token = variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN"));
    let token = token.context(
        "no token: set GITHUB_TOKEN or GH_TOKEN (in a workflow, `GITHUB_TOKEN: ${{ github.token }}` \
         and the permission `issues: write`)",
    )?;
    let base = variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let base = Url::parse(&base).context("GITHUB_API_URL is no address")?;
    let in_actions = variable("GITHUB_ACTIONS").as_deref() == Some("true");
    let trusted = trusted.or_else(|| in_actions.then(|| Author::github_actions(&base)));

    let mut http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        // A token and a comment go where they were sent, and nowhere else.
        .redirect(redirect::Policy::none());
    if base.scheme() == "http" {
        http = http.no_proxy();
    }
    let http = http.build().context("failed to set up https")?;
    let client = Client::new(http, base, Token::new(token.trim()))?;
    Ok(match trusted {
        Some(author) => client.trusting(author),
        None => client,
    })
}

/// An empty variable counts as none: a workflow sets one where a secret is missing.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|it| !it.trim().is_empty())
}
