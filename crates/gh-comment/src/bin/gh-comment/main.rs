//! `gh-comment`: posts to a tracking issue and reads what was posted before.
#![expect(clippy::print_stderr, reason = "a program talks on stderr")]

mod advice;
mod environment;
mod target;

use std::{
    fs,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use gh_comment::{Client, Comment, History, Issue, Marker, Notice, default_key};
use serde_json::Value;

use crate::environment::variable;
use crate::target::{Connection, Target};

const AFTER: &str = "\
Environment:
  GH_TOKEN, GITHUB_TOKEN  the token, else that of `gh auth token`; a workflow needs the permission `issues: write`
  GITHUB_API_URL          the API [default: that of GITHUB_SERVER_URL, else https://api.github.com]
  GITHUB_REPOSITORY       the repository of an issue that is given by its number alone
  LOADTEST_HMAC_KEY       a secret; what is posted is signed with it, and nothing else is believed

Example:
  gh-comment last acme/api#12 --marker loadtest > previous.json || [ $? -eq 3 ]
  gh-comment post acme/api#12 --marker loadtest --data run.json < body.md
  gh-comment post acme/api --label loadtest --title 'Load test' --create --marker loadtest --data run.json < body.md
  gh-comment last acme/api#12 --marker loadtest -n 1000 | k6-summary - --format csv > history.csv

Exit codes:
  0  done
  1  could not do it; the reason is on stderr
  2  wrong usage
  3  `last` found no earlier comment";

/// How many comments that were passed over are named one by one.
const NAMED: usize = 5;

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
    ///
    /// Beyond 60,000 characters the last top-level <details> blocks are left out; nothing is ever cut.
    #[command(after_help = AFTER)]
    Post {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        connection: Connection,
        /// File with the JSON to hide
        #[arg(long, value_name = "FILE")]
        data: PathBuf,
        /// Edit the comment that was posted under this key, if there is one [default: the run in GitHub
        /// Actions and the data's `environment`; elsewhere the data's `id`]
        #[arg(long)]
        key: Option<String>,
        /// Once the issue has this many comments, go on in a new one; GitHub takes no more than 2,500
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=2500))]
        rotate_at: Option<u64>,
        /// Open the issue with this label and title if there is none
        #[arg(long, requires = "title")]
        create: bool,
        /// Say what would be done and print the body instead of posting it
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the data in the newest comment of ours, or exit with 3
    #[command(after_help = AFTER)]
    Last {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        connection: Connection,
        /// How many, newest first, a line each
        #[arg(short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
        n: u16,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command).await {
        Ok(code) => code,
        Err(err) => {
            let advice = advice::advice(&err).map(|it| format!(": {it}")).unwrap_or_default();
            eprintln!("error: {err:#}{advice}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let (Command::Post { target, .. } | Command::Last { target, .. }) = &command;
    if let Err(err) = target.check() {
        eprintln!("error: {err:#}");
        return Ok(ExitCode::from(2));
    }
    let text = match command {
        Command::Post { target, connection, data: file, key, rotate_at, create, dry_run } => {
            let data = record(&file)?;
            // Without a name a run that is posted again would be posted twice.
            let key = key.or_else(|| default_key(variable, &data)).with_context(|| {
                format!("{} has no `id` that is a string: name the run with --key", file.display())
            })?;
            let comment = Comment::new(text()?).with_data(&target.marker, &data).with_key(key);
            // What is too long is told before anything is opened for it.
            comment.body()?;
            let client = connection.client()?;
            let client = match rotate_at {
                Some(it) => client.rotating_at(it),
                None => client,
            };
            if dry_run {
                preview(&client, &target, &comment, create).await?
            } else {
                let issue = target.issue(&client, create).await?;
                let it = client.deliver(&issue, &comment).await?;
                tell(&it.notices);
                it.url.to_string()
            }
        }
        Command::Last { target, connection, n } => {
            let client = connection.client()?;
            let issue = target.issue(&client, false).await?;
            let found = read(&client, &connection, &issue, &target.marker, n.into()).await?;
            if found.is_empty() {
                eprintln!("no earlier comment on {issue} is ours and marked `{}`", target.marker);
                return Ok(ExitCode::from(3));
            }
            lines(&found)
        }
    };
    if text.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    match writeln!(io::stdout(), "{}", text.trim_end_matches('\n')) {
        Err(err) if err.kind() != io::ErrorKind::BrokenPipe => {
            Err(err).context("failed to write to stdout")
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

async fn preview(
    client: &Client,
    target: &Target,
    comment: &Comment,
    create: bool,
) -> anyhow::Result<String> {
    let Some(issue) = target.find(client).await? else {
        anyhow::ensure!(create, target.missing());
        eprintln!("dry run: would open {}, and post there", target.wanted());
        return Ok(comment.body()?);
    };
    let it = client.preview(&issue, comment).await?;
    tell(&it.notices);
    match &it.edits {
        Some(address) => eprintln!("dry run: would edit {address}"),
        None if it.rotates => {
            eprintln!("dry run: would open the issue after {}, and post there", it.issue);
        }
        None => eprintln!("dry run: would post on {}", it.issue),
    }
    Ok(it.body)
}

async fn read(
    client: &Client,
    connection: &Connection,
    issue: &Issue,
    marker: &Marker,
    n: usize,
) -> anyhow::Result<Vec<Value>> {
    let History { data, notices, .. } = client.history(issue, marker, n).await?;
    tell(&notices);
    if !connection.signs() && !data.is_empty() {
        eprintln!("note: without LOADTEST_HMAC_KEY nobody sees whether a comment was edited");
    }
    Ok(data)
}

fn tell(notices: &[Notice]) {
    for it in notices.iter().take(NAMED) {
        eprintln!("passed over: {it}");
    }
    if notices.len() > NAMED {
        eprintln!("passed over: {} more", notices.len() - NAMED);
    }
}

fn lines(data: &[Value]) -> String {
    data.iter().map(|it| format!("{it}\n")).collect()
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
