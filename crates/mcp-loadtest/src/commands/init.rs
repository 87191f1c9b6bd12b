//! A `loadtest.json` out of what a server offers, and the workflow that runs it every week.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::address;
use crate::arguments::issue;
use crate::config::call::{self, Call};
use crate::config::example::example;
use crate::config::file::{File, NAME, SCHEMA};
use crate::console::ask::{agrees, ask, can_ask};
use crate::console::section::{brief, counted, say};
use crate::interrupt::Interrupt;
use crate::server::client::{Endpoint, Session};
use crate::server::refused::Refused;
use crate::server::tool::Tool;
use crate::sign_in::minting::{Asked, Minting};

/// What `init` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// MCP server to test [default: it is asked for]
    #[arg(value_name = "URL")]
    target: Option<String>,
    /// Tool to call in the load test, whether it says that it only reads or not [default: those that say so, and of the others
    /// those that you agree to]
    #[arg(long, value_name = "NAME")]
    tool: Vec<String>,
    /// Tracking issue that gets the reports
    #[arg(long, value_name = "OWNER/REPO#N", value_parser = issue)]
    issue: Option<gh_comment::Issue>,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    minting: Minting,
}

const WORKFLOW: &str = ".github/workflows/load-test.yml";

/// More tools than these are left for a person to choose from.
const MOST_CALLS: usize = 20;

/// Asks the server for its tools, tries what can be called, and writes both files.
///
/// # Errors
/// What is in the way, or keeps the server from being asked.
pub async fn run(args: &Args, results: &Path, interrupt: &Interrupt) -> anyhow::Result<ExitCode> {
    let taken: Vec<&str> =
        [NAME, WORKFLOW].into_iter().filter(|it| Path::new(it).exists()).collect();
    if !taken.is_empty() && !args.force {
        let are = if taken.len() == 1 { "is" } else { "are" };
        bail!("{} {are} there already; add --force to write anew", taken.join(" and "));
    }
    let target = match &args.target {
        Some(it) => it.clone(),
        None if can_ask() => {
            let asked = interrupt.or(async { Ok(ask("Address of the MCP server:").await) }).await?;
            asked.context("no address was given")?
        }
        None => bail!("no server is named; say `mcp-loadtest init https://mcp.example.com/mcp`"),
    };
    let url = address::parse(&target)?;
    let http = address::http_client(Some(&url))?;
    args.minting.can_begin(false)?;
    let source = interrupt.or(args.minting.source(None)).await?;
    let (resource, evidence) = (address::without_workspace(&target), results.join("sign-in"));
    let lifetime = Duration::ZERO;
    let asked = Asked { http: &http, resource, source: &source, lifetime, evidence: &evidence };
    let minted = args.minting.mint(&asked, interrupt).await?;
    let asked = async {
        let mcp_url = address::with_workspace(&target, minted.bearer.workspace.as_deref())?;
        let endpoint = Endpoint {
            http: &http,
            url: &mcp_url,
            bearer: minted.bearer.token.reveal(),
            revision: None,
        };
        let mut session = endpoint.open().await?;
        let calls = calls(&mut session, &args.tool).await;
        session.close().await;
        calls
    };
    let asked = interrupt.or(asked).await;
    minted.forget_client(&http).await;
    let calls = asked.map_err(|it| minted.bearer.explain(it))?;

    let mut file =
        File { schema: Some(SCHEMA.to_owned()), target: Some(target), ..File::default() };
    args.minting.note(&mut file);
    file.issue = args.issue.as_ref().map(ToString::to_string);
    if calls.is_empty() {
        file.scenarios = vec!["cold-start".to_owned()];
        say(
            "calls",
            "no tool can be called yet, so that cold-start alone is planned; add `calls` to test more",
        );
    } else {
        file.calls = Some(calls);
    }
    let text = serde_json::to_string_pretty(&file).context("failed to write the file")? + "\n";
    write(NAME, &text)?;
    let secrets = args.minting.secrets();
    write(WORKFLOW, &workflow(&secrets))?;
    for it in secrets {
        say("next", format_args!("gh secret set {it}"));
    }
    if file.issue.is_none() {
        say("next", format_args!("name a tracking issue in {NAME}: \"issue\": \"owner/repo#12\""));
    }
    say(
        "next",
        "the workflow runs with --yes: see that the calls may be made again and again there",
    );
    say(
        "next",
        format_args!(
            "keep {} and loadtest-results/ out of git (.gitignore)",
            args.minting.bearer_file()
        ),
    );
    say("next", "mcp-loadtest doctor, then mcp-loadtest run");
    Ok(ExitCode::SUCCESS)
}

/// The calls that can be made, each of them tried once; what is left out is said.
async fn calls(session: &mut Session<'_>, named: &[String]) -> anyhow::Result<Vec<Call>> {
    let tools = session.tools().await?;
    if let Some(it) = named.iter().find(|it| !tools.contains_key(*it)) {
        let all = tools.keys().map(|it| brief(it)).collect::<Vec<_>>().join(", ");
        bail!("the server has no tool `{it}`; it has: {all}");
    }
    say("server", counted(tools.len(), "tool"));
    let mut calls = Vec::new();
    for (name, tool) in &tools {
        if calls.len() == MOST_CALLS {
            say("left out", format_args!("all after the first {MOST_CALLS}"));
            break;
        }
        match call(session, name, tool, named).await? {
            Ok(it) => {
                say(
                    "call",
                    format_args!("{} {}", brief(name), Value::Object(it.arguments.clone())),
                );
                calls.push(it);
            }
            Err(why) => say("left out", format_args!("{}: {why}", brief(name))),
        }
    }
    Ok(calls)
}

/// One call of the tool that the server answers, or why there is none.
async fn call(
    session: &mut Session<'_>,
    name: &str,
    tool: &Tool,
    named: &[String],
) -> anyhow::Result<Result<Call, String>> {
    if named.is_empty() {
        let question =
            format!("`{name}` does not say that it only reads. Call it again and again?");
        let agreed = tool.reads_only || (can_ask() && agrees(&question).await);
        if !agreed {
            return Ok(Err(
                "it does not say that it only reads (`readOnlyHint`); --tool takes it".to_owned()
            ));
        }
    } else if !named.iter().any(|it| it == name) {
        return Ok(Err("it was not named".to_owned()));
    }
    let made = example(&tool.schema).filter(|it| tool.refuses(it).is_none());
    let Some(arguments) = made else {
        return Ok(Err(
            "nothing can be made up for what it requires; write a call of it by hand".to_owned()
        ));
    };
    let call = Call::of_tool(name, arguments);
    if let Err(why) = call::check(std::slice::from_ref(&call)) {
        return Ok(Err(format!("{why:#}")));
    }
    Ok(match session.call(&call).await {
        Ok(()) => Ok(call),
        Err(error) => {
            let given = Value::Object(call.arguments);
            let words = error.downcast_ref::<Refused>().map(|it| format!("it says `{}`", it.words));
            let words = words.unwrap_or_else(|| format!("{error:#}"));
            Err(format!("given {given}, {words}; write a call of it by hand"))
        }
    })
}

fn write(path: &str, text: &str) -> anyhow::Result<()> {
    let folder = Path::new(path).parent().expect("it is a file");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .with_context(|| format!("failed to write `{path}`"))?;
    say("written", path);
    Ok(())
}

/// The weekly workflow, with a line for each secret.
fn workflow(secrets: &[&str]) -> String {
    let lines = secrets.iter().map(|it| format!("          {it}: ${{{{ secrets.{it} }}}}\n"));
    TEMPLATE.replace("VERSION", env!("CARGO_PKG_VERSION")) + &lines.collect::<String>()
}

const TEMPLATE: &str = r#"name: load test
on:
  schedule: [{ cron: "37 4 * * 1" }]
  workflow_dispatch:
permissions: { contents: read, issues: write }
jobs:
  load-test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: { persist-credentials: false }
      - run: pipx run mcp-loadtest==VERSION run --yes
        env:
          GITHUB_TOKEN: ${{ github.token }}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workflow_hands_over_the_secrets_that_are_used() {
        let text = workflow(&["LOADTEST_EMAIL", "LOADTEST_PASSWORD"]);
        assert!(text.ends_with(
            "          GITHUB_TOKEN: ${{ github.token }}\n          LOADTEST_EMAIL: ${{ secrets.LOADTEST_EMAIL }}\n          \
             LOADTEST_PASSWORD: ${{ secrets.LOADTEST_PASSWORD }}\n"
        ), "{text}");
        assert!(text.contains(&format!("mcp-loadtest=={} run", env!("CARGO_PKG_VERSION"))));
    }
}
